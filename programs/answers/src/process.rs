//! Processes, threads and numbers of calls.

use rawmap_bare::call::call;

use crate::{
    answer::ask,
    child::{in_child, load_in_child},
    number,
    pages::closed_page,
};

pub(crate) fn ask_kernel() {
    ask("unknown number in a child (1000+signal)", || {
        in_child(|| {
            // SAFETY: there is no such call.
            let answer = unsafe { call(number::UNKNOWN, [0; 7]) };
            answer.wrapping_neg() as u8
        })
    });
    ask("fault read of PROT_NONE (1000+signal)", || {
        load_in_child(closed_page()?)
    });
    ask("tid", thread_id);
}

/// Whether there is one.
#[cfg(not(target_os = "freebsd"))]
fn thread_id() -> rawmap::Result<bool> {
    // SAFETY: no memory is involved.
    Ok(unsafe { call(number::THREAD_ID, [0; 7]) } > 0)
}

/// FreeBSD stores it, and answers 0.
#[cfg(target_os = "freebsd")]
fn thread_id() -> rawmap::Result<bool> {
    let mut id = 0usize;
    let place = (&raw mut id).expose_provenance();
    // SAFETY: the kernel writes the number to its place.
    let answer = unsafe { call(number::THREAD_ID, [place, 0, 0, 0, 0, 0, 0]) };
    crate::answer::tell("thr_self stored", format_args!("{}", id > 0));
    Ok(answer != 0)
}

//! minherit: what a child finds.

use rawmap::{Inherit, raw};

use crate::{
    answer::{Answer, tell},
    child::load_in_child,
    pages::{PAGE, fill, pages},
};

pub(crate) fn ask_kernel() {
    #[cfg(target_os = "freebsd")]
    let (third, fourth) = (Inherit::ZERO, Inherit::from_raw(4));
    #[cfg(target_os = "netbsd")]
    let (third, fourth) = (Inherit::DONATE_COPY, Inherit::ZERO);
    for (question, inherit) in [
        ("minherit 0", Inherit::SHARE),
        ("minherit 1", Inherit::COPY),
        ("minherit 2", Inherit::NONE),
        ("minherit 3", third),
        ("minherit 4", fourth),
    ] {
        let Ok(page) = pages(1) else { return };
        // SAFETY: the page is new, and nothing refers to it.
        let answer = unsafe {
            fill(page, 1);
            Answer::from(raw::minherit(page, PAGE, inherit))
        };
        let found = Answer::from(load_in_child(page));
        tell(
            question,
            format_args!("{answer}, child reads {found} (1000+signal)"),
        );
    }
}

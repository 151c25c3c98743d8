//! madvise: rounding, holes, and what memory holds afterwards.

use core::ptr::null_mut;

use rawmap::{Advice, raw};

use crate::{
    answer::ask,
    pages::{PAGE, READ_WRITE, SHARED, anonymous, fill, load, pages, with_hole},
};

pub(crate) fn ask_kernel() {
    // SAFETY: the pages are new, and nothing refers to them.
    unsafe {
        ask("madvise unaligned", || {
            raw::madvise(pages(1)?.wrapping_byte_add(5), 1, Advice::NORMAL)
        });
        ask("madvise unknown", || {
            raw::madvise(pages(1)?, PAGE, Advice::from_raw(99))
        });
        for (question, advice) in [
            ("madvise WILLNEED over a hole", Advice::WILLNEED),
            ("madvise DONTNEED over a hole", Advice::DONTNEED),
            ("madvise FREE over a hole", Advice::FREE),
        ] {
            ask(question, || raw::madvise(with_hole()?, 3 * PAGE, advice));
        }
        for (question, advice) in [
            ("DONTNEED private anon reads", Advice::DONTNEED),
            ("FREE private anon reads", Advice::FREE),
        ] {
            ask(question, || {
                let page = pages(1)?;
                fill(page, 1);
                raw::madvise(page, PAGE, advice)?;
                Ok(load(page))
            });
        }
        ask("FREE shared anon", || {
            let page = anonymous(null_mut(), PAGE, READ_WRITE, SHARED)?;
            fill(page, 1);
            raw::madvise(page, PAGE, Advice::FREE)?;
            Ok(load(page))
        });
    }
}

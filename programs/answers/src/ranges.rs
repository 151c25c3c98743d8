//! munmap and mprotect: rounding, holes and ends.

use core::fmt;

use rawmap::{Prot, raw};

use crate::{
    answer::{Answer, ask, tell},
    child::store_in_child,
    pages::{PAGE, at, gone, is_mapped, page, pages, with_hole},
};

const KERNEL_HALF: usize = 0xffff_8000_0000_0000;

pub(crate) fn ask_kernel() {
    unmapping();
    protecting();
}

fn unmapping() {
    // SAFETY: the pages are new, and nothing refers to them; the other two ranges are no process's.
    unsafe {
        ask("munmap len 0", || raw::munmap(pages(1)?, 0));
        ask("munmap unaligned addr", || {
            let start = pages(3)?;
            let answer = raw::munmap(start.wrapping_byte_add(5), 1);
            let mapped = [0, 1, 2].map(|index| is_mapped(page(start, index)));
            tell(
                "munmap unaligned addr: mapped after",
                format_args!("{}", Row(&mapped)),
            );
            answer
        });
        ask("munmap hole", || raw::munmap(page(with_hole()?, 1), PAGE));
        ask("munmap kernel half", || raw::munmap(at(KERNEL_HALF), PAGE));
        ask("munmap wraps", || {
            raw::munmap(at(PAGE), PAGE.wrapping_neg())
        });
    }
}

fn protecting() {
    // SAFETY: the pages are new, and nothing refers to them.
    unsafe {
        ask("mprotect unaligned", || {
            let start = pages(3)?;
            let answer = raw::mprotect(page(start, 1).wrapping_byte_add(5), PAGE, Prot::READ);
            let stores = [0, 1, 2].map(|index| Answer::from(store_in_child(page(start, index))));
            tell(
                "mprotect unaligned: store to page 0 1 2",
                format_args!("{}", Row(&stores)),
            );
            answer
        });
        ask("mprotect len 0", || raw::mprotect(pages(1)?, 0, Prot::READ));
        ask("mprotect len 0 unaligned", || {
            let start = pages(2)?;
            let answer = raw::mprotect(start.wrapping_byte_add(5), 0, Prot::READ);
            let store = Answer::from(store_in_child(start));
            tell("mprotect len 0 unaligned: store", format_args!("{store}"));
            answer
        });
        ask("mprotect over a hole", || {
            let start = with_hole()?;
            let answer = raw::mprotect(start, 3 * PAGE, Prot::READ);
            let stores = [0, 2].map(|index| Answer::from(store_in_child(page(start, index))));
            tell(
                "mprotect over a hole: store to page 0 2",
                format_args!("{}", Row(&stores)),
            );
            answer
        });
        ask("mprotect unmapped", || {
            raw::mprotect(gone(1)?, PAGE, Prot::READ)
        });
        ask("mprotect prot 0x40", || {
            let prot = crate::pages::READ_WRITE | Prot::from_bits_retain(0x40);
            raw::mprotect(pages(1)?, PAGE, prot)
        });
    }
}

/// Values with a space between.
struct Row<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for Row<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, value) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{value}")?;
        }
        Ok(())
    }
}

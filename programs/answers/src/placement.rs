//! Where a mapping comes to lie.

use rawmap::{MapFlags, raw};

use crate::{
    answer::{Answer, ask},
    pages::{NO_REPLACE, PAGE, PRIVATE, READ_WRITE, anonymous, at, fill, gone, load, page, pages},
};

/// Far from everything that a kernel puts anywhere by itself.
const FAR: usize = 0x2000_0000_0000;

pub(crate) fn ask_kernel() {
    // SAFETY: what is mapped is new and lies where the kernel chooses or nothing is; what is unmapped was mapped here.
    unsafe {
        ask("hint free (same?)", || {
            let hint = gone(4)?;
            let got = anonymous(hint, PAGE, READ_WRITE, PRIVATE)?;
            raw::munmap(got, PAGE)?;
            Ok(got == hint)
        });
        ask("hint taken moves", || {
            let taken = pages(1)?;
            Ok(anonymous(taken, PAGE, READ_WRITE, PRIVATE)? != taken)
        });
        ask("hint unaligned offset from free page", || {
            let free = gone(4)?;
            let hint = page(free, 1).wrapping_byte_add(5);
            let got = anonymous(hint, PAGE, READ_WRITE, PRIVATE)?;
            let distance = got.addr().wrapping_sub(free.addr()).cast_signed();
            Ok(Answer::Pages(distance / PAGE.cast_signed()))
        });
        ask("no-replace on used", || {
            let used = pages(1)?;
            let got = anonymous(used, PAGE, READ_WRITE, PRIVATE | NO_REPLACE)?;
            if got == used {
                return Ok(Answer::from(got));
            }
            raw::munmap(got, PAGE)?;
            Ok(Answer::Elsewhere)
        });
        ask("no-replace on free (same?)", || {
            let free = gone(1)?;
            Ok(anonymous(free, PAGE, READ_WRITE, PRIVATE | NO_REPLACE)? == free)
        });
        for (question, flags) in [
            ("no-replace far free (same?)", PRIVATE | NO_REPLACE),
            ("plain hint far free (same?)", PRIVATE),
        ] {
            ask(question, || {
                let got = anonymous(at(FAR), PAGE, READ_WRITE, flags)?;
                raw::munmap(got, PAGE)?;
                Ok(got == at(FAR))
            });
        }
        #[cfg(any(target_os = "freebsd", target_os = "netbsd"))]
        alignment();
        #[cfg(target_os = "freebsd")]
        ask("EXCL without FIXED", || {
            let hint = gone(4)?;
            anonymous(hint, PAGE, READ_WRITE, PRIVATE | MapFlags::EXCL)
        });
    }
}

/// A field of the flags that asks for more than a page's alignment.
#[cfg(any(target_os = "freebsd", target_os = "netbsd"))]
fn alignment() {
    let aligned = |log2| {
        // SAFETY: new memory.
        unsafe { anonymous(at(0), PAGE, READ_WRITE, PRIVATE.with_aligned(log2)) }
    };
    ask("MAP_ALIGNED(21) low bits", || {
        Ok(aligned(21)?.addr() % (1 << 21) / PAGE)
    });
    ask("MAP_ALIGNED(11)", || aligned(11));
    ask("MAP_ALIGNED(30)", || {
        Ok(aligned(30)?.addr() % (1 << 30) / PAGE)
    });
}

/// What lies beside a mapping.
pub(crate) fn ask_of_neighbours() {
    // SAFETY: what is mapped is new and lies in pages that were mapped here; what is touched too.
    unsafe {
        ask("extend at the end by no-replace (same?)", || {
            let start = pages(8)?;
            let end = page(start, 4);
            raw::munmap(end, 4 * PAGE)?;
            Ok(anonymous(end, 4 * PAGE, READ_WRITE, PRIVATE | NO_REPLACE)? == end)
        });
        ask("fixed over used keeps neighbours", || {
            let start = pages(3)?;
            fill(start, 3);
            let middle = page(start, 1);
            anonymous(middle, PAGE, READ_WRITE, PRIVATE | MapFlags::FIXED)?;
            let digits = [start, middle, page(start, 2)].map(|page| usize::from(load(page)));
            Ok(digits.iter().fold(0, |number, digit| 10 * number + digit))
        });
    }
}

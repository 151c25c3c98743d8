//! Linux' limit on the number of mappings, reached.

use core::ffi::c_void;

use rawmap::{Errno, Prot, page_size, raw};

use crate::{
    pages::{PRIVATE, Pages},
    placed::{Placed, no_replace},
    proc,
    report::Unable,
};

/// A process with as many mappings as it can have.
pub(crate) struct Full {
    /// How many it made to get there.
    pub(crate) made: usize,
    /// How many the kernel's limit left room for.
    pub(crate) room: usize,
    /// What the kernel said then.
    pub(crate) end: Placed,
}

/// Maps every other page of a free range, so that no two mappings become one. `None` without /proc.
pub(crate) fn reach() -> Result<Option<Full>, Unable> {
    let limit = proc::setting(c"/proc/sys/vm/max_map_count");
    let (Some(limit), Some(before)) = (limit, proc::mappings()) else {
        return Ok(None);
    };
    // The kernel refuses when there are more than the limit, not when there are as many.
    let room = (limit + 1).saturating_sub(before);
    let place = free_addresses(2 * (room + 2))?;
    let mut made = 0;
    let end = loop {
        let page = place.wrapping_byte_add(2 * made * page_size());
        match no_replace(page, page_size(), Prot::NONE, PRIVATE, -1) {
            Placed::There if made < room => made += 1,
            end => break end,
        }
    };
    Ok(Some(Full { made, room, end }))
}

/// A range where nothing is mapped; only its addresses count.
fn free_addresses(count: usize) -> Result<*mut c_void, Unable> {
    let unable = |error: Errno| Unable::to("a range of free addresses", error);
    let range = Pages::map(count, Prot::NONE, PRIVATE, -1).map_err(unable)?;
    // SAFETY: nothing refers to it.
    unsafe { raw::munmap(range.start, range.len()) }.map_err(unable)?;
    Ok(range.start)
}

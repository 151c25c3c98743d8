//! What Linux says of itself and of the process, in files under /proc.

use core::ffi::{CStr, c_void};

use rawmap_bare::{
    call,
    file::{self, Access},
};

/// The reason for a skip where /proc is not mounted.
pub(crate) const MISSING: &str = "/proc is not mounted";

/// Calls a function with each line of a file; `None` if there is no such file.
fn each_line(path: &CStr, mut take: impl FnMut(&[u8])) -> Option<()> {
    let descriptor = file::open(path, Access::Read).ok()?;
    let mut line = [0u8; 256];
    let mut len = 0;
    let mut block = [0u8; 1024];
    loop {
        let count = file::read(descriptor, &mut block).ok()?;
        if count == 0 {
            break;
        }
        for &byte in block.iter().take(count) {
            if byte == b'\n' {
                take(line.get(..len).unwrap_or_default());
                len = 0;
            } else if let Some(place) = line.get_mut(len) {
                *place = byte;
                len += 1;
            }
        }
    }
    call::close(descriptor);
    Some(())
}

/// The number at the start of a text, behind spaces.
fn number(text: &[u8], base: u32) -> usize {
    let digits = text
        .iter()
        .skip_while(|byte| byte.is_ascii_whitespace())
        .map_while(|&byte| char::from(byte).to_digit(base));
    digits.fold(0, |number, digit| {
        number
            .wrapping_mul(base as usize)
            .wrapping_add(digit as usize)
    })
}

/// The number that a file consists of.
pub(crate) fn setting(path: &CStr) -> Option<usize> {
    let mut found = None;
    each_line(path, |line| found = Some(number(line, 10)))?;
    found
}

/// How many KiB of the process are locked.
pub(crate) fn locked() -> Option<usize> {
    let mut found = None;
    each_line(c"/proc/self/status", |line| {
        if let Some(rest) = line.strip_prefix(b"VmLck:") {
            found = Some(number(rest, 10));
        }
    })?;
    found
}

/// A line of /proc/self/maps.
pub(crate) struct Line {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// `rwxp`.
    pub(crate) columns: [u8; 4],
    /// In the file that it shows, if it shows one.
    pub(crate) offset: u64,
}

fn parse(line: &[u8]) -> Option<Line> {
    let mut fields = line.split(|&byte| byte == b' ');
    let mut ends = fields.next()?.split(|&byte| byte == b'-');
    let (start, end) = (number(ends.next()?, 16), number(ends.next()?, 16));
    let columns = fields.next()?.try_into().ok()?;
    let offset = number(fields.next()?, 16) as u64;
    Some(Line {
        start,
        end,
        columns,
        offset,
    })
}

/// Calls a function with each mapping; `None` without /proc.
pub(crate) fn each_mapping(mut take: impl FnMut(&Line)) -> Option<()> {
    each_line(c"/proc/self/maps", |line| {
        if let Some(line) = parse(line) {
            take(&line);
        }
    })
}

/// The columns `rwxp` of the mapping that begins at an address.
pub(crate) fn columns(start: *mut c_void) -> Option<[u8; 4]> {
    let mut found = None;
    each_line(c"/proc/self/maps", |line| {
        if let Some(line) = parse(line).filter(|line| line.start == start.addr()) {
            found = Some(line.columns);
        }
    })?;
    found
}

/// Whether the mapping that an address lies in has a flag, by the two letters that /proc/self/smaps has for it.
pub(crate) fn flag(address: *mut c_void, flag: &[u8]) -> Option<bool> {
    let (mut inside, mut found) = (false, None);
    each_line(c"/proc/self/smaps", |line| {
        if let Some(flags) = line.strip_prefix(b"VmFlags:") {
            if inside {
                found = Some(flags.split(|&byte| byte == b' ').any(|word| word == flag));
            }
        } else if let Some(line) = parse(line) {
            inside = (line.start..line.end).contains(&address.addr());
        }
    })?;
    found
}

/// How many mappings lie in a range.
pub(crate) fn mappings_in(start: *mut c_void, len: usize) -> Option<usize> {
    let range = start.addr()..start.addr() + len;
    let mut count = 0;
    each_line(c"/proc/self/maps", |line| {
        if let Some(line) = parse(line) {
            count += usize::from(line.start < range.end && line.end > range.start);
        }
    })?;
    Some(count)
}

/// How many mappings the kernel counts: all but the page that it shows to every process.
pub(crate) fn mappings() -> Option<usize> {
    let mut count = 0;
    each_line(c"/proc/self/maps", |line| {
        count += usize::from(!line.ends_with(b"[vsyscall]"));
    })?;
    Some(count)
}

/// Whether the kernel was built for swap space.
pub(crate) fn has_swap() -> bool {
    each_line(c"/proc/swaps", |_| {}).is_some()
}

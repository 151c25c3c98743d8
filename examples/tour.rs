//! A tour of the raw layer: maps a file, or anonymous memory without an argument, and shows each call with its
//! result.
//!
//! ```text
//! cargo run --release --example tour -- README.md
//! ```

use std::{
    env,
    ffi::c_void,
    fmt::Display,
    fs::{self, File},
    os::fd::{AsRawFd, RawFd},
    process::ExitCode,
    ptr,
};

use rawmap::{Advice, Errno, MapFlags, MapType, Prot, page_size, raw};

fn main() -> ExitCode {
    let result = match env::args_os().nth(1) {
        Some(path) => open(path.as_ref()).and_then(|(file, len)| tour(Some(&file), len)),
        None => tour(None, 3 * page_size()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("tour: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The file and its length. Anything else than a file with something in it can't be toured; it is looked at before
/// it is opened, since opening a pipe waits for a writer.
fn open(path: &std::path::Path) -> Result<(File, usize), String> {
    let say = |what: &dyn Display| format!("{}: {what}", path.display());
    let metadata = fs::metadata(path).map_err(|error| say(&error))?;
    if metadata.is_dir() {
        return Err(say(&"is a directory, which cannot be mapped"));
    }
    if !metadata.is_file() {
        return Err(say(&"is not a regular file, and cannot be toured"));
    }
    let len =
        usize::try_from(metadata.len()).map_err(|_| say(&"is larger than the address space"))?;
    if len == 0 {
        return Err(say(&"is empty, and a mapping has at least one byte"));
    }
    let file = File::open(path).map_err(|error| say(&error))?;
    Ok((file, len))
}

/// Prints a call with its result, and goes on only if there is one.
fn show<T>(
    call: &str,
    result: Result<T, Errno>,
    tell: impl FnOnce(&T) -> String,
) -> Result<T, String> {
    match result {
        Ok(value) => {
            println!("{call:<64} {}", tell(&value));
            Ok(value)
        }
        Err(error) => {
            let meaning = std::io::Error::from_raw_os_error(error.raw_os_error());
            println!("{call:<64} {meaning}");
            Err(format!("{call}: {meaning}"))
        }
    }
}

fn tour(file: Option<&File>, len: usize) -> Result<(), String> {
    let done = |(): &()| String::from("ok");
    let address = |address: &*mut c_void| format!("{:p}", *address);
    let page = page_size();
    println!("{:<64} {page}", "page_size()");

    let flags = match file {
        Some(_) => MapFlags::empty(),
        None => MapFlags::ANONYMOUS,
    }
    .with_type(MapType::PRIVATE);
    let fd: RawFd = file.map_or(-1, AsRawFd::as_raw_fd);
    let whole = len.next_multiple_of(page);

    // SAFETY: the memory is mapped here and nothing else refers to it. Bytes are read and written one at a time,
    // within its first page and while its protection allows it; of a file that another process shortens meanwhile, a
    // read would end this one by SIGBUS. After the move only the new address is used.
    unsafe {
        let start = show(
            &format!("mmap(null, {len}, READ, {flags:?}, {fd}, 0)"),
            raw::mmap(ptr::null_mut(), len, Prot::READ, flags, fd, 0),
            address,
        )?;
        kernel_line(start);
        let first = start.cast::<u8>();
        let before = first.read();
        println!("{:<64} {before:#04x}", "the first byte");

        show(
            &format!("mprotect({start:p}, {page}, READ | WRITE)"),
            raw::mprotect(start, page, Prot::READ | Prot::WRITE),
            done,
        )?;
        kernel_line(start);
        first.write(!before);
        println!(
            "{:<64} {:#04x}",
            "the first byte, written: in this mapping only",
            first.read()
        );

        let discarded = raw::madvise(start, page, Advice::DONTNEED);
        show(
            &format!("madvise({start:p}, {page}, DONTNEED)"),
            discarded,
            done,
        )?;
        let left = first.read();
        let meaning = if left == before {
            "what was written is gone"
        } else {
            "kept: advice drops nothing here"
        };
        println!("{:<64} {left:#04x}, {meaning}", "the first byte, discarded");

        show(
            &format!("mprotect({start:p}, {page}, READ)"),
            raw::mprotect(start, page, Prot::READ),
            done,
        )?;
        kernel_line(start);

        let (moved, moved_len) = remap(start, page)?;
        println!(
            "{:<64} {:#04x}",
            "the first byte, where it is now",
            moved.cast::<u8>().read()
        );
        show(
            &format!("munmap({moved:p}, {moved_len})"),
            raw::munmap(moved, moved_len),
            done,
        )?;
        show(
            &format!("munmap({start:p}, {whole}), what is left of it"),
            raw::munmap(start, whole),
            done,
        )
    }
}

/// Makes the first page two, wherever there is room for them.
///
/// # Safety
///
/// `start` is a page of the caller's, which is used at the returned address only afterwards.
#[cfg(not(target_os = "freebsd"))]
unsafe fn remap(start: *mut c_void, len: usize) -> Result<(*mut c_void, usize), String> {
    #[cfg(target_os = "linux")]
    let (flags, text) = (rawmap::RemapFlags::MAYMOVE, "MAYMOVE");
    #[cfg(not(target_os = "linux"))]
    let (flags, text) = (rawmap::RemapFlags::empty(), "0");
    let moved = show(
        &format!("mremap({start:p}, {len}, {}, {text}, null)", 2 * len),
        // SAFETY: the caller's contract.
        unsafe { raw::mremap(start, len, 2 * len, flags, ptr::null_mut()) },
        |address| format!("{:p}", *address),
    )?;
    kernel_line(moved);
    Ok((moved, 2 * len))
}

/// FreeBSD has no such call.
///
/// # Safety
///
/// None is needed.
#[cfg(target_os = "freebsd")]
unsafe fn remap(start: *mut c_void, len: usize) -> Result<(*mut c_void, usize), String> {
    let flags = rawmap::RemapFlags::empty();
    // SAFETY: no kernel is entered.
    let refused = unsafe { raw::mremap(start, len, 2 * len, flags, ptr::null_mut()) };
    println!("{:<64} {refused:?}", "mremap: there is none on this system");
    Ok((start, len))
}

/// What the kernel says of the mapping, where it has a file that says it.
fn kernel_line(start: *mut c_void) {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let begin = format!("{:x}-", start.addr());
    if let Some(line) = maps.lines().find(|line| line.starts_with(&begin)) {
        println!("    {line}");
    }
}

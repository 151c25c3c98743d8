//! Error numbers: conversion, text, and the kernel's own way into them.

use std::ptr;

use rawmap::{Errno, MapFlags, MapType, Prot, raw};

#[test]
fn only_what_a_kernel_can_report_is_an_error() {
    for number in [i32::MIN, -1, 0, 4096, i32::MAX] {
        assert_eq!(Errno::from_raw_os_error(number), None, "{number}");
    }
    for number in 1..=4095 {
        let error = Errno::from_raw_os_error(number).expect("a kernel can report it");
        assert_eq!(error.raw_os_error(), number);
    }
}

#[test]
fn an_option_of_it_takes_no_more_room() {
    assert_eq!(size_of::<Option<Errno>>(), size_of::<u16>());
}

#[test]
fn the_kernels_number_comes_through() {
    let flags = MapFlags::empty().with_type(MapType::PRIVATE);
    // SAFETY: there is no descriptor −1, so nothing is mapped.
    let refused = unsafe { raw::mmap(ptr::null_mut(), 1, Prot::READ, flags, -1, 0) };
    assert_eq!(refused, Err(Errno::EBADF));
}

#[cfg(feature = "errno-text")]
#[test]
fn with_the_feature_it_prints_name_and_meaning() {
    assert_eq!(Errno::EINVAL.name(), Some("EINVAL"));
    assert_eq!(Errno::EINVAL.to_string(), "EINVAL: Invalid argument");
    assert_eq!(format!("{:?}", Errno::EINVAL), "EINVAL");
    // Of two names of a number the first one counts.
    assert_eq!(Errno::EWOULDBLOCK.name(), Some("EAGAIN"));
    let unnamed = Errno::from_raw_os_error(4000).expect("a kernel can report it");
    assert_eq!(unnamed.name(), None);
    assert_eq!(unnamed.to_string(), "errno 4000");
}

#[cfg(not(feature = "errno-text"))]
#[test]
fn without_the_feature_it_prints_the_number() {
    assert_eq!(Errno::EINVAL.name(), None);
    assert_eq!(Errno::EINVAL.to_string(), "errno 22");
    assert_eq!(format!("{:?}", Errno::EINVAL), "Errno(22)");
}

#[cfg(feature = "std")]
#[test]
fn it_becomes_an_io_error() {
    let error = std::io::Error::from(Errno::EACCES);
    assert_eq!(error.raw_os_error(), Some(Errno::EACCES.raw_os_error()));
    assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
}

//! Tests that are alone in their process, one after the other on its first thread. The process may be the first of a kernel
//! that was booted for it.

use std::{fs, process};

use libtest_mimic::{Arguments, ColorSetting, Trial};
use nix::mount::{MsFlags, mount};

const FIRST_PROCESS: u32 = 1;

pub fn run<const COUNT: usize>(tests: [(&str, fn()); COUNT]) {
    let mut arguments = Arguments::from_args();
    if process::id() == FIRST_PROCESS {
        mount_what_tests_look_into();
        arguments.color = Some(ColorSetting::Never);
    }
    // None but the first.
    arguments.test_threads = Some(1);
    let trials = tests.map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&arguments, trials.into()).exit();
}

fn mount_what_tests_look_into() {
    let nothing = None::<&str>;
    for (kind, folder) in [("proc", "/proc"), ("devtmpfs", "/dev"), ("tmpfs", "/tmp")] {
        fs::create_dir_all(folder).expect(folder);
        mount(nothing, folder, Some(kind), MsFlags::empty(), nothing).expect(folder);
    }
}

//! Tests that are alone in their process, one after the other on its first thread.

use libtest_mimic::{Arguments, Trial};

pub fn run<const COUNT: usize>(tests: [(&str, fn()); COUNT]) {
    let mut arguments = Arguments::from_args();
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

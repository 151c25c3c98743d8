//! What safe code must not do with owned mappings does not compile: each program of tests/compile_fail, with the messages
//! beside it.
#![cfg(all(target_os = "linux", feature = "mapping"))]

use std::fs;

#[test]
fn what_safe_code_must_not_do() {
    let folder = fs::read_dir("tests/compile_fail").expect("the programs");
    let programs = folder.filter(|entry| {
        let path = entry.as_ref().expect("a program").path();
        path.extension().is_some_and(|extension| extension == "rs")
    });
    let count = programs.count();
    println!("{count} programs");
    assert_ne!(count, 0);
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}

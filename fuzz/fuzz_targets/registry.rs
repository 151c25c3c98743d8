//! Any bytes are operations on a registry, of which the oracle of the tests says what it has to answer.
//!
//! `cargo fuzz run -s none registry` works with a stable toolchain.
#![no_main]

#[path = "../../tests/registry/oracle.rs"]
mod oracle;
#[path = "../../tests/registry/page_array.rs"]
mod page_array;

use libfuzzer_sys::fuzz_target;
use oracle::{BYTES, Oracle, Step};

fuzz_target!(|bytes: &[u8]| {
    let mut oracle = Oracle::new();
    let (steps, _) = bytes.as_chunks::<BYTES>();
    for step in steps {
        oracle.step(&Step::of(*step));
    }
});

//! What the static test programs stand on: start, output, files, processes and signals without libc, on six targets.
//!
//! It shares no code with `rawmap`: its system calls are written again, so that a register that is wrong in one of
//! the two shows as a difference. The entry and the ELF notes are the assembly files in `targets/`.
#![no_std]

pub mod anonymous;
pub mod call;
mod entry;
pub mod file;
pub mod limit;
mod memory;
#[cfg(target_os = "linux")]
pub mod mount;
mod number;
pub mod output;
pub mod process;
pub mod report;
pub mod signal;
mod start;

pub use start::Start;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    output::write(output::STANDARD_ERROR, b"panic\n");
    call::exit(101)
}

//! An instruction-level machine for FreeBSD and NetBSD: it runs the machine code of static programs for x86_64 and
//! aarch64, and plays the kernel's part.
//!
//! It takes the number and the arguments of a system call only from where the real kernel takes them, and fills every
//! register that the real kernel may change with garbage on return: a wrong convention fails loudly. What it answers was
//! written down from the kernels' sources and from what real kernels answered; it can't show what a real kernel decides.
//!
//! Its kernel is a model: page tables, files, descriptors, processes, signals and limits, and the memory calls with all
//! that is odd about them. In measured mode it answers as the real kernels did; in hostile mode it takes the worst
//! choice that a kernel may take.
//!
//! It shares no constant and no code with the library whose programs it runs.

mod convention;
mod credentials;
mod engine;
mod errno;
mod file_system;
mod files;
mod image;
mod kernel;
mod limits;
mod machine;
mod object;
mod outcome;
mod pipe;
mod pool;
mod process;
mod registers;
mod signal;
mod signal_state;
mod space;
mod start;
mod target;

pub use errno::Errno;
pub use image::Refusal;
pub use machine::{Error, Machine};
pub use outcome::{Death, Exit, Mapped, Outcome};
pub use signal::Signal;
pub use space::Protection;
pub use target::{Architecture, Mode, System, Target};

//! One thread, and every store or load of it as a moment.

mod ground;
mod held_back;
mod operation;
mod oracle;
pub(crate) mod reader;
pub(crate) mod writer;

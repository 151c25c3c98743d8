//! A view lasts no longer than the memory, which is not moved while it is there.
use std::sync::atomic::Ordering::Relaxed;

use rawmap::mapping::{Builder, Error};

fn main() -> Result<(), Error> {
    let mapping = Builder::object(4096).map()?;
    // SAFETY: the memory can be read.
    let view = unsafe { mapping.view::<u8>(..)? };
    drop(mapping);
    view.load(0, Relaxed);

    let mapping = Builder::object(4096).map()?;
    // SAFETY: as above.
    let view = unsafe { mapping.view_mut::<u8>(..)? };
    let raw = mapping.into_raw();
    view.store(0, 1, Relaxed);
    let _ = raw;
    Ok(())
}

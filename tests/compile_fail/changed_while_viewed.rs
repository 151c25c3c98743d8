//! Whatever takes away an access or a byte takes the mapping alone.
use std::sync::atomic::Ordering::Relaxed;

use rawmap::{
    Prot,
    mapping::{Error, Mapping, Reservation},
    space::{Discard, MoveTo},
};

fn main() -> Result<(), Error> {
    let mut mapping = Mapping::anonymous(8192)?;
    // SAFETY: the memory can be read.
    let view = unsafe { mapping.view::<u8>(..)? };
    mapping.protect(.., Prot::NONE)?;
    mapping.discard(.., Discard::Zero)?;
    mapping.remap(4096, MoveTo::Anywhere)?;
    let part = mapping.split_off(4096)?;
    view.load(0, Relaxed);
    drop(part);

    let mut heap = Reservation::new(4096)?;
    heap.commit(.., Prot::READ)?;
    // SAFETY: as above.
    let view = unsafe { heap.view::<u8>(..)? };
    heap.decommit(..)?;
    view.load(0, Relaxed);
    Ok(())
}

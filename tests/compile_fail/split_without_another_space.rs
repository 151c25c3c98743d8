//! Each part needs the address space, and one that cannot be cloned is not taken twice.
use rawmap::{
    Errno,
    mapping::{Error, Mapping},
    space::{Failing, Kernel},
};

fn main() -> Result<(), Error> {
    let space = Failing::new(Kernel, 0, Errno::ENOMEM);
    let mut mapping = Mapping::anonymous_in(space, 8192)?;
    let _ = mapping.split_off(4096)?;
    let _ = mapping.split_to(4096)?;
    Ok(())
}

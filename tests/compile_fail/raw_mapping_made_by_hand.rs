//! What says where memory lies is not written by hand.
use rawmap::mapping::{Error, Mapping, RawMapping};

fn main() -> Result<(), Error> {
    let (mut raw, _) = Mapping::anonymous(4096)?.into_raw();
    raw.before = 8192;
    let ptr = raw.ptr;
    let longer = RawMapping { ptr, ..raw };
    let _ = longer;
    Ok(())
}

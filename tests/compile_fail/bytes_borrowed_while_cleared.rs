//! What is borrowed is not changed behind the borrower's back.
use rawmap::mapping::{Error, MapMut};

fn main() -> Result<(), Error> {
    let mut map = MapMut::anonymous(4096)?;
    let byte = &map[0];
    map.clear(..)?;
    println!("{byte}");
    let bytes = &map[..];
    let closed = map.into_map();
    println!("{bytes:?} {closed:?}");
    Ok(())
}

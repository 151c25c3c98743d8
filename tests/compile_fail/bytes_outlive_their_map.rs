//! A reference lasts no longer than the memory.
use rawmap::mapping::{Error, MapMut};

fn first() -> Result<&'static u8, Error> {
    let map = MapMut::anonymous(4096)?.into_map()?;
    Ok(&map[0])
}

fn main() -> Result<(), Error> {
    first()?;
    let bytes;
    {
        let map = MapMut::anonymous(4096)?.into_map()?;
        bytes = &map[..];
    }
    println!("{bytes:?}");
    let mut map = MapMut::anonymous(4096)?;
    let (one, other) = (&mut map[..8], &mut map[8..]);
    one.copy_from_slice(other);
    let byte = &map[0];
    map.unmap()?;
    println!("{byte}");
    Ok(())
}

//! What the caller has to answer for is not called by accident.
use rawmap::{
    Advice, OwnedFd,
    mapping::{Error, Map, MapMut, Mapping, RawMapping, Reservation},
};

fn all(fd: &OwnedFd, raw: RawMapping, mut mapping: Mapping, heap: Reservation) -> Result<(), Error> {
    let _ = Map::file(fd)?;
    let _ = Map::path(c"/a/file")?;
    let _ = MapMut::file(fd)?;
    let _ = MapMut::path(c"/a/file")?;
    let next = Mapping::from_raw(raw);
    let _ = Mapping::from_raw_in(raw, rawmap::space::Kernel);
    let _ = mapping.view::<u8>(..)?;
    let _ = mapping.view_mut::<u8>(..)?;
    let _ = heap.view::<u8>(..)?;
    let _ = heap.view_mut::<u8>(..)?;
    mapping.advise_any(.., Advice::DONTNEED)?;
    let _ = mapping.merge_any(next);
    let _ = mapping.assume_map();
    let _ = Mapping::anonymous(1)?.assume_map_mut();
    Ok(())
}

fn main() {
    let _ = all;
}

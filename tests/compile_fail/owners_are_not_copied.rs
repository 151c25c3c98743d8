//! Memory has one owner, which unmaps it once.
use rawmap::mapping::{Map, MapMut, Mapping, Reservation};

const fn cloned<T: Clone>() {}
const fn copied<T: Copy>() {}

fn main() {
    cloned::<Mapping>();
    copied::<Mapping>();
    cloned::<Map>();
    cloned::<MapMut>();
    cloned::<Reservation>();
}

//! Views are of numbers that an atomic access can have, and not of what somebody else says.
use rawmap::mapping::Unit;

#[derive(Clone, Copy)]
struct Mine;

impl Unit for Mine {}

fn main() {}

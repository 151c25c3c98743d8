//! Mappings whose pages can be told apart, and the bytes that tell them apart.
#![allow(dead_code, reason = "each test takes what it needs")]

use rawmap::{
    Prot,
    mapping::{Builder, Mapping},
    page_size,
    space::Placement,
};

pub const READ_WRITE: Prot = Prot::READ.union(Prot::WRITE);

/// Where nothing is by itself.
pub const ARENA: usize = 0x2b_0000_0000;

pub fn pages(count: usize) -> Mapping {
    Mapping::anonymous(count * page_size()).expect("map")
}

/// A page of the arena.
pub fn at(page: usize) -> Placement {
    Placement::FixedNoReplace(ARENA + page * page_size())
}

/// So many pages at a place of the arena, of which each holds its number, from 1 on.
pub fn numbered(count: usize, place: Placement) -> Mapping {
    let builder = Builder::anonymous(count * page_size());
    let mapping = builder.placement(place).map().expect("map");
    for page in 0..count {
        set(&mapping, page, page as u8 + 1);
    }
    mapping
}

/// The first byte of a page.
pub fn get(mapping: &Mapping, page: usize) -> u8 {
    assert!(page * page_size() < mapping.len());
    // SAFETY: the test asks where it can be read.
    unsafe { mapping.as_ptr().add(page * page_size()).read_volatile() }
}

pub fn set(mapping: &Mapping, page: usize, byte: u8) {
    assert!(page * page_size() < mapping.len());
    let at = page * page_size();
    // SAFETY: the test writes where it can be written, and nothing refers to it.
    unsafe { mapping.as_mut_ptr().add(at).write_volatile(byte) }
}

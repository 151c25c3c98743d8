//! What the kernel shows of a mapping in /proc/self/smaps.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::{fs, ops::Range};

use rawmap::mapping::Mapping;

/// A range that the kernel holds in one piece.
#[derive(Clone, Debug)]
pub struct Piece {
    pub range: Range<usize>,
    /// As in `rw-p`.
    pub permissions: String,
    pub offset: u64,
    pub inode: u64,
    /// A path, or a name in brackets.
    pub name: String,
    /// The lines that follow, as they are.
    details: Vec<String>,
}

impl Piece {
    fn detail(&self, title: &str) -> &str {
        let lines = &mut self.details.iter();
        let found = lines.find_map(|line| line.strip_prefix(title)?.strip_prefix(':'));
        found.unwrap_or_else(|| panic!("no {title} in {self:?}"))
    }

    /// Has it this flag of two letters?
    pub fn has(&self, flag: &str) -> bool {
        self.detail("VmFlags")
            .split_whitespace()
            .any(|has| has == flag)
    }

    /// The flags that the kernel sets by itself left out.
    pub fn flags(&self) -> Vec<&str> {
        let flags = self.detail("VmFlags").split_whitespace();
        flags.filter(|&flag| flag != "sd").collect()
    }

    pub fn bytes(&self, title: &str) -> usize {
        let number = self.detail(title).split_whitespace().next();
        let kib: usize = number.expect("a number").parse().expect("a number");
        kib << 10
    }
}

/// Every piece, in order.
pub fn pieces() -> Vec<Piece> {
    let smaps = fs::read_to_string("/proc/self/smaps").expect("smaps");
    let mut pieces: Vec<Piece> = Vec::new();
    for line in smaps.lines() {
        match header(line) {
            Some(piece) => pieces.push(piece),
            None => pieces
                .last_mut()
                .expect("a header")
                .details
                .push(line.into()),
        }
    }
    pieces
}

/// The piece that holds an address.
pub fn piece(address: usize) -> Option<Piece> {
    let mut pieces = pieces().into_iter();
    pieces.find(|piece| piece.range.contains(&address))
}

/// Those of the piece that a mapping starts in.
pub fn permissions(mapping: &Mapping) -> String {
    let piece = piece(mapping.as_ptr().addr());
    piece.expect("a piece of the map").permissions
}

fn header(line: &str) -> Option<Piece> {
    let number = |digits| usize::from_str_radix(digits, 16).ok();
    let mut words = line.splitn(6, ' ');
    let (start, end) = words.next()?.split_once('-')?;
    let range = number(start)?..number(end)?;
    let permissions = words.next()?.into();
    let offset = number(words.next()?)? as u64;
    let _device = words.next()?;
    Some(Piece {
        range,
        permissions,
        offset,
        inode: words.next()?.parse().ok()?,
        name: words.next().unwrap_or_default().trim().into(),
        details: Vec::new(),
    })
}

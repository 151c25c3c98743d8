//! What the kernel says is mapped: /proc/self/maps, read into memory that is there already, so that reading changes
//! nothing.

use std::{fs::File, io::Read};

use rawmap::Prot;

/// A line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub start: usize,
    pub end: usize,
    pub prot: Prot,
    pub shared: bool,
    /// 0 for private anonymous memory.
    pub offset: u64,
    pub inode: u64,
}

impl Line {
    /// Does it go on where the other one ends, as the same mapping would?
    pub fn continues(&self, before: &Self) -> bool {
        let grown = if self.inode == 0 {
            0
        } else {
            (before.end - before.start) as u64
        };
        before.end == self.start
            && (before.prot, before.shared, before.inode) == (self.prot, self.shared, self.inode)
            && before.offset + grown == self.offset
    }
}

pub struct ProcessMap {
    text: String,
    lines: Vec<Line>,
}

impl ProcessMap {
    /// With room for so many bytes of text.
    pub fn with_room(bytes: usize) -> Self {
        Self {
            text: String::with_capacity(bytes),
            lines: Vec::with_capacity(bytes / 48),
        }
    }

    /// Reads it. What goes on where the line before ended is one with it; the heap and the stack, which grow as they are
    /// used, are left out.
    pub fn read(&mut self) -> &[Line] {
        let room = (self.text.capacity(), self.lines.capacity());
        self.text.clear();
        self.lines.clear();
        let mut file = File::open("/proc/self/maps").expect("maps");
        file.read_to_string(&mut self.text).expect("maps");
        for text in self.text.lines() {
            if text.ends_with("[heap]") || text.ends_with("[stack]") {
                continue;
            }
            let line = parse(text);
            match self.lines.last_mut() {
                Some(last) if line.continues(last) => last.end = line.end,
                _ => self.lines.push(line),
            }
        }
        let now = (self.text.capacity(), self.lines.capacity());
        assert_eq!(now, room, "the map does not fit");
        &self.lines
    }
}

fn parse(text: &str) -> Line {
    let mut words = text.split_ascii_whitespace();
    let mut word = || words.next().expect("a word");
    let (range, access, offset, _device, inode) = (word(), word(), word(), word(), word());
    let (start, end) = range.split_once('-').expect("a range");
    let number = |digits| u64::from_str_radix(digits, 16).expect("a number");
    let has = |sign, flag| {
        if access.contains(sign) {
            flag
        } else {
            Prot::NONE
        }
    };
    let inode = inode.parse().expect("an inode");
    Line {
        start: number(start) as usize,
        end: number(end) as usize,
        prot: has('r', Prot::READ) | has('w', Prot::WRITE) | has('x', Prot::EXEC),
        shared: access.ends_with('s'),
        offset: if inode == 0 { 0 } else { number(offset) },
        inode,
    }
}

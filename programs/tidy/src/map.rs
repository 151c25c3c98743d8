//! The map of the process, as the kernel tells it.

use crate::means::Means;

/// How two maps differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Ranges where nothing was.
    pub(crate) more: usize,
    /// Mappings that are no longer what they were, in part at least.
    pub(crate) less: usize,
}

/// The lines of /proc/self/maps.
#[cfg(target_os = "linux")]
pub(crate) struct Map {
    text: [u8; LARGEST],
    /// `None` if the kernel did not tell, or told more than there is room for.
    len: Option<usize>,
}

/// A static program has about ten mappings, of less than a hundred bytes each.
#[cfg(target_os = "linux")]
const LARGEST: usize = 4096;

#[cfg(target_os = "linux")]
impl Map {
    /// The map at this moment.
    pub(crate) fn now(means: &Means) -> Self {
        let mut map = Self {
            text: [0; LARGEST],
            len: None,
        };
        let mut len = 0;
        while let Some(room) = map.text.get_mut(len..).filter(|room| !room.is_empty()) {
            let descriptor = means.maps.as_raw();
            let read =
                crate::means::twice(|| rawmap_bare::file::read_at(descriptor, room, len as u64));
            match read {
                Ok(0) => {
                    map.len = Some(len);
                    break;
                }
                Ok(count) => len += count,
                Err(_) => break,
            }
        }
        map
    }

    /// All but the stack, which the kernel makes longer as it is used.
    fn mappings(&self) -> impl Iterator<Item = Mapping<'_>> {
        self.text
            .get(..self.len.unwrap_or_default())
            .unwrap_or_default()
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.ends_with(b"[stack]"))
            .filter_map(Mapping::parse)
    }

    /// The mapping that holds an address.
    fn at(&self, address: usize) -> Option<Mapping<'_>> {
        self.mappings()
            .find(|mapping| (mapping.start..mapping.end).contains(&address))
    }

    /// What changed since an earlier moment; `None` if one of the two is not known.
    pub(crate) fn difference(&self, earlier: &Self) -> Option<Difference> {
        if self.len.is_none() || earlier.len.is_none() {
            return None;
        }
        let changed = earlier
            .mappings()
            .filter(|mapping| !mapping.is_still_in(self));
        Some(Difference {
            more: self.ranges_not_in(earlier),
            less: changed.count(),
        })
    }

    /// How many ranges are mapped where another map has nothing; neighbours are one.
    fn ranges_not_in(&self, map: &Self) -> usize {
        let (mut ranges, mut last_end) = (0, 0);
        for mapping in self.mappings() {
            let mut at = mapping.start;
            while at < mapping.end {
                at = match map.at(at) {
                    Some(there) => there.end,
                    None => {
                        ranges += usize::from(at != last_end);
                        last_end = map.next_start(at).min(mapping.end);
                        last_end
                    }
                };
            }
        }
        ranges
    }

    /// Where the first mapping behind an address begins.
    fn next_start(&self, address: usize) -> usize {
        let starts = self.mappings().map(|mapping| mapping.start);
        starts
            .filter(|&start| start > address)
            .min()
            .unwrap_or(usize::MAX)
    }
}

/// A line of /proc/self/maps: `START-END rwxp OFFSET DEVICE INODE NAME`.
#[cfg(target_os = "linux")]
struct Mapping<'a> {
    start: usize,
    end: usize,
    permissions: &'a [u8],
    /// Where byte 0 of the file would be; 0 if there is no file.
    origin: usize,
    /// The device, the file's number, and the name.
    object: &'a [u8],
}

#[cfg(target_os = "linux")]
impl<'a> Mapping<'a> {
    fn parse(line: &'a [u8]) -> Option<Self> {
        let mut words = line.splitn(4, |&byte| byte == b' ');
        let mut ends = words.next()?.split(|&byte| byte == b'-').map(hexadecimal);
        let (start, end) = (ends.next()?, ends.next()?);
        let permissions = words.next()?;
        let offset = hexadecimal(words.next()?);
        let object = words.next()?;
        let is_anonymous = object.starts_with(b"00:00 0 ");
        let origin = if is_anonymous {
            0
        } else {
            start.wrapping_sub(offset)
        };
        Some(Self {
            start,
            end,
            permissions,
            origin,
            object,
        })
    }

    /// Is all of it there, as it is, though in more or fewer pieces?
    fn is_still_in(&self, map: &Map) -> bool {
        let mut at = self.start;
        while at < self.end {
            match map.at(at).filter(|there| there.is_like(self)) {
                Some(there) => at = there.end,
                None => return false,
            }
        }
        true
    }

    fn is_like(&self, other: &Mapping<'_>) -> bool {
        self.origin == other.origin
            && self.permissions == other.permissions
            && self.object == other.object
    }
}

#[cfg(target_os = "linux")]
fn hexadecimal(text: &[u8]) -> usize {
    let digits = text.iter().map_while(|&byte| char::from(byte).to_digit(16));
    digits.fold(0, |number, digit| (number << 4) | digit as usize)
}

/// Nothing: whoever runs the program looks at the mappings.
#[cfg(not(target_os = "linux"))]
pub(crate) struct Map;

#[cfg(not(target_os = "linux"))]
impl Map {
    /// The map at this moment.
    pub(crate) const fn now(_: &Means) -> Self {
        Self
    }

    /// What changed since an earlier moment.
    pub(crate) const fn difference(&self, _: &Self) -> Option<Difference> {
        Some(Difference { more: 0, less: 0 })
    }
}

//! Going through all mappings.

use core::{fmt, iter::FusedIterator};

use super::{MapInfo, Registry};

/// The mappings of a registry in the order of their addresses: see [`Registry::iter`].
#[derive(Debug)]
pub struct Iter<'r, A> {
    registry: &'r Registry<A>,
    /// Where to go on; `None` at the end.
    from: Option<usize>,
}

impl<A> Registry<A> {
    /// All mappings in the order of their addresses: no snapshot, see [`next`](Self::next).
    pub const fn iter(&self) -> Iter<'_, A> {
        Iter {
            registry: self,
            from: Some(0),
        }
    }
}

impl<A> Iterator for Iter<'_, A> {
    type Item = MapInfo;

    fn next(&mut self) -> Option<MapInfo> {
        let info = self.registry.next(self.from.take()?)?;
        self.from = Some(info.end());
        Some(info)
    }
}

impl<A> FusedIterator for Iter<'_, A> {}

impl<'r, A> IntoIterator for &'r Registry<A> {
    type Item = MapInfo;
    type IntoIter = Iter<'r, A>;

    fn into_iter(self) -> Iter<'r, A> {
        self.iter()
    }
}

/// A line for each mapping, like /proc/self/maps.
impl<A> fmt::Display for Registry<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|info| writeln!(f, "{info}"))
    }
}

//! Is the tree what it has to be?

use super::{super::atomic::Ordering::Relaxed, Entry, Link, MAX_LEVELS, Store, Tree};

/// What is wrong, and at which address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) what: &'static str,
    pub(crate) addr: u64,
}

/// What was seen so far.
struct Seen<'v, V> {
    /// The end of the last entry.
    end: u64,
    visit: &'v mut V,
}

impl<const N: usize> Tree<N> {
    /// Looks at the whole tree, as a writer, and shows every link and every entry to `visit`: what that says of them is a
    /// violation as well.
    pub(crate) fn check<S: Store<N>>(
        &self,
        store: &S,
        mut visit: impl FnMut(Link, Option<&Entry>) -> Result<(), &'static str>,
    ) -> Result<(), Violation> {
        let root = self.root();
        if root.is_none() {
            return Ok(());
        }
        let mut seen = Seen {
            end: 0,
            visit: &mut visit,
        };
        seen.node(store, root, None)
    }
}

impl<V: FnMut(Link, Option<&Entry>) -> Result<(), &'static str>> Seen<'_, V> {
    fn node<const N: usize, S: Store<N>>(
        &mut self,
        store: &S,
        link: Link,
        first: Option<u64>,
    ) -> Result<(), Violation> {
        let addr = first.unwrap_or(0);
        let wrong = |what| Violation { what, addr };
        let node = store
            .node(link.index())
            .ok_or(wrong("a link leads to no descriptor"))?;
        if link.level() >= MAX_LEVELS {
            return Err(wrong("the tree is too high"));
        }
        if node.header.load(Relaxed) != link.word() {
            return Err(wrong("a linked descriptor is in another life"));
        }
        let count = node.count();
        if count == 0 || node.control.load(Relaxed) & 0xffff != count as u64 {
            return Err(wrong("a node has no entries, or too many"));
        }
        if node.marks() >> count != 0 || link.level() != 0 && node.marks() != 0 {
            return Err(wrong("a mark without an entry"));
        }
        if first.is_some_and(|first| first != node.start(0)) {
            return Err(wrong("a node does not begin where its parent says"));
        }
        (self.visit)(link, None).map_err(wrong)?;
        for at in 0..count {
            if link.level() != 0 {
                let child = node.child(at);
                if child.is_none() || child.level() + 1 != link.level() {
                    return Err(wrong("a child is not one level below"));
                }
                self.node(store, child, Some(node.start(at)))?;
                continue;
            }
            let entry = node.entry(at);
            let wrong = |what| Violation {
                what,
                addr: entry.start,
            };
            if entry.start >= entry.end || entry.start < self.end {
                return Err(wrong("entries overlap, or are out of order"));
            }
            self.end = entry.end;
            (self.visit)(link, Some(&entry)).map_err(wrong)?;
        }
        Ok(())
    }
}

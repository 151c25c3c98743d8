//! Is the tree what it has to be?

use core::ops::Range;

use super::{
    super::atomic::Ordering::Relaxed,
    Entry, Link, MAX_LEVELS, Node, Store, Tree,
    control::each,
    gap::{UNKNOWN, extent},
};

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
        seen.node(store, root, &(0..u64::MAX))
    }
}

impl<V: FnMut(Link, Option<&Entry>) -> Result<(), &'static str>> Seen<'_, V> {
    fn node<const N: usize, S: Store<N>>(
        &mut self,
        store: &S,
        link: Link,
        span: &Range<u64>,
    ) -> Result<(), Violation> {
        let wrong = |what| Violation {
            what,
            addr: span.start,
        };
        let node = store
            .node(link.index())
            .ok_or(wrong("a link leads to no descriptor"))?;
        if link.level() >= MAX_LEVELS {
            return Err(wrong("the tree is too high"));
        }
        if node.header.load(Relaxed) != link.word() {
            return Err(wrong("a linked descriptor is in another life"));
        }
        let control = node.control();
        if control.used() >> N != 0 || control.marks() & !control.used() != 0 {
            return Err(wrong("a mark without an entry, or a slot that is none"));
        }
        (self.visit)(link, None).map_err(wrong)?;
        if link.level() == 0 {
            self.leaf(node, link, span)
        } else {
            self.children(store, node, link, span)
        }
    }

    fn leaf<const N: usize>(
        &mut self,
        node: &Node<N>,
        link: Link,
        span: &Range<u64>,
    ) -> Result<(), Violation> {
        let control = node.control();
        // The last used slot's start, and what unused slots behind it hold at the most.
        let (mut last, mut most) = (None, None);
        for at in 0..N {
            let start = node.start(at);
            if control.used() >> at & 1 == 0 {
                if last.is_some_and(|last| start < last) {
                    return Err(Violation {
                        what: "an unused slot starts before the entry before it",
                        addr: start,
                    });
                }
                most = most.max(Some(start));
                continue;
            }
            if most.is_some_and(|most| most > start) {
                return Err(Violation {
                    what: "an unused slot starts behind the entry behind it",
                    addr: start,
                });
            }
            last = Some(start);
        }
        for at in each(control.used()) {
            let entry = node.entry(at, control);
            let wrong = |what| Violation {
                what,
                addr: entry.start,
            };
            if entry.start >= entry.end || entry.start < self.end {
                return Err(wrong("entries overlap, or are out of order"));
            }
            if entry.start < span.start || span.end < entry.end {
                return Err(wrong("an entry lies in another leaf's range"));
            }
            self.end = entry.end;
            (self.visit)(link, Some(&entry)).map_err(wrong)?;
        }
        Ok(())
    }

    fn children<const N: usize, S: Store<N>>(
        &mut self,
        store: &S,
        node: &Node<N>,
        link: Link,
        span: &Range<u64>,
    ) -> Result<(), Violation> {
        let count = node.children();
        if count == 0 || node.control().used() >> count != 0 {
            return Err(Violation {
                what: "a node has no children, or some apart from others",
                addr: span.start,
            });
        }
        if (count..N).any(|at| node.first_of(at).is_some()) {
            return Err(Violation {
                what: "a child begins that is none",
                addr: span.start,
            });
        }
        for at in 0..count {
            let child = node.child(at);
            let first = if at == 0 { span.start } else { child.first };
            let within = first..node.first_of(at + 1).unwrap_or(span.end);
            let wrong = |what| Violation {
                what,
                addr: within.start,
            };
            if within.is_empty() || span.end < within.end {
                return Err(wrong("children are out of order"));
            }
            if child.link.is_none() || child.link.level() + 1 != link.level() {
                return Err(wrong("a child is not one level below"));
            }
            self.node(store, child.link, &within)?;
            if child.gap == UNKNOWN {
                continue;
            }
            if child.gap < extent(store, child.link).gap {
                return Err(wrong("a gap is larger than is known"));
            }
            let below = store.node(child.link.index()).filter(|_| link.level() > 1);
            if below.is_some_and(|it| (0..it.children()).any(|at| it.gap(at) == UNKNOWN)) {
                return Err(wrong("a gap is known, and one in it is not"));
            }
        }
        Ok(())
    }
}

//! Reading the tree, in any thread and in any signal handler.

use super::{
    super::atomic::{Ordering::Acquire, restarted},
    Detail, Entry, Link, Node, Store, Tree,
    control::{Control, below, highest, lowest},
};

/// An entry, and what its record holds if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) entry: Entry,
    pub(crate) detail: Detail,
}

/// What a reader met has another life by now.
#[derive(Debug)]
pub(super) struct Recycled;

impl<const N: usize> Tree<N> {
    /// The entry that an address lies in.
    #[inline]
    pub(crate) fn find<S: Store<N>>(&self, store: &S, addr: u64) -> Option<Found> {
        loop {
            if let Ok(found) = self.try_find(store, addr) {
                return found;
            }
            restarted();
        }
    }

    /// The first entry that ends above an address.
    pub(crate) fn next<S: Store<N>>(&self, store: &S, addr: u64) -> Option<Found> {
        // A leaf may have nothing above the address: what follows is then in one that begins higher. What is there
        // throughout is not missed between the two, wherever it has moved meanwhile.
        let mut from = addr;
        loop {
            match self.try_next(store, from) {
                Ok(Next::Is(found)) => return Some(found),
                Ok(Next::Beyond(first)) => from = first,
                Ok(Next::Nothing) => return None,
                Err(Recycled) => restarted(),
            }
        }
    }

    #[inline]
    fn try_find<S: Store<N>>(&self, store: &S, addr: u64) -> Result<Option<Found>, Recycled> {
        let Some((leaf, link)) = self.way_down(store, addr, |_, _| {})? else {
            return Ok(None);
        };
        look(leaf, link, |control| {
            let before = control.used() & below(leaf.below(addr));
            match highest(before) {
                Some(at) => {
                    Ok(Some(found(store, leaf, at, control)?).filter(|it| addr < it.entry.end))
                }
                None => Ok(None),
            }
        })
    }

    fn try_next<S: Store<N>>(&self, store: &S, addr: u64) -> Result<Next, Recycled> {
        let mut beyond = None;
        let way = self.way_down(store, addr, |node, at| {
            // The deepest node that has a child on the right knows best where the leaf ends.
            beyond = node.first_of(at + 1).or(beyond);
        })?;
        let Some((leaf, link)) = way else {
            return Ok(Next::Nothing);
        };
        let next = look(leaf, link, |control| {
            let before = below(leaf.below(addr));
            if let Some(at) = highest(control.used() & before) {
                let found = found(store, leaf, at, control)?;
                if addr < found.entry.end {
                    return Ok(Some(found));
                }
            }
            match lowest(control.used() & !before) {
                Some(at) => found(store, leaf, at, control).map(Some),
                None => Ok(None),
            }
        })?;
        Ok(match (next, beyond) {
            (Some(found), _) => Next::Is(found),
            (None, Some(first)) => Next::Beyond(first),
            (None, None) => Next::Nothing,
        })
    }

    /// The leaf that an address belongs to. Each node on the way, and which of its children leads on, is shown to `pass`.
    #[inline]
    fn way_down<'s, S: Store<N>>(
        &self,
        store: &'s S,
        addr: u64,
        mut pass: impl FnMut(&Node<N>, usize),
    ) -> Result<Option<(&'s Node<N>, Link)>, Recycled> {
        // Acquire pairs with the release store that published it, and with it everything below.
        let mut link = Link::of(self.root.load(Acquire));
        if link.is_none() {
            return Ok(None);
        }
        loop {
            // What is not there is no link but what somebody wrote over one.
            let node = store.node(link.index()).ok_or(Recycled)?;
            node.prefetch(link);
            if link.level() == 0 {
                return Ok(Some((node, link)));
            }
            let at = node.child_of(addr);
            let child = node.link(at);
            pass(node, at);
            node.leave(link)?;
            if child.level() + 1 != link.level() {
                return Err(Recycled);
            }
            link = child;
        }
    }
}

/// What comes after an address.
enum Next {
    Is(Found),
    /// Nothing in this leaf; the one behind it begins there.
    Beyond(u64),
    Nothing,
}

/// Reads a leaf until it has not changed meanwhile.
#[inline]
fn look<const N: usize, T>(
    leaf: &Node<N>,
    link: Link,
    read: impl Fn(Control) -> Result<T, Recycled>,
) -> Result<T, Recycled> {
    loop {
        let control = leaf.control_first();
        let answer = read(control);
        if leaf.leave_leaf(link, control)? {
            return answer;
        }
        restarted();
    }
}

/// The entry in a slot.
#[inline]
fn found<const N: usize, S: Store<N>>(
    store: &S,
    leaf: &Node<N>,
    at: usize,
    control: Control,
) -> Result<Found, Recycled> {
    let entry = leaf.entry(at, control);
    // A record is given back only after the entries that referred to it are gone, so the leaf answers for both.
    let detail = match entry.attributes.record() {
        Some(index) => store.record(index).ok_or(Recycled)?.detail(),
        None => Detail::default(),
    };
    Ok(Found { entry, detail })
}

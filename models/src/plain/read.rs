//! Reading the tree, in any thread and in any signal handler.

use super::{
    super::atomic::Ordering::Acquire, Detail, Entry, Link, MAX_LEVELS, Node, Store, Tree,
    node::Recycled,
};

/// An entry, and what its record holds if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) entry: Entry,
    pub(crate) detail: Detail,
}

impl<const N: usize> Tree<N> {
    /// The entry that an address lies in.
    pub(crate) fn find<S: Store<N>>(&self, store: &S, addr: u64) -> Option<Found> {
        loop {
            if let Ok(found) = self.try_find(store, addr) {
                return found;
            }
        }
    }

    /// The first entry that ends above an address.
    pub(crate) fn next<S: Store<N>>(&self, store: &S, addr: u64) -> Option<Found> {
        loop {
            if let Ok(found) = self.try_next(store, addr) {
                return found;
            }
        }
    }

    /// The root as a reader may follow it.
    fn enter(&self) -> Link {
        // Acquire pairs with the release store that published it, and with it everything below.
        Link::of(self.root.load(Acquire))
    }

    fn try_find<S: Store<N>>(&self, store: &S, addr: u64) -> Result<Option<Found>, Recycled> {
        let mut link = self.enter();
        while !link.is_none() {
            let node = reach(store, link)?;
            let Some(at) = node.position(node.count(), addr).checked_sub(1) else {
                node.leave(link)?;
                return Ok(None);
            };
            if link.level() == 0 {
                let found = found(store, node, link, at)?;
                return Ok((addr < found.entry.end).then_some(found));
            }
            link = descend(node, link, at)?;
        }
        Ok(None)
    }

    fn try_next<S: Store<N>>(&self, store: &S, addr: u64) -> Result<Option<Found>, Recycled> {
        let mut link = self.enter();
        // The child to the right of the way down, as deep as there is one: what follows the leaf.
        let mut right = Link::NONE;
        while !link.is_none() {
            let node = reach(store, link)?;
            let count = node.count();
            let after = node.position(count, addr);
            if link.level() != 0 {
                let at = after.saturating_sub(1);
                let sibling = if at + 1 < count {
                    node.child(at + 1)
                } else {
                    Link::NONE
                };
                let child = descend(node, link, at)?;
                if !sibling.is_none() {
                    right = sibling;
                }
                link = child;
                continue;
            }
            if let Some(at) = after.checked_sub(1) {
                let found = found(store, node, link, at)?;
                if addr < found.entry.end {
                    return Ok(Some(found));
                }
            }
            if after < count {
                return found(store, node, link, after).map(Some);
            }
            node.leave(link)?;
            return first_below(store, right);
        }
        Ok(None)
    }
}

/// The first entry below a link.
fn first_below<const N: usize, S: Store<N>>(
    store: &S,
    mut link: Link,
) -> Result<Option<Found>, Recycled> {
    while !link.is_none() {
        let node = reach(store, link)?;
        if link.level() == 0 {
            // No leaf is empty.
            return found(store, node, link, 0).map(Some);
        }
        link = descend(node, link, 0)?;
    }
    Ok(None)
}

/// The node that a link means, in the life that it means.
fn reach<const N: usize, S: Store<N>>(store: &S, link: Link) -> Result<&Node<N>, Recycled> {
    // What is not there, or too high, is no link but what somebody wrote over one.
    if link.level() >= MAX_LEVELS {
        return Err(Recycled);
    }
    let node = store.node(link.index()).ok_or(Recycled)?;
    node.enter(link)?;
    Ok(node)
}

/// A child, one level below.
fn descend<const N: usize>(node: &Node<N>, link: Link, at: usize) -> Result<Link, Recycled> {
    let child = node.child(at);
    node.leave(link)?;
    if child.is_none() || child.level() + 1 != link.level() {
        return Err(Recycled);
    }
    Ok(child)
}

/// An entry of a leaf.
fn found<const N: usize, S: Store<N>>(
    store: &S,
    node: &Node<N>,
    link: Link,
    at: usize,
) -> Result<Found, Recycled> {
    let entry = node.entry(at);
    let detail = match entry.attributes.record() {
        Some(index) => store.record(index).ok_or(Recycled)?.detail(),
        None => Detail::default(),
    };
    // A record is given back only after the leaves that referred to it ended, so the leaf answers for both.
    node.leave(link)?;
    Ok(Found { entry, detail })
}

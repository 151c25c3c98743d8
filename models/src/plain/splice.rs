//! Changing the tree: what lies in a range goes, and a few entries come in its place.

use core::ops::Range;

use super::{
    super::atomic::{
        Ordering::{Relaxed, Release},
        fence,
    },
    Entry, Link, MAX_LEVELS, Node, Store, Tree,
};

/// The descriptors that a writer may take, and where it puts those that it needs no longer.
pub(crate) trait Hand {
    /// The index of a node that nobody can reach.
    fn take_node(&mut self) -> Option<u32>;
    /// A node that was taken and not used, or whose life has ended.
    fn give_node(&mut self, index: u32);
    /// A record that no entry refers to any more.
    fn give_record(&mut self, index: u32);
}

/// The way from the root to a leaf: each node, and which of its children leads on.
#[derive(Clone, Copy)]
struct Path {
    steps: [(Link, usize); MAX_LEVELS],
}

/// What a level is made of anew: at most what two nodes held, what came between them, and a neighbour with room.
struct Level<T, const N: usize> {
    items: [[T; N]; 4],
    len: usize,
}

impl<T: Copy, const N: usize> Level<T, N> {
    fn new(nothing: T) -> Self {
        Self {
            items: [[nothing; N]; 4],
            len: 0,
        }
    }

    fn push(&mut self, item: T) {
        if let Some(slot) = self.items.as_flattened_mut().get_mut(self.len) {
            *slot = item;
            self.len += 1;
        }
    }

    fn items(&self) -> &[T] {
        self.items.as_flattened().get(..self.len).unwrap_or(&[])
    }

    /// The items in as few parts as have room for them, as even as can be.
    fn parts(&self) -> impl Iterator<Item = &[T]> {
        let count = self.len.div_ceil(N).max(1);
        self.items().chunks(self.len.div_ceil(count).max(1))
    }
}

/// Nodes that a splice made and nobody can reach yet.
struct Made {
    indices: [u32; 3 * MAX_LEVELS + 4],
    len: usize,
}

impl<const N: usize> Tree<N> {
    /// Takes out every entry that begins in a range, and puts `fresh` there, in order: at most three entries, which
    /// begin in that range and overlap nothing. `false` if descriptors were lacking, and nothing has changed.
    pub(crate) fn splice<S: Store<N>, H: Hand>(
        &self,
        store: &S,
        hand: &mut H,
        range: Range<u64>,
        fresh: &[Entry],
    ) -> bool {
        let mut made = Made {
            indices: [0; 3 * MAX_LEVELS + 4],
            len: 0,
        };
        let old = self.root();
        let Some((root, ways)) = self.rebuild(store, hand, &mut made, range.clone(), fresh) else {
            for &index in made.indices.iter().take(made.len) {
                hand.give_node(index);
            }
            return false;
        };
        for entry in fresh {
            refer(store, entry);
        }
        // Release pairs with the acquire of readers at the root: everything below was written before.
        self.root.store(root.word(), Release);
        retire(store, hand, old, &ways, &range);
        true
    }

    /// Makes the tree that is to be, but for its root; what is answered besides are the ways to what it replaces, from
    /// the neighbours that were taken in on the left to those on the right.
    fn rebuild<S: Store<N>, H: Hand>(
        &self,
        store: &S,
        hand: &mut H,
        made: &mut Made,
        range: Range<u64>,
        fresh: &[Entry],
    ) -> Option<(Link, Ways)> {
        let levels = self.levels();
        let mut left = self.path(store, range.start)?;
        let mut right = self.path(store, range.end)?;
        let mut children = Level::<(u64, Link), N>::new((0, Link::NONE));

        let mut entries = Level::<Entry, N>::new(Entry::EMPTY);
        if levels != 0 {
            let (link, at) = *left.steps.first()?;
            take_entries(store, link, 0, at, &mut entries)?;
        }
        for entry in fresh {
            entries.push(*entry);
        }
        if levels != 0 {
            let (link, at) = *right.steps.first()?;
            take_entries(store, link, at, N, &mut entries)?;
            if entries.len != 0 && entries.len < N / 2 {
                let mut joined = Level::<Entry, N>::new(Entry::EMPTY);
                if let Some(neighbour) = step_left(store, &mut left)? {
                    take_entries(store, neighbour, 0, N, &mut joined)?;
                    entries.items().iter().for_each(|entry| joined.push(*entry));
                    entries = joined;
                } else if let Some(neighbour) = step_right(store, &mut right)? {
                    take_entries(store, neighbour, 0, N, &mut entries)?;
                }
            }
        }
        for part in entries.parts() {
            let (node, link) = make(store, hand, made, 0)?;
            node.fill_leaf(part);
            children.push((part.first()?.start, link));
        }

        // Each inner level: the children on the left of what was made anew, that, and the children on its right.
        let mut level = 1;
        loop {
            let is_old = level < levels;
            let mut items = Level::<(u64, Link), N>::new((0, Link::NONE));
            if is_old {
                let (link, at) = *left.steps.get(level)?;
                take_children(store, link, 0, at, &mut items)?;
            }
            children.items().iter().for_each(|child| items.push(*child));
            if is_old {
                let (link, at) = *right.steps.get(level)?;
                take_children(store, link, at + 1, N, &mut items)?;
            }
            if !is_old || level + 1 == levels {
                // The top: nothing, one child which is the root itself, or nodes above them.
                match items.items() {
                    [] => return Some((Link::NONE, Ways { left, right })),
                    [(_, only)] => return Some((*only, Ways { left, right })),
                    _ => {}
                }
            }
            if level >= MAX_LEVELS {
                return None;
            }
            children = Level::new((0, Link::NONE));
            for part in items.parts() {
                let (node, link) = make(store, hand, made, level)?;
                node.fill_inner(part);
                children.push((part.first()?.0, link));
            }
            level += 1;
        }
    }

    /// The way to the last entry that begins below an address; in the leaf, the number of those that do.
    fn path<S: Store<N>>(&self, store: &S, addr: u64) -> Option<Path> {
        let mut path = Path {
            steps: [(Link::NONE, 0); MAX_LEVELS],
        };
        let mut link = self.root();
        while !link.is_none() {
            let node = store.node(link.index())?;
            let below = match addr.checked_sub(1) {
                Some(last) => node.position(node.count(), last),
                None => 0,
            };
            let level = link.level();
            let at = if level == 0 {
                below
            } else {
                below.saturating_sub(1)
            };
            *path.steps.get_mut(level)? = (link, at);
            if level == 0 {
                break;
            }
            link = node.child(at);
        }
        Some(path)
    }
}

/// Moves a way to the leaf on the left, if one node above holds both, and answers with that leaf.
fn step_left<const N: usize, S: Store<N>>(store: &S, path: &mut Path) -> Option<Option<Link>> {
    let [leaf, above, ..] = &mut path.steps;
    let Some(at) = above.1.checked_sub(1).filter(|_| !above.0.is_none()) else {
        return Some(None);
    };
    above.1 = at;
    *leaf = (store.node(above.0.index())?.child(at), 0);
    Some(Some(leaf.0))
}

/// Moves a way to the leaf on the right, if one node above holds both, and answers with that leaf.
fn step_right<const N: usize, S: Store<N>>(store: &S, path: &mut Path) -> Option<Option<Link>> {
    let [leaf, above, ..] = &mut path.steps;
    if above.0.is_none() {
        return Some(None);
    }
    let node = store.node(above.0.index())?;
    let at = above.1 + 1;
    let count = node.count();
    if at >= count {
        return Some(None);
    }
    above.1 = at;
    *leaf = (node.child(at), N);
    Some(Some(leaf.0))
}

/// A node that nobody can reach, and the link to it.
fn make<'s, const N: usize, S: Store<N>, H: Hand>(
    store: &'s S,
    hand: &mut H,
    made: &mut Made,
    level: usize,
) -> Option<(&'s Node<N>, Link)> {
    let index = hand.take_node()?;
    let slot = made.indices.get_mut(made.len)?;
    *slot = index;
    made.len += 1;
    let node = store.node(index)?;
    // Release pairs with the acquire fence of readers: one that meets anything of this life meets the end of the earlier
    // one too, whichever thread ended it.
    fence(Release);
    let link = Link::of(node.header.load(Relaxed)).begun(index, level);
    node.header.store(link.word(), Relaxed);
    Some((node, link))
}

fn take_entries<const N: usize, S: Store<N>>(
    store: &S,
    link: Link,
    from: usize,
    to: usize,
    entries: &mut Level<Entry, N>,
) -> Option<()> {
    let node = store.node(link.index())?;
    (from..to.min(node.count())).for_each(|at| entries.push(node.entry(at)));
    Some(())
}

fn take_children<const N: usize, S: Store<N>>(
    store: &S,
    link: Link,
    from: usize,
    to: usize,
    children: &mut Level<(u64, Link), N>,
) -> Option<()> {
    let node = store.node(link.index())?;
    (from..to.min(node.count())).for_each(|at| children.push((node.start(at), node.child(at))));
    Some(())
}

/// An entry more refers to its record.
fn refer<const N: usize, S: Store<N>>(store: &S, entry: &Entry) {
    if let Some(record) = entry
        .attributes
        .record()
        .and_then(|index| store.record(index))
    {
        // Relaxed: writers alone count, and the lock orders them.
        record.next.store(record.next.load(Relaxed) + 1, Relaxed);
    }
}

/// An entry fewer refers to its record, which is given back with the last one.
fn forget<const N: usize, S: Store<N>, H: Hand>(store: &S, hand: &mut H, entry: &Entry) {
    let Some(index) = entry.attributes.record() else {
        return;
    };
    if let Some(record) = store.record(index) {
        let left = record.next.load(Relaxed).saturating_sub(1);
        record.next.store(left, Relaxed);
        if left == 0 {
            hand.give_record(index);
        }
    }
}

/// Ends the lives of the nodes that the new tree does not have: those on both ways, and all between them. The entries that
/// went forget their records.
///
/// What is given to the hand here keeps what it holds until it is taken, and nobody takes anything before the hand is
/// back at the splice.
fn retire<const N: usize, S: Store<N>, H: Hand>(
    store: &S,
    hand: &mut H,
    old: Link,
    ways: &Ways,
    gone: &Range<u64>,
) {
    // Release pairs with the acquire fence of readers that meet an ended life: they begin again at a root that is not
    // older than the one that unlinked it.
    fence(Release);
    ways.each_node(store, old, true, true, &mut |node: &Node<N>, link: Link| {
        let (ended, lives_again) = link.ended();
        // Relaxed: the next life's first store comes after a fence of its own, see `make` and `Record::fill`.
        node.header.store(ended.word(), Relaxed);
        if link.level() == 0 {
            let entries = (0..node.count()).map(|at| node.entry(at));
            let gone = entries.filter(|entry| gone.contains(&entry.start));
            gone.for_each(|entry| forget(store, hand, &entry));
        }
        if lives_again {
            hand.give_node(link.index());
        }
    });
}

/// The ways to both ends of what is replaced.
struct Ways {
    left: Path,
    right: Path,
}

impl Ways {
    /// Visits the nodes on both ways and between them, each one before those below it.
    fn each_node<const N: usize, S: Store<N>>(
        &self,
        store: &S,
        link: Link,
        on_left: bool,
        on_right: bool,
        visit: &mut impl FnMut(&Node<N>, Link),
    ) {
        let level = link.level();
        let (Some(node), Some(left), Some(right)) = (
            store.node(link.index()),
            self.left.steps.get(level),
            self.right.steps.get(level),
        ) else {
            return;
        };
        if link.is_none() {
            return;
        }
        visit(node, link);
        if level == 0 {
            return;
        }
        let first = if on_left { left.1 } else { 0 };
        let last = if on_right {
            right.1
        } else {
            node.count().saturating_sub(1)
        };
        for at in first..=last {
            let (on_left, on_right) = (on_left && at == first, on_right && at == last);
            self.each_node(store, node.child(at), on_left, on_right, visit);
        }
    }
}

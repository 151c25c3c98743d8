//! Changing the tree's nodes: copies that are published by one store.

use core::ops::Range;

use super::{
    super::atomic::{
        Ordering::{Relaxed, Release},
        fence,
    },
    Entry, Link, MAX_LEVELS, Node, Removed, Store, Tree,
    gap::UNKNOWN,
    node::Child,
    place::Path,
    splice::{forget, refer},
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

/// The most nodes that one change takes from a tree of so many levels: three of each, and one above.
pub(crate) const fn nodes_for(levels: usize) -> usize {
    let levels = if levels == 0 { 1 } else { levels };
    3 * levels + 1
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

    fn extend(&mut self, items: impl IntoIterator<Item = T>) {
        items.into_iter().for_each(|item| self.push(item));
    }

    fn items(&self) -> &[T] {
        self.items.as_flattened().get(..self.len).unwrap_or(&[])
    }

    /// Puts the last items first, of which there were so many before.
    fn rotate(&mut self, before: usize) {
        if let Some(items) = self.items.as_flattened_mut().get_mut(..self.len) {
            items.rotate_left(before.min(items.len()));
        }
    }

    fn first_mut(&mut self) -> Option<&mut T> {
        self.items
            .as_flattened_mut()
            .get_mut(..self.len)?
            .first_mut()
    }

    /// The items in so many parts, each of at most `room`.
    fn parts(&self, count: usize, room: usize, how: Parting) -> impl Iterator<Item = &[T]> {
        let even = self.len.div_ceil(count.max(1)).max(1);
        let (first, others) = match how {
            Parting::Even => (even, even),
            Parting::FirstFull => (room, room),
            Parting::LastFull => (self.len.saturating_sub((count.max(1) - 1) * room), room),
        };
        let (first, others_items) = self.items().split_at(first.min(self.len));
        let parts = core::iter::once(first).chain(others_items.chunks(others));
        parts.filter(|part| !part.is_empty())
    }
}

/// The nodes that a level was made into: three at the most.
type Few = Level<Child, 1>;

/// How much goes into which part. What comes at an end mostly comes there again, and then the other parts can be full:
/// programs map upwards, and kernels downwards.
#[derive(Clone, Copy)]
enum Parting {
    Even,
    FirstFull,
    LastFull,
}

impl Parting {
    /// Of what has so many items before what is new, and so many behind it.
    const fn of(before: usize, after: usize) -> Self {
        match (before, after) {
            (0, 1..) => Self::LastFull,
            (1.., 0) => Self::FirstFull,
            _ => Self::Even,
        }
    }
}

/// Nodes that a change made and nobody can reach yet.
struct Made {
    indices: [u32; 3 * MAX_LEVELS + 1],
    len: usize,
}

/// What the copies are to replace.
struct Old {
    /// The ways to both ends of it.
    left: Path,
    right: Path,
    /// Neighbours whose entries or children were taken in, without what is below them.
    absorbed: [Link; MAX_LEVELS],
    len: usize,
}

/// Where the copies are published.
enum Slot<'s, const N: usize> {
    Root,
    /// A child of a node of this level.
    Child(&'s Node<N>, usize, usize),
}

/// The children that a level is about to replace: from one of the left way's node to one of the right way's.
struct Between<'s, const N: usize> {
    left: &'s Node<N>,
    first: usize,
    right: &'s Node<N>,
    last: usize,
    /// Where the first of them begins, and where the left way's node does.
    begin: u64,
    outer: u64,
}

impl<const N: usize> Tree<N> {
    /// Room is left in new leaves, so that entries can be put in.
    const FULL_LEAF: usize = N - N / 4;
    /// Neighbours that hold no more become one.
    pub(super) const NEARLY_EMPTY: usize = N.div_ceil(4);

    /// What [`splice`](Self::splice) promises, by copies of all leaves that the range concerns. An empty range renews its
    /// leaf.
    pub(crate) fn rebuild<S: Store<N>, H: Hand>(
        &self,
        store: &S,
        hand: &mut H,
        range: &Range<u64>,
        fresh: &[Entry],
    ) -> Option<Removed> {
        let end = fresh
            .last()
            .map_or(range.end, |last| last.end.max(range.end));
        let mut old = Old {
            left: self.path(store, range.start)?,
            right: self.path(store, end.saturating_sub(1).max(range.start))?,
            absorbed: [Link::NONE; MAX_LEVELS],
            len: 0,
        };
        let mut made = Made {
            indices: [0; 3 * MAX_LEVELS + 1],
            len: 0,
        };
        let Some((slot, link)) = self.copy(store, hand, &mut made, &mut old, range, fresh) else {
            for &index in made.indices.iter().take(made.len) {
                hand.give_node(index);
            }
            return None;
        };
        for entry in fresh {
            refer(store, entry);
        }
        let replaced = match slot {
            Slot::Root => {
                let replaced = self.root();
                // Release pairs with the acquire of readers at the root: everything below was written before.
                self.root.store(link.word(), Release);
                replaced
            }
            Slot::Child(node, at, level) => {
                old.left.forget_gaps(store, level);
                let replaced = node.link(at);
                node.set_link(at, link);
                replaced
            }
        };
        Some(old.retire(store, hand, replaced, range))
    }

    /// Makes the nodes that are to be, and answers where they are to be linked.
    fn copy<'s, S: Store<N>, H: Hand>(
        &self,
        store: &'s S,
        hand: &mut H,
        made: &mut Made,
        old: &mut Old,
        range: &Range<u64>,
        fresh: &[Entry],
    ) -> Option<(Slot<'s, N>, Link)> {
        let levels = self.levels();
        let mut entries = Level::<Entry, N>::new(Entry::EMPTY);
        let mut above = old.between(store, 1, levels);
        let mut before = 0;
        // Of how many leaves these are the entries, as far as it matters; and whether there will be more of them.
        let (mut leaves, mut grows) = (1, true);
        if levels != 0 {
            let (left, right) = old.ends(store, 0)?;
            entries.extend(left.entries().take_while(|it| it.start < range.start));
            before = entries.len;
            entries.extend(fresh.iter().copied());
            entries.extend(right.entries().skip_while(|it| it.start < range.end));
            let mut held = left.entries().count();
            if !core::ptr::eq(left, right) {
                held += right.entries().count();
                leaves = 2;
            }
            grows = entries.len > held;
        } else {
            entries.extend(fresh.iter().copied());
        }
        let after = entries.len - before - fresh.len();
        absorb(store, old, &mut above, &mut entries, |node, _, items| {
            items.extend(node.entries())
        });
        let mut children = Few::new(Child::NONE);
        // What does not grow takes no more nodes than it gives back: leaves may become full for that.
        let roomy = entries.len.div_ceil(Self::FULL_LEAF);
        let count = if grows {
            roomy
        } else {
            roomy.min(leaves).max(entries.len.div_ceil(N))
        };
        let (room, how) = if roomy == count {
            (Self::FULL_LEAF, Parting::of(before, after))
        } else {
            (N, Parting::Even)
        };
        for part in entries.parts(count, room, how) {
            let (node, link) = make(store, hand, made, 0)?;
            node.fill_leaf(part);
            // What lies between two leaves belongs to the first.
            let first = if children.len == 0 {
                Between::begin(above.as_ref())
            } else {
                part.first()?.start
            };
            children.push(Child {
                first,
                link,
                gap: UNKNOWN,
            });
        }

        // Each level above: the children on the left of what was made anew, that, and the children on its right.
        let mut level = 1;
        loop {
            let mut items = Level::<Child, N>::new(Child::NONE);
            let (mut before, mut after) = (0, 0);
            if let Some(here) = above.take() {
                if let (true, [only]) = (here.is_one(), children.items()) {
                    return Some((Slot::Child(here.left, here.first, level), only.link));
                }
                above = old.between(store, level + 1, levels);
                items.extend((0..here.first).map(|at| here.left.child(at)));
                before = items.len;
                items.extend(children.items().iter().copied());
                items.extend((here.last + 1..here.right.children()).map(|at| here.right.child(at)));
                after = items.len - before - children.len;
                if let Some(first) = items.first_mut() {
                    first.first = here.outer;
                }
            } else {
                items.extend(children.items().iter().copied());
            }
            absorb(store, old, &mut above, &mut items, |node, begin, items| {
                let first = node.child(0);
                items.push(Child {
                    first: begin,
                    ..first
                });
                items.extend((1..node.children()).map(|at| node.child(at)));
            });
            if above.is_none() {
                // The top: nothing, one child which is the root itself, or nodes above them.
                match items.items() {
                    [] => return Some((Slot::Root, Link::NONE)),
                    [only] => return Some((Slot::Root, only.link)),
                    _ => {}
                }
            }
            if level >= MAX_LEVELS {
                return None;
            }
            children = Few::new(Child::NONE);
            let count = items.len.div_ceil(N);
            for part in items.parts(count, N, Parting::of(before, after)) {
                let (node, link) = make(store, hand, made, level)?;
                node.fill_inner(part);
                children.push(Child {
                    first: part.first()?.first,
                    link,
                    gap: UNKNOWN,
                });
            }
            level += 1;
        }
    }
}

impl<'s, const N: usize> Between<'s, N> {
    /// Where the first of them begins; what is the whole tree begins at 0.
    fn begin(between: Option<&Self>) -> u64 {
        between.map_or(0, |it| it.begin)
    }

    /// Is it one child?
    fn is_one(&self) -> bool {
        core::ptr::eq(self.left, self.right) && self.first == self.last
    }
}

impl Old {
    /// The nodes of a level on both ways.
    fn ends<'s, const N: usize, S: Store<N>>(
        &self,
        store: &'s S,
        level: usize,
    ) -> Option<(&'s Node<N>, &'s Node<N>)> {
        let left = store.node(self.left.steps.get(level)?.link.index())?;
        let right = store.node(self.right.steps.get(level)?.link.index())?;
        Some((left, right))
    }

    /// The children of a level on both ways; `None` above the tree.
    fn between<'s, const N: usize, S: Store<N>>(
        &self,
        store: &'s S,
        level: usize,
        levels: usize,
    ) -> Option<Between<'s, N>> {
        if level >= levels {
            return None;
        }
        let (left, right) = self.ends(store, level)?;
        let step = self.left.steps.get(level)?;
        Some(Between {
            left,
            first: step.at,
            right,
            last: self.right.steps.get(level)?.at,
            begin: self.left.steps.get(level.checked_sub(1)?)?.begin,
            outer: step.begin,
        })
    }

    /// Ends the lives of the nodes that were replaced: those on both ways, below the new link, all between them, and those
    /// that were taken in. The entries that went forget their records.
    ///
    /// What is given to the hand here keeps what it holds until it is taken, and nobody takes anything before the hand is
    /// back with the caller.
    fn retire<const N: usize, S: Store<N>, H: Hand>(
        &self,
        store: &S,
        hand: &mut H,
        replaced: Link,
        gone: &Range<u64>,
    ) -> Removed {
        // Release pairs with the acquire fence of readers that meet an ended life: they begin again, and do not come by
        // the link that led there.
        fence(Release);
        let mut removed = Removed::default();
        let mut end = |node: &Node<N>, link: Link| {
            let (ended, lives_again) = link.ended();
            // Relaxed: the next life's first store comes after a fence of its own, see `make`.
            node.header.store(ended.word(), Relaxed);
            if lives_again {
                hand.give_node(link.index());
            }
            if link.level() == 0 {
                for entry in node.entries().filter(|it| gone.contains(&it.start)) {
                    removed.add(&entry);
                    forget(store, hand, &entry);
                }
            }
        };
        self.each_node(store, replaced, true, true, &mut end);
        for link in self.absorbed.iter().take(self.len) {
            if let Some(node) = store.node(link.index()) {
                end(node, *link);
            }
        }
        removed
    }

    /// Visits the nodes on both ways and between them, from a link on.
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
            store.node(link.index()).filter(|_| !link.is_none()),
            self.left.steps.get(level),
            self.right.steps.get(level),
        ) else {
            return;
        };
        visit(node, link);
        if level == 0 {
            return;
        }
        let first = if on_left { left.at } else { 0 };
        let last = if on_right {
            right.at
        } else {
            node.children().saturating_sub(1)
        };
        for at in first..=last {
            let (on_left, on_right) = (on_left && at == first, on_right && at == last);
            self.each_node(store, node.link(at), on_left, on_right, visit);
        }
    }
}

/// Takes in what a neighbour holds, if that is little, and so is what is here.
fn absorb<const N: usize, T: Copy, S: Store<N>>(
    store: &S,
    old: &mut Old,
    above: &mut Option<Between<'_, N>>,
    items: &mut Level<T, N>,
    take: impl Fn(&Node<N>, u64, &mut Level<T, N>),
) {
    let most = Tree::<N>::NEARLY_EMPTY;
    let Some(above) = above.as_mut().filter(|_| (1..=most).contains(&items.len)) else {
        return;
    };
    let little = |link: Link| {
        let node = store.node(link.index())?;
        let count = node.control().used().count_ones() as usize;
        (count <= most).then_some((node, link))
    };
    let before = above.first.checked_sub(1);
    let after = Some(above.last + 1).filter(|at| *at < above.right.children());
    let link = if let Some(at) = before
        && let Some((node, link)) = little(above.left.link(at))
    {
        above.first = at;
        above.begin = if at == 0 {
            above.outer
        } else {
            above.left.start(at)
        };
        let here = items.len;
        take(node, above.begin, items);
        items.rotate(here);
        link
    } else if let Some(at) = after
        && let Some((node, link)) = little(above.right.link(at))
    {
        above.last = at;
        take(node, above.right.start(at), items);
        link
    } else {
        return;
    };
    if let Some(slot) = old.absorbed.get_mut(old.len) {
        *slot = link;
        old.len += 1;
    }
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

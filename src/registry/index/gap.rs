//! Where there is room: the largest gap below each child, as far as it is known.
//!
//! A change makes what is known of the leaf that it changes unknown, and of all that lies above; a search finds it out
//! again, and goes only where something changed since the last one, or where there is room. As long as nobody searches, a
//! change costs one look at a word.

use core::ops::{ControlFlow, Range};

use super::{super::atomic::Ordering::Relaxed, Link, Store, Tree, place::Path};

/// Anything between two entries. What is unknown of a child is unknown of the node that it is a child of.
pub(super) const UNKNOWN: u64 = u64::MAX;

impl<const N: usize> Tree<N> {
    /// What is known of gaps around the leaf that an address belongs to is not to be believed any more: said before it
    /// changes, so that it holds in a child that is forked in the middle. Where nothing was ever searched, nothing is known.
    #[inline]
    pub(super) fn forget_gaps<S: Store<N>>(&self, store: &S, addr: u64) {
        // Relaxed: only who has the lock looks, and writes.
        if self.searched.load(Relaxed) != 0 {
            self.forget_known_gaps(store, addr);
        }
    }

    #[cold]
    fn forget_known_gaps<S: Store<N>>(&self, store: &S, addr: u64) {
        if let Some(path) = self.path(store, addr) {
            path.forget_gaps(store, 1);
        }
    }

    /// The lowest part of `within` in which nothing is, and of which `fits` finds something to its liking. It likes nothing
    /// that is shorter than `least`.
    pub(crate) fn gap<S: Store<N>>(
        &self,
        store: &S,
        within: &Range<u64>,
        least: u64,
        fits: impl Fn(Range<u64>) -> Option<u64>,
    ) -> Option<u64> {
        self.searched.store(1, Relaxed);
        let mut search = Search {
            store,
            least,
            fits,
            from: within.start,
            to: within.end,
        };
        match search.node(self.root(), &(0..u64::MAX)) {
            ControlFlow::Break(found) => Some(found),
            ControlFlow::Continue(_) => (search.fits)(search.from..search.to),
        }
    }
}

impl Path {
    /// The gaps on this way, from a level upwards, are unknown.
    pub(super) fn forget_gaps<const N: usize, S: Store<N>>(&self, store: &S, level: usize) {
        // From the root downwards: what is unknown below is unknown above at every moment.
        let steps = self.steps.iter().skip(level).rev();
        for step in steps.filter(|step| !step.link.is_none()) {
            if let Some(node) = store.node(step.link.index()) {
                node.set_gap(step.at, UNKNOWN);
            }
        }
    }
}

/// Entries from the first one's start to the last one's end, if there are any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) ends: Option<(u64, u64)>,
    /// The largest gap between two of them.
    pub(super) gap: u64,
}

impl Extent {
    /// What comes behind it is added.
    fn push(&mut self, next: Self) {
        let between = match (self.ends, next.ends) {
            (Some((_, end)), Some((start, _))) => start.saturating_sub(end),
            _ => 0,
        };
        self.gap = self.gap.max(next.gap).max(between);
        self.ends = match (self.ends, next.ends) {
            (Some((start, _)), Some((_, end))) => Some((start, end)),
            (ends, None) | (None, ends) => ends,
        };
    }
}

struct Search<'s, S, F> {
    store: &'s S,
    least: u64,
    fits: F,
    /// Nothing was found below.
    from: u64,
    to: u64,
}

impl<S, F: Fn(Range<u64>) -> Option<u64>> Search<'_, S, F> {
    /// Looks at what lies before an entry, or before many.
    fn before(&mut self, ends: Option<(u64, u64)>) -> ControlFlow<u64> {
        let Some((start, end)) = ends else {
            return ControlFlow::Continue(());
        };
        if self.from < start.min(self.to)
            && let Some(found) = (self.fits)(self.from..start.min(self.to))
        {
            return ControlFlow::Break(found);
        }
        self.from = self.from.max(end);
        ControlFlow::Continue(())
    }

    /// Searches below a link; where that finds nothing, what lies there is known afterwards, but for what it did not have
    /// to look at: of that it says that the largest gap is unknown.
    fn node<const N: usize>(&mut self, link: Link, span: &Range<u64>) -> ControlFlow<u64, Extent>
    where
        S: Store<N>,
    {
        let mut all = Extent::default();
        let Some(node) = self.store.node(link.index()).filter(|_| !link.is_none()) else {
            return ControlFlow::Continue(all);
        };
        if link.level() == 0 {
            for entry in node.entries() {
                let ends = Some((entry.start, entry.end));
                self.before(ends)?;
                all.push(Extent { ends, gap: 0 });
            }
            return ControlFlow::Continue(all);
        }
        for at in 0..node.children() {
            let child = node.child(at);
            let first = if at == 0 { span.start } else { child.first };
            let within = first..node.first_of(at + 1).unwrap_or(span.end);
            if within.end <= self.from || self.to <= within.start {
                all.gap = UNKNOWN;
                continue;
            }
            let extent = if child.gap != UNKNOWN && child.gap < self.least {
                // No room between what lies there: where it begins and ends is all that matters.
                let extent = Extent {
                    ends: self.ends(child.link),
                    gap: child.gap,
                };
                self.before(extent.ends)?;
                extent
            } else {
                let extent = self.node(child.link, &within)?;
                // What is known of it already stays so, if this search did not look everywhere.
                if extent.gap != UNKNOWN {
                    node.set_gap(at, extent.gap);
                }
                extent
            };
            all.push(extent);
        }
        ControlFlow::Continue(all)
    }

    /// Where the first entry below a link starts, and the last one ends.
    fn ends<const N: usize>(&self, link: Link) -> Option<(u64, u64)>
    where
        S: Store<N>,
    {
        let node = self.store.node(link.index()).filter(|_| !link.is_none())?;
        if link.level() == 0 {
            let start = node.entries().next()?.start;
            return Some((start, node.entries().last()?.end));
        }
        let (start, _) = (0..node.children()).find_map(|at| self.ends(node.link(at)))?;
        let (_, end) = (0..node.children())
            .rev()
            .find_map(|at| self.ends(node.link(at)))?;
        Some((start, end))
    }
}

/// What lies below a link, without believing anything that is known of it, or writing it down.
pub(super) fn extent<const N: usize, S: Store<N>>(store: &S, link: Link) -> Extent {
    let mut all = Extent::default();
    if let Some(node) = store.node(link.index()).filter(|_| !link.is_none()) {
        if link.level() == 0 {
            for entry in node.entries() {
                let ends = Some((entry.start, entry.end));
                all.push(Extent { ends, gap: 0 });
            }
        } else {
            (0..node.children()).for_each(|at| all.push(extent(store, node.link(at))));
        }
    }
    all
}

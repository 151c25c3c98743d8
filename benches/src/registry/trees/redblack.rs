//! An intrusive red-black tree: what is moved stays allocated.

use intrusive_collections::{Bound, KeyAdapter, RBTree, RBTreeLink, intrusive_adapter};
use rawmap_benches::failed;

use super::{
    Tree,
    known::Known,
    slots::{Move, Place},
};

struct Entry {
    link: RBTreeLink,
    start: usize,
    known: Known,
}

intrusive_adapter!(ByStart = Box<Entry>: Entry { link => RBTreeLink });

impl<'a> KeyAdapter<'a> for ByStart {
    type Key = usize;

    fn get_key(&self, entry: &'a Entry) -> usize {
        entry.start
    }
}

pub(crate) struct RedBlack {
    tree: RBTree<ByStart>,
}

impl Tree for RedBlack {
    type Found = (usize, Known);
    const NAME: &'static str = "rbtree";

    fn empty() -> Self {
        Self {
            tree: RBTree::new(ByStart::new()),
        }
    }

    #[inline(always)]
    fn find(&self, addr: usize) -> Option<(usize, Known)> {
        let entry = self.tree.upper_bound(Bound::Included(&addr)).get()?;
        (addr < entry.known.end).then_some((entry.start, entry.known))
    }

    fn place(found: &(usize, Known)) -> Place {
        found.1.place(found.0)
    }

    fn insert(&mut self, place: Place) {
        self.tree.insert(Box::new(Entry {
            link: RBTreeLink::new(),
            start: place.start,
            known: Known::of(place),
        }));
    }

    #[inline(always)]
    fn shift(&mut self, step: &Move) {
        let Some(mut entry) = self.tree.find_mut(&step.from.start).remove() else {
            failed()
        };
        if entry.known.end != step.from.end {
            failed();
        }
        entry.start = step.to.start;
        entry.known = Known::of(step.to);
        self.tree.insert(entry);
    }

    fn len(&self) -> usize {
        self.tree.iter().count()
    }
}

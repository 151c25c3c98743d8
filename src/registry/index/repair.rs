//! What a forked child may find half done.

use super::{Entry, Link, Store, Tree, control::each, gap::UNKNOWN};

impl<const N: usize> Tree<N> {
    /// Ends every entry where the next one starts, at the latest; forgets all gaps; and shows each link, and then each of
    /// its entries, to `visit`.
    ///
    /// The parent may have been about to let an entry grow over others, or to let one shrink in whose place others are
    /// already; see the second drawing in [the module](super). Either way what starts later counts.
    pub(crate) fn repair<S: Store<N>>(
        &self,
        store: &S,
        mut visit: impl FnMut(Link, Option<&Entry>),
    ) {
        repair(store, self.root(), &mut visit);
    }
}

fn repair<const N: usize, S: Store<N>>(
    store: &S,
    link: Link,
    visit: &mut impl FnMut(Link, Option<&Entry>),
) {
    let Some(node) = store.node(link.index()).filter(|_| !link.is_none()) else {
        return;
    };
    visit(link, None);
    if link.level() != 0 {
        for at in 0..node.children() {
            node.set_gap(at, UNKNOWN);
            repair(store, node.link(at), visit);
        }
        return;
    }
    let control = node.control();
    let mut slots = each(control.used()).peekable();
    while let Some(at) = slots.next() {
        if let Some(&next) = slots.peek()
            && node.end(at) > node.start(next)
        {
            node.set_end(at, node.start(next));
        }
        visit(link, Some(&node.entry(at, control)));
    }
}

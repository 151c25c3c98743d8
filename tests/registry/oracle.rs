//! What a registry has to say, page by page, and a series of operations that are made of bytes.

use std::ops::Range;

use rawmap::{
    Advice, BorrowedFd, Errno, Inherit, Prot,
    registry::{MapInfo, Registry},
    space::{AddressSpace, Attrs, Discard, Kind, MapRequest, MoveTo, Placement, Region, SyncMode},
};

use crate::page_array::{COUNT, FIRST, PAGE, Page, PageArray, Refusal, region};

/// How many bytes make an operation.
pub const BYTES: usize = 6;

const READ_WRITE: Prot = Prot::READ.union(Prot::WRITE);
const PROTECTIONS: [Prot; 4] = [
    Prot::NONE,
    Prot::READ,
    READ_WRITE,
    Prot::READ.union(Prot::EXEC),
];
const POLICIES: [Inherit; 3] = [Inherit::COPY, Inherit::NONE, Inherit::ZERO];

/// What is done.
#[derive(Clone, Copy, Debug)]
pub enum Operation {
    Map(Style, Where),
    MapOver(Style),
    Unmap,
    Protect(Prot),
    /// Pages to be, and where.
    Remap(usize, Where),
    Discard(Discard),
    Inherit(Inherit),
    Advise(Advice),
    Sync,
    Track(Style, u64),
    /// As many maps of a page each as the range has pages, none like its neighbour.
    TrackApart,
    Untrack,
    SetUser(u64),
    /// So many bytes more than there are; 0 is no limit.
    SetLimit(usize),
    FindGap(usize),
}

#[derive(Clone, Copy, Debug)]
pub enum Where {
    Anywhere,
    Hint,
    /// Where the range begins, or for a remap this page.
    Fixed(usize),
    InPlace,
}

/// How a new mapping is.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    shared: bool,
    offset: Option<u64>,
    prot: Prot,
    inherit: Inherit,
    conceal: bool,
}

/// An operation, the pages that it is about, by how much less than whole pages that is, and what is refused on the way.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    operation: Operation,
    at: usize,
    count: usize,
    slack: usize,
    refusal: Refusal,
    choice: usize,
}

impl Style {
    /// Half of all are alike, so that neighbours become one.
    fn of(byte: u8) -> Self {
        let plain = Self {
            shared: false,
            offset: None,
            prot: READ_WRITE,
            inherit: Inherit::COPY,
            conceal: false,
        };
        let file = Some(u64::from(byte >> 3) << 40);
        match byte & 7 {
            0..=3 => plain,
            4 => Self {
                prot: PROTECTIONS[usize::from(byte >> 3) % 4],
                ..plain
            },
            5 => Self {
                shared: byte & 8 != 0,
                inherit: POLICIES[usize::from(byte >> 4) % 2],
                conceal: true,
                ..plain
            },
            6 => Self {
                offset: file,
                ..plain
            },
            _ => Self {
                shared: true,
                offset: file,
                ..plain
            },
        }
    }

    fn request(self, len: usize) -> MapRequest<'static> {
        let request = match self.offset {
            // SAFETY: standard input, which nobody closes; the number is not used.
            Some(offset) => MapRequest::file(unsafe { BorrowedFd::from_raw(0) }, offset, len),
            None => MapRequest::anonymous(len),
        };
        request
            .prot(self.prot)
            // By which the array knows that it is not for the registry itself.
            .max_prot(READ_WRITE | Prot::EXEC)
            .shared(self.shared)
            .inherit(self.inherit)
            .conceal(self.conceal)
    }

    fn attrs(self) -> Attrs {
        self.request(PAGE).attrs()
    }
}

impl Step {
    /// Any bytes are a step.
    pub fn of(bytes: [u8; BYTES]) -> Self {
        let [kind, high, low, length, refusal, rest] = bytes;
        let at = (usize::from(high) << 8 | usize::from(low)) % COUNT;
        let length = usize::from(length);
        let count = match length {
            0..=199 => 1 + length % 12,
            200..=249 => 1 + length % 80,
            _ => COUNT / 2,
        };
        let count = count.min(COUNT - at);
        let place = match rest % 4 {
            0 => Where::Hint,
            1 => Where::Fixed(usize::from(rest) * 3 % COUNT),
            2 => Where::InPlace,
            _ => Where::Anywhere,
        };
        let style = Style::of(rest);
        let prot = PROTECTIONS[usize::from(rest) % 4];
        let user = u64::from(rest % 4);
        let operation = match kind % 32 {
            0..=3 => Operation::Map(Style::of(rest >> 2), place),
            4 => Operation::Map(style, Where::Fixed(at)),
            5..=6 => Operation::MapOver(style),
            7..=10 => Operation::Unmap,
            11..=14 => Operation::Protect(prot),
            15..=18 => Operation::Remap(1 + usize::from(rest >> 2) % 24, place),
            19 => Operation::Discard(if rest & 1 == 0 {
                Discard::Zero
            } else {
                Discard::Lazy
            }),
            20 => Operation::Inherit(POLICIES[usize::from(rest) % 3]),
            21 => Operation::Advise(
                [
                    Advice::DONTFORK,
                    Advice::DOFORK,
                    Advice::WIPEONFORK,
                    Advice::KEEPONFORK,
                    Advice::DONTDUMP,
                    Advice::DODUMP,
                    Advice::WILLNEED,
                ][usize::from(rest) % 7],
            ),
            22 => Operation::Sync,
            23..=24 => Operation::Track(style, user),
            25 | 30 => Operation::TrackApart,
            26 => Operation::Untrack,
            27..=28 => Operation::SetUser(user),
            29 => Operation::SetLimit(usize::from(rest & 63) * PAGE),
            _ => Operation::FindGap(1 + usize::from(rest)),
        };
        let refusal = match refusal % 16 {
            0 => Refusal::Call,
            1..=7 => Refusal::Protect {
                page: at + usize::from(rest >> 2) % count,
                to: prot,
                stubborn: refusal & 128 != 0,
            },
            _ => Refusal::Nothing,
        };
        Self {
            operation,
            at,
            count,
            slack: if low & 1 == 0 { 0 } else { usize::from(rest) },
            refusal,
            choice: usize::from(rest) * 7,
        }
    }

    fn region(&self) -> Region {
        region(self.at, self.count * PAGE - self.slack)
    }

    fn pages(&self) -> Range<usize> {
        self.at..self.at + self.count
    }

    fn addresses(&self) -> Range<usize> {
        FIRST + self.at * PAGE..FIRST + (self.at + self.count) * PAGE - self.slack
    }
}

/// What is known of a page, besides what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    user: u64,
    /// Which mapping it was made by, where that matters: 0 for private anonymous memory.
    identity: u64,
    prot_is_known: bool,
}

/// An entry as it has to be.
#[derive(Clone, Copy)]
struct Expected {
    pages: (usize, usize),
    page: Page,
    known: Known,
}

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub operations: u64,
    pub succeeded: u64,
    pub refused: u64,
    pub finds: u64,
    pub merged: u64,
    pub half_protected: u64,
    pub unknown_protections: u64,
    pub most_maps: usize,
}

/// The registry and what it should say.
pub struct Oracle {
    registry: Registry<PageArray>,
    known: Vec<Option<Known>>,
    identities: u64,
    limit: usize,
    pub counts: Counts,
}

impl Oracle {
    pub fn new() -> Self {
        Self {
            registry: Registry::new(PageArray::new()),
            known: vec![None; COUNT],
            identities: 0,
            limit: 0,
            counts: Counts::default(),
        }
    }

    fn array(&self) -> &PageArray {
        self.registry.space()
    }

    fn learn(&mut self, pages: Range<usize>, user: u64, prot_is_known: bool) {
        let page = self.array().page(pages.start).expect("mapped");
        let identity = if page.is_private_anonymous() {
            0
        } else {
            self.identities += 1;
            self.identities
        };
        self.known[pages].fill(Some(Known {
            user,
            identity,
            prot_is_known,
        }));
    }

    /// Does it, and looks at everything afterwards.
    pub fn step(&mut self, step: &Step) {
        let array = self.array();
        array.refuse(step.refusal);
        array.choose(step.choice);
        let calls = array.calls();
        let answer = self.operate(step);
        self.array().refuse(Refusal::Nothing);
        self.counts.operations += 1;
        match answer {
            Ok(()) => self.counts.succeeded += 1,
            Err(_) => self.counts.refused += 1,
        }
        let asked = self.array().calls() != calls;
        if let (Err(error), false, Refusal::Call) = (answer, asked, step.refusal) {
            assert_ne!(error, Errno::EAGAIN, "the space's error without asking it");
        }
        self.look(step);
    }

    /// Does the limit let through so many bytes, of which so many take the place of what is recorded?
    fn lets_through(&self, bytes: usize, replaced: usize) -> bool {
        let more = bytes.saturating_sub(replaced);
        self.limit == 0 || more == 0 || self.registry.mapped_bytes() + more <= self.limit
    }

    fn recorded(&self, pages: Range<usize>) -> usize {
        self.known[pages].iter().flatten().count() * PAGE
    }

    fn judge_limit<T>(&self, answer: &Result<T, Errno>, asked: bool, lets_through: bool) {
        if lets_through {
            assert!(
                asked || answer.is_ok() || answer.as_ref().err() == Some(&Errno::ENOTSUP),
                "the limit was not reached"
            );
        } else {
            assert_eq!(answer.as_ref().err(), Some(&Errno::ENOMEM), "the limit");
            assert!(!asked, "asked the space although the limit forbids it");
        }
    }

    fn operate(&mut self, step: &Step) -> Result<(), Errno> {
        let (region, pages) = (step.region(), step.pages());
        let calls = self.array().calls();
        let asked = |oracle: &Self| oracle.array().calls() != calls;
        match step.operation {
            Operation::Map(style, place) => {
                let request = style.request(region.len());
                let request = match place {
                    Where::Anywhere | Where::InPlace => request,
                    Where::Hint => request.placement(Placement::Hint(region.start())),
                    Where::Fixed(_) => request.placement(Placement::FixedNoReplace(region.start())),
                };
                let through = self.lets_through(step.count * PAGE, 0);
                let answer = self.registry.map(&request);
                self.judge_limit(&answer, asked(self), through);
                let new = answer?;
                assert_eq!(new.len(), step.count * PAGE);
                let at = (new.start() - FIRST) / PAGE;
                if matches!(place, Where::Fixed(_)) {
                    assert_eq!(at, step.at);
                }
                self.learn(at..at + step.count, 0, true);
                Ok(())
            }
            Operation::MapOver(style) => {
                let recorded = self.recorded(pages.clone());
                let through = self.lets_through(step.count * PAGE, recorded);
                // SAFETY: nobody goes there, here and below.
                let answer =
                    unsafe { self.registry.map_over(region, &style.request(region.len())) };
                self.judge_limit(&answer, asked(self), through);
                match answer {
                    Ok(_) => self.learn(pages, 0, true),
                    Err(_) => {
                        for at in pages {
                            if self.array().page(at).is_none() {
                                self.known[at] = None;
                            }
                        }
                    }
                }
                answer.map(drop)
            }
            Operation::Unmap => {
                // SAFETY: as above.
                let answer = unsafe { self.registry.unmap(region) };
                if answer.is_ok() {
                    self.known[pages].fill(None);
                }
                answer
            }
            Operation::Protect(prot) => self.protect(step, prot),
            Operation::Remap(count, place) => self.remap(step, count, place),
            Operation::Discard(how) => {
                let attrs = Attrs::new();
                // SAFETY: as above.
                unsafe { self.registry.discard(region, how, &attrs) }
            }
            // SAFETY: as above.
            Operation::Inherit(how) => unsafe { self.registry.inherit(region, how) },
            // SAFETY: as above.
            Operation::Advise(advice) => unsafe { self.registry.advise(region, advice) },
            Operation::Sync => self.registry.sync(region, SyncMode::Wait, false),
            Operation::Track(style, user) => self.track(pages, step.slack, style, user),
            Operation::TrackApart => {
                for at in pages {
                    let style = Style::of(0);
                    self.track(at..at + 1, 0, style, at as u64)?;
                }
                Ok(())
            }
            Operation::Untrack => {
                self.registry.untrack(step.addresses())?;
                self.known[pages].fill(None);
                Ok(())
            }
            Operation::SetUser(user) => {
                let entry = self
                    .expected()
                    .into_iter()
                    .find(|entry| entry.pages.0 <= pages.start && pages.end <= entry.pages.1);
                let answer = self.registry.set_user(step.addresses(), user);
                match entry {
                    Some(entry) => {
                        assert_eq!(answer, Ok(()));
                        self.learn(pages, user, entry.known.prot_is_known);
                    }
                    None => assert_eq!(answer, Err(Errno::ENOENT)),
                }
                answer
            }
            Operation::SetLimit(more) => {
                self.limit = if more == 0 {
                    0
                } else {
                    self.registry.mapped_bytes() + more
                };
                self.registry.set_limit(self.limit);
                Ok(())
            }
            Operation::FindGap(count) => {
                let align = 1 << (step.choice % 16);
                let within = step.addresses();
                let found = self
                    .registry
                    .find_gap(count * PAGE, align, within.clone())?;
                let fits = |at: &usize| {
                    let first = (at - FIRST) / PAGE;
                    at.is_multiple_of(align)
                        && at + count * PAGE <= within.end
                        && self.known[first..first + count].iter().all(Option::is_none)
                };
                let expected = within.clone().step_by(PAGE).find(fits);
                assert_eq!(found, expected, "find_gap");
                Ok(())
            }
        }
    }

    fn track(
        &mut self,
        pages: Range<usize>,
        slack: usize,
        style: Style,
        user: u64,
    ) -> Result<(), Errno> {
        // It counts in full, whatever it takes the place of.
        let through = self.lets_through(pages.len() * PAGE, 0);
        let attrs = style.attrs();
        let info = MapInfo::new(region(pages.start, pages.len() * PAGE - slack), &attrs);
        let answer = self.registry.track(info.with_user(user));
        assert_eq!(answer.is_ok(), through, "the limit: {answer:?}");
        answer?;
        self.array().put(pages.start, pages.len(), &attrs);
        self.learn(pages, user, true);
        Ok(())
    }

    fn protect(&mut self, step: &Step, prot: Prot) -> Result<(), Errno> {
        let pages = step.pages();
        let before = self.expected();
        let calls = self.array().calls();
        // SAFETY: nobody goes there.
        let answer = unsafe { self.registry.protect(step.region(), prot) };
        if pages.clone().any(|at| self.array().page(at).is_none()) {
            assert_eq!(answer, Err(Errno::ENOMEM), "a hole");
            assert_eq!(
                self.array().calls(),
                calls,
                "asked although there is a hole"
            );
            return answer;
        }
        let mut changed = pages.clone();
        if answer.is_err() {
            let Refusal::Protect { page, stubborn, .. } = step.refusal else {
                // It was the first call that failed: one by one, all are changed.
                assert_eq!((answer, step.refusal), (Err(Errno::EAGAIN), Refusal::Call));
                self.note_protected(changed);
                return answer;
            };
            // The entry that was refused, as much of it as lies in the range. What is not known is not tried once more.
            let refused = before
                .iter()
                .find(|entry| (entry.pages.0..entry.pages.1).contains(&page));
            let Some(refused) = refused else {
                self.note_protected(changed);
                return answer;
            };
            let part = refused.pages.0.max(pages.start)..refused.pages.1.min(pages.end);
            changed.end = part.start;
            // It gets back what it had, unless that is what was refused.
            if stubborn || !refused.known.prot_is_known || refused.page.prot == prot {
                for known in self.known[part].iter_mut().flatten() {
                    known.prot_is_known = false;
                }
                self.counts.unknown_protections += 1;
            }
            if !changed.is_empty() {
                self.counts.half_protected += 1;
            }
        }
        self.note_protected(changed);
        answer
    }

    fn note_protected(&mut self, pages: Range<usize>) {
        for known in self.known[pages].iter_mut().flatten() {
            known.prot_is_known = true;
        }
    }

    fn remap(&mut self, step: &Step, count: usize, place: Where) -> Result<(), Errno> {
        let pages = step.pages();
        let to = match place {
            Where::Anywhere | Where::Hint => MoveTo::Anywhere,
            Where::InPlace => MoveTo::InPlace,
            Where::Fixed(at) => MoveTo::FixedNoReplace(FIRST + at.min(COUNT - count) * PAGE),
        };
        let entries = self.expected();
        let entry = entries
            .iter()
            .find(|entry| (entry.pages.0..entry.pages.1).contains(&pages.start));
        let attrs = self
            .array()
            .page(pages.start)
            .map_or_else(Attrs::new, |page| page.attrs());
        let calls = self.array().calls();
        // What it was counts as recorded, whether it is or not.
        let through = self.lets_through(count * PAGE, pages.len() * PAGE);
        // SAFETY: nobody goes there.
        let answer = unsafe {
            self.registry
                .remap(step.region(), count * PAGE - step.slack, to, &attrs)
        };
        self.judge_limit(&answer, self.array().calls() != calls, through);
        let new = answer?;
        let at = (new.start() - FIRST) / PAGE;
        let (user, prot_is_known) = entry.map_or((0, true), |entry| {
            (entry.known.user, entry.known.prot_is_known)
        });
        if at == pages.start && count <= pages.len() {
            // It stays what it is.
            self.known[at + count..pages.end].fill(None);
            return Ok(());
        }
        self.known[pages].fill(None);
        if entry.is_none() {
            // Attributes cannot say more.
            self.array().keep_on_fork(at..at + count);
        }
        self.learn(at..at + count, user, prot_is_known);
        Ok(())
    }

    /// The entries that there have to be: the fewest.
    fn expected(&self) -> Vec<Expected> {
        let mut entries: Vec<Expected> = Vec::new();
        for at in 0..COUNT {
            let Some(known) = self.known[at] else {
                continue;
            };
            let page = self.array().page(at).expect("what is known is there");
            match entries.last_mut() {
                Some(last) if last.pages.1 == at && are_one(last, &page, &known) => {
                    last.pages.1 += 1;
                }
                _ => entries.push(Expected {
                    pages: (at, at + 1),
                    page,
                    known,
                }),
            }
        }
        entries
    }

    /// Looks at everything that the registry says.
    fn look(&mut self, step: &Step) {
        let registry = &self.registry;
        assert_eq!(registry.check(), Ok(()), "{step:?}");
        let expected = self.expected();
        let recorded = self.known.iter().flatten().count();
        self.counts.merged += (recorded - expected.len()) as u64;
        self.counts.most_maps = self.counts.most_maps.max(expected.len());
        assert_eq!(registry.len(), expected.len(), "{step:?}\n{registry}");
        assert_eq!(registry.is_empty(), expected.is_empty());
        assert_eq!(registry.mapped_bytes(), recorded * PAGE, "{step:?}");
        assert_eq!(registry.iter().count(), expected.len());
        for (info, entry) in registry.iter().zip(&expected) {
            self.compare(&info, entry);
        }
        let mut finds = 0;
        let mut from = 0;
        for entry in &expected {
            let (start, end) = (FIRST + entry.pages.0 * PAGE, FIRST + entry.pages.1 * PAGE);
            for hole in [from, (from + start) / 2, start - 1] {
                if hole >= from && hole < start {
                    assert_eq!(registry.find(hole), None, "{hole:#x}");
                    let next = registry.next(hole).expect("there is one above");
                    self.compare(&next, entry);
                    assert!(!registry.overlaps(hole..start));
                    assert!(registry.overlaps(hole..start + 1));
                }
            }
            for at in entry.pages.0..entry.pages.1 {
                for addr in [FIRST + at * PAGE, FIRST + at * PAGE + PAGE - 1] {
                    let found = registry.find(addr).expect("it is known");
                    self.compare(&found, entry);
                    assert_eq!(registry.next(addr), Some(found));
                    finds += 1;
                }
                let info = registry.find(FIRST + at * PAGE).expect("it is known");
                let page = self.array().page(at).expect("it is there");
                let offset = match info.kind() {
                    Kind::File { offset } => {
                        Some(offset + (FIRST + at * PAGE - info.start()) as u64)
                    }
                    _ => None,
                };
                assert_eq!(offset, page.offset, "the offset of page {at}");
            }
            from = end;
        }
        for beyond in [from, usize::MAX - 1, usize::MAX] {
            assert_eq!(registry.find(beyond), None);
            assert_eq!(registry.next(beyond), None);
        }
        self.counts.finds += finds;
    }

    fn compare(&self, info: &MapInfo, entry: &Expected) {
        let Expected { pages, page, known } = entry;
        assert_eq!(
            (info.start(), info.end()),
            (FIRST + pages.0 * PAGE, FIRST + pages.1 * PAGE)
        );
        assert_eq!(info.prot(), known.prot_is_known.then_some(page.prot));
        let kind = page
            .offset
            .map_or(Kind::Anonymous, |offset| Kind::File { offset });
        assert_eq!(
            (info.max_prot(), info.shared(), info.kind(), info.inherit()),
            (page.max_prot, page.shared, kind, page.inherit())
        );
        assert_eq!(
            (info.conceal(), info.user(), info.changing(), info.granule()),
            (page.conceal, known.user, false, PAGE)
        );
    }
}

/// Does a page belong to the entry that ends before it?
fn are_one(last: &Expected, page: &Page, known: &Known) -> bool {
    let facts = |page: &Page, known: &Known| {
        (
            known.prot_is_known.then_some(page.prot),
            page.max_prot,
            page.shared,
            page.offset.is_some(),
            (page.absent, page.wiped),
            page.conceal,
            known.user,
            known.identity,
        )
    };
    facts(&last.page, &last.known) == facts(page, known)
}

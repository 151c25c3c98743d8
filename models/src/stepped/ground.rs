//! A registry over the script, all of whose memory can be put back as it was.

use std::{collections::BTreeSet, fmt, ptr};

use crate::{
    Inherit, page_size,
    registry::{MapInfo, Registry},
    script::{self, Saved, Script},
};

/// The registry, at a place that stays.
#[derive(Clone, Copy)]
pub(crate) struct Ground {
    pub(crate) registry: &'static Registry<Script>,
}

/// Everything that an operation may change.
pub(crate) struct Snapshot {
    memory: Vec<(usize, Vec<u8>)>,
    script: Saved,
}

impl Ground {
    pub(crate) fn new() -> Self {
        script::begin(0x6000_0000_0000);
        Self {
            registry: Box::leak(Box::new(Registry::new(Script))),
        }
    }

    fn memory(&self) -> Vec<(usize, usize)> {
        let itself = ptr::from_ref(self.registry).expose_provenance();
        let mut memory = vec![(itself, size_of::<Registry<Script>>())];
        memory.extend(script::own());
        memory
    }

    pub(crate) fn save(&self) -> Snapshot {
        let bytes = |(start, len): (usize, usize)| {
            let mut bytes = vec![0; len];
            // SAFETY: the registry and what it mapped for itself stay, and there is one thread.
            unsafe {
                ptr::copy_nonoverlapping(
                    ptr::with_exposed_provenance::<u8>(start),
                    bytes.as_mut_ptr(),
                    len,
                );
            }
            (start, bytes)
        };
        Snapshot {
            memory: self.memory().into_iter().map(bytes).collect(),
            script: script::save(),
        }
    }

    pub(crate) fn restore(&self, snapshot: &Snapshot) {
        for (start, bytes) in &snapshot.memory {
            // SAFETY: as above; all of the registry is words that may change at any time.
            unsafe {
                ptr::copy_nonoverlapping(
                    bytes.as_ptr(),
                    ptr::with_exposed_provenance_mut::<u8>(*start),
                    bytes.len(),
                );
            }
        }
        script::restore(&snapshot.script);
    }

    /// What a forked child finds: the lock's page holds zeros, and some memory is not there.
    pub(crate) fn become_child(&self) {
        if let Some((start, len)) = script::own().first() {
            // SAFETY: as above.
            unsafe { ptr::write_bytes(ptr::with_exposed_provenance_mut::<u8>(*start), 0, *len) };
        }
        script::become_child();
    }

    pub(crate) fn entries(&self) -> Vec<MapInfo> {
        self.registry.iter().collect()
    }

    /// Is everything as it has to be, and is it what the kernel has?
    ///
    /// `when` says what was done.
    pub(crate) fn check(&self, when: impl fmt::Debug) {
        if let Err(violation) = self.registry.check() {
            panic!("{violation}, after {when:?}");
        }
        let mut pages = script::pages();
        let foreign = script::foreign();
        let mut last: Option<MapInfo> = None;
        for info in self.registry.iter() {
            for page in (info.start()..info.end()).step_by(page_size()) {
                let Some(known) = pages.remove(&page) else {
                    panic!("{page:#x} of {info} is not mapped, after {when:?}");
                };
                if let Some(prot) = info.prot() {
                    assert_eq!(prot, known.prot, "{page:#x} of {info}, after {when:?}");
                }
                assert_eq!(
                    info.inherit(),
                    known.inherit,
                    "{page:#x} of {info}, after {when:?}"
                );
                assert_eq!(
                    info.shared(),
                    known.shared,
                    "{page:#x} of {info}, after {when:?}"
                );
            }
            assert!(
                !info.changing(),
                "{info} after everything is over: {when:?}"
            );
            if let Some(last) = last.replace(info) {
                let is_one = last.end() == info.start()
                    && !info.shared()
                    && matches!(info.kind(), crate::space::Kind::Anonymous)
                    && facts(&last) == facts(&info);
                assert!(!is_one, "{last} and {info} are not one, after {when:?}");
            }
        }
        let unknown: BTreeSet<_> = pages.into_keys().collect();
        let unknown: Vec<_> = unknown.difference(&foreign).collect();
        assert!(unknown.is_empty(), "unknown: {unknown:x?}, after {when:?}");
    }
}

/// What is said of a mapping besides its range and what is being done to it.
pub(crate) fn facts(info: &MapInfo) -> impl PartialEq + use<> {
    let kind = match info.kind() {
        crate::space::Kind::File { offset } => Some(offset.wrapping_sub(info.start() as u64)),
        _ => None,
    };
    let inherit: Inherit = info.inherit();
    (
        info.prot(),
        info.max_prot(),
        info.shared(),
        kind,
        inherit,
        info.conceal(),
        info.granule(),
        info.user(),
    )
}

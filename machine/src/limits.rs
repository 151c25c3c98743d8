//! What a process may have at most.

/// No limit: the same number on both systems.
pub(crate) const INFINITY: u64 = i64::MAX as u64;

/// The number of a limit on both systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    Data = 2,
    Stack = 3,
    LockedMemory = 6,
    Descriptors = 8,
    AddressSpace = 10,
}

/// What holds now, and what the process may raise it to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) current: u64,
    pub(crate) maximum: u64,
}

/// All limits of a process, by their numbers.
#[derive(Clone, Debug)]
pub(crate) struct Limits(Vec<Limit>);

impl Limits {
    /// `count` limits, infinite but for those that are given.
    pub(crate) fn new(count: usize, finite: &[(Resource, Limit)]) -> Self {
        let infinite = Limit {
            current: INFINITY,
            maximum: INFINITY,
        };
        let mut limits = vec![infinite; count];
        for &(resource, limit) in finite {
            limits[resource as usize] = limit;
        }
        Self(limits)
    }

    pub(crate) fn current(&self, resource: Resource) -> u64 {
        self.0[resource as usize].current
    }

    pub(crate) fn maximum(&self, resource: Resource) -> u64 {
        self.0[resource as usize].maximum
    }

    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut Limit> {
        self.0.get_mut(usize::try_from(number).ok()?)
    }
}

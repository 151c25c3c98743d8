//! Limits on what a process may use.

use crate::{
    call::{self, call},
    number,
};

/// What is limited.
#[derive(Clone, Copy)]
pub enum Resource {
    /// The size of a core dump.
    Core,
    /// Locked memory.
    LockedMemory,
    /// The address space.
    AddressSpace,
}

impl Resource {
    const fn number(self) -> usize {
        let linux = cfg!(target_os = "linux");
        match self {
            Self::Core => 4,
            Self::LockedMemory if linux => 8,
            Self::LockedMemory => 6,
            Self::AddressSpace if linux => 9,
            Self::AddressSpace => 10,
        }
    }
}

/// The limit in force, and the one up to which a process may raise it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Limit {
    /// The one in force.
    pub current: u64,
    /// The highest.
    pub maximum: u64,
}

fn limit(number: usize, resource: Resource, limit: *mut Limit) -> Result<(), i32> {
    let arguments = [resource.number(), limit.expose_provenance(), 0, 0, 0, 0, 0];
    // SAFETY: the kernel reads or writes a limit.
    call::result(unsafe { call(number, arguments) }).map(drop)
}

/// The limit on a resource.
///
/// # Errors
///
/// The kernel's number.
pub fn get(resource: Resource) -> Result<Limit, i32> {
    let mut found = Limit {
        current: 0,
        maximum: 0,
    };
    limit(number::GETRLIMIT, resource, &raw mut found)?;
    Ok(found)
}

/// Sets the limit in force, and leaves the highest one as it is.
///
/// # Errors
///
/// The kernel's number.
pub fn set_current(resource: Resource, current: u64) -> Result<(), i32> {
    let mut wanted = get(resource)?;
    wanted.current = current;
    limit(number::SETRLIMIT, resource, &raw mut wanted)
}

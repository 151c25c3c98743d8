//! Who a process acts for.

/// The superuser.
pub(crate) const ROOT: u32 = 0;

/// The users and groups of a process: the real, the effective and the saved one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Credentials {
    pub(crate) real: u32,
    pub(crate) effective: u32,
    pub(crate) saved: u32,
    pub(crate) real_group: u32,
    pub(crate) effective_group: u32,
}

impl Credentials {
    pub(crate) fn is_privileged(&self) -> bool {
        self.effective == ROOT
    }

    pub(crate) fn may_signal(&self, other: &Self) -> bool {
        self.is_privileged()
            || [self.real, self.effective]
                .iter()
                .any(|user| [other.real, other.saved].contains(user))
    }

    /// Whether a file with this mode and owner lets itself be used in the ways of `wanted`: 4 to read, 2 to write.
    pub(crate) fn may_access(&self, mode: u32, owner: u32, wanted: u32) -> bool {
        let allowed = if self.effective == owner {
            mode >> 6
        } else {
            mode
        };
        self.is_privileged() || allowed & wanted == wanted
    }
}

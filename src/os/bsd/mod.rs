//! What FreeBSD and NetBSD have in common.

pub(super) mod contents;
pub(super) mod inheritance;
pub(super) mod placement;
pub(super) mod sysctl;

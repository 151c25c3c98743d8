//! What a forked child finds.

open_values! {
    /// What a forked child finds in a range: the argument of [`minherit`](crate::raw::minherit).
    ///
    /// An open list: [`from_raw`](Self::from_raw) takes values that this crate has no name for. `ZERO` is 3 on FreeBSD
    /// and 4 on NetBSD, where 3 is `DONATE_COPY`. Linux has no minherit; there the numbers are this crate's own, and
    /// stand for what Linux does by advice (`DONTFORK`, `WIPEONFORK`).
    pub struct Inherit, "INHERIT_" {
        /// The same pages as the parent: each sees the other's stores.
        ///
        /// **Systems:** FreeBSD, NetBSD; nothing on Linux does this.
        SHARE = INHERIT_SHARE;
        /// A copy of what the parent has at the moment of the fork, which is what private mappings begin with.
        ///
        /// **Systems:** FreeBSD, NetBSD. On Linux for what advice does (`DOFORK`).
        COPY = INHERIT_COPY;
        /// Nothing: the range is unmapped.
        ///
        /// **Systems:** FreeBSD, NetBSD. On Linux for what advice does (`DONTFORK`).
        NONE = INHERIT_NONE;
        /// Zeros.
        ///
        /// **Systems:** FreeBSD, since 12.0; NetBSD, since 7.0. On Linux for what advice does (`WIPEONFORK`).
        ZERO = INHERIT_ZERO;
        /// Has never been made: the kernel refuses it with `EINVAL`.
        ///
        /// **Systems:** NetBSD.
        #[cfg(target_os = "netbsd")]
        DONATE_COPY = INHERIT_DONATE_COPY;
    }
}

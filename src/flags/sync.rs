//! Synchronisation of file mappings.

flags! {
    /// How [`msync`](crate::raw::msync) brings a mapping and its file together.
    ///
    /// The numbers are not the same everywhere, and neither is what the kernels refuse: Linux and NetBSD answer
    /// `EINVAL` for `ASYNC` with `SYNC`, FreeBSD for `ASYNC` with `INVALIDATE`; an empty set is nothing on Linux,
    /// `SYNC` on FreeBSD and `EINVAL` on NetBSD.
    #[derive(Debug)]
    pub struct SyncFlags: u32, "MS_" {
        /// Start writing and return. On Linux since 2.6.19 it does nothing, since the kernel writes changed pages
        /// anyway.
        ///
        /// **Systems:** all.
        ASYNC = MS_ASYNC;
        /// Make other mappings and readers of the file see the change, on systems where they do not already.
        /// `EBUSY` over locked memory on Linux. Alone it implies `SYNC` on NetBSD.
        ///
        /// **Systems:** all.
        INVALIDATE = MS_INVALIDATE;
        /// Write and return when it is done. FreeBSD's value is 0: there every set contains it.
        ///
        /// **Systems:** all.
        SYNC = MS_SYNC;
    }
}

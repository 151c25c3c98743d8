//! Locking of everything.

flags! {
    /// What [`mlockall`](crate::raw::mlockall) locks into memory.
    #[derive(Debug)]
    pub struct LockAllFlags: u32, "MCL_" {
        /// All that is mapped now.
        ///
        /// **Systems:** all.
        CURRENT = MCL_CURRENT;
        /// All that will be mapped.
        ///
        /// **Systems:** all.
        FUTURE = MCL_FUTURE;
        /// Pages are locked when they are first touched, not at once. Alone it is `EINVAL`.
        ///
        /// **Systems:** Linux, since 4.4.
        #[cfg(target_os = "linux")]
        ONFAULT = MCL_ONFAULT;
    }
}

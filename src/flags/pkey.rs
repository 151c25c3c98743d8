//! Protection keys.

flags! {
    /// What a protection key denies to the thread whose rights hold it.
    ///
    /// **Systems:** Linux, since 4.9 on x86_64 and 6.12 on aarch64, on processors that have such keys.
    #[derive(Debug)]
    pub struct PkeyFlags: u32, "PKEY_" {
        /// Any access.
        ///
        /// **Systems:** Linux.
        DISABLE_ACCESS = PKEY_DISABLE_ACCESS;
        /// Writing.
        ///
        /// **Systems:** Linux.
        DISABLE_WRITE = PKEY_DISABLE_WRITE;
        /// Executing.
        ///
        /// **Systems:** Linux on aarch64.
        #[cfg(target_arch = "aarch64")]
        DISABLE_EXECUTE = PKEY_DISABLE_EXECUTE;
        /// Reading.
        ///
        /// **Systems:** Linux on aarch64.
        #[cfg(target_arch = "aarch64")]
        DISABLE_READ = PKEY_DISABLE_READ;
    }
}

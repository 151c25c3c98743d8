//! What mincore says of a page.

flags! {
    /// What [`mincore`](crate::raw::mincore) stores for a page: one byte.
    ///
    /// ```
    /// use rawmap::ResidencyFlags;
    ///
    /// let byte = 1;
    /// assert!(ResidencyFlags::from_bits_retain(byte).contains(ResidencyFlags::INCORE));
    /// ```
    #[derive(Debug)]
    pub struct ResidencyFlags: u8, "MINCORE_" {
        /// The page is in memory. Linux and NetBSD say nothing else; other bits of theirs mean nothing.
        ///
        /// **Systems:** all.
        INCORE = MINCORE_INCORE;
        /// This process used the page.
        ///
        /// **Systems:** FreeBSD.
        #[cfg(target_os = "freebsd")]
        REFERENCED = MINCORE_REFERENCED;
        /// This process changed the page.
        ///
        /// **Systems:** FreeBSD.
        #[cfg(target_os = "freebsd")]
        MODIFIED = MINCORE_MODIFIED;
        /// Somebody used the page.
        ///
        /// **Systems:** FreeBSD.
        #[cfg(target_os = "freebsd")]
        REFERENCED_OTHER = MINCORE_REFERENCED_OTHER;
        /// Somebody changed the page.
        ///
        /// **Systems:** FreeBSD.
        #[cfg(target_os = "freebsd")]
        MODIFIED_OTHER = MINCORE_MODIFIED_OTHER;
        /// Both bits that tell of a large page; which of them are set tells its size, so ask whether they
        /// [intersect](Self::intersects).
        ///
        /// **Systems:** FreeBSD.
        #[cfg(target_os = "freebsd")]
        SUPER = MINCORE_SUPER;
    }
}

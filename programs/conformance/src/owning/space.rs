//! The address spaces that rows work in, what they need there, and what they expect.

use rawmap::{
    Errno,
    mapping::{Builder, Error, RangeError, RequestError},
    page_size, raw,
    registry::Registry,
    space::{AddressSpace, Kernel, MapRequest, Placement},
};

use crate::{
    pages::{FRESH, Pages, WRITTEN},
    report::Unable,
};

/// Either of the two, behind one type.
pub(super) type Space = &'static dyn AddressSpace;

/// A page's first byte, where a row wrote to it.
pub(super) const W: Option<u8> = Some(WRITTEN);
/// A page's first byte, where nobody did.
pub(super) const F: Option<u8> = Some(FRESH);

/// The call succeeds.
pub(super) const DONE: Result<(), Error> = Ok(());

/// The system refuses it.
pub(super) const fn os(error: Errno) -> Result<(), Error> {
    Err(Error::Os(error))
}

/// The request makes no sense.
pub(super) const fn request(error: RequestError) -> Result<(), Error> {
    Err(Error::Request(error))
}

/// The range is wrong.
pub(super) const fn range(error: RangeError) -> Result<(), Error> {
    Err(Error::Range(error))
}

/// An answer without what came, which is dropped.
pub(super) fn answer<T>(came: Result<T, impl Into<Error>>) -> Result<(), Error> {
    came.map(drop).map_err(Into::into)
}

/// What a row needs.
pub(super) fn needed<T>(came: Result<T, impl Into<Error>>) -> Result<T, Unable> {
    came.map_err(|error| match error.into() {
        Error::Os(error) => Unable::to("an owned mapping", error),
        _ => Unable::to("an owned mapping that makes sense", Errno::EINVAL),
    })
}

/// Straight to the kernel, and recorded.
pub(super) fn spaces() -> [(&'static str, Space); 2] {
    let registry = Registry::global();
    // What a registry maps for itself may go anywhere: it does so before a row looks for a free place.
    if let Ok(region) = registry.map(&MapRequest::anonymous(1)) {
        // SAFETY: it was made just now.
        let _ = unsafe { registry.unmap(region) };
    }
    [("kernel", &Kernel), ("registry", registry)]
}

/// So many free pages between two that are written: the first and the last of them.
pub(super) fn between(count: usize) -> Result<Pages, Unable> {
    let pages = Pages::private(count + 2)?;
    // SAFETY: the row's own pages.
    unsafe {
        pages.fill();
        raw::munmap(pages.page(1), count * page_size())
            .map_err(|error| Unable::to("munmap of a place that is to be free", error))?;
    }
    Ok(pages)
}

/// So many bytes of private memory at a page of these.
pub(super) fn at(pages: &Pages, page: usize, len: usize) -> Builder<'static> {
    Builder::anonymous(len).placement(Placement::FixedNoReplace(pages.page(page).addr()))
}

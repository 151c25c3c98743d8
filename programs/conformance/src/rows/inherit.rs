//! What a forked child finds.

use rawmap::{Inherit, page_size, raw};
use rawmap_bare::process::Ended;

use crate::{
    fault,
    pages::{Pages, WRITTEN},
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[(107, inherited)];

/// A written page, and what the kernel says to a policy for it.
fn with_policy(policy: Inherit) -> Result<(Pages, rawmap::Result<()>), Unable> {
    let pages = Pages::private(1)?;
    // SAFETY: the row's own page.
    unsafe { pages.fill() };
    // SAFETY: children expect what this policy gives them.
    let came = unsafe { raw::minherit(pages.start, page_size(), policy) };
    Ok((pages, came))
}

#[cfg(not(target_os = "linux"))]
fn inherited(row: &Row<'_>) -> Result<(), Unable> {
    use crate::{
        answer::{DONE, EINVAL},
        fault::STORED,
        pages::FRESH,
    };

    let gives = |byte| Ended::Exited(byte);
    for (what, policy, expected, child) in [
        ("SHARE", Inherit::SHARE, DONE, gives(WRITTEN)),
        ("COPY", Inherit::COPY, DONE, gives(WRITTEN)),
        ("NONE", Inherit::NONE, DONE, fault::SEGMENTATION_FAULT),
        ("ZERO", Inherit::ZERO, DONE, gives(FRESH)),
        (
            "an unknown policy",
            Inherit::from_raw(99),
            EINVAL,
            gives(WRITTEN),
        ),
        #[cfg(target_os = "netbsd")]
        ("DONATE_COPY", Inherit::DONATE_COPY, EINVAL, gives(WRITTEN)),
        #[cfg(target_os = "freebsd")]
        ("policy 4", Inherit::from_raw(4), EINVAL, gives(WRITTEN)),
    ] {
        let (pages, came) = with_policy(policy)?;
        let found = fault::load(pages.start);
        row.is(what, (came, found), (expected, child));
    }
    for (what, policy, byte) in [
        ("a child's store, SHARE", Inherit::SHARE, STORED),
        ("a child's store, COPY", Inherit::COPY, WRITTEN),
        ("a child's store, ZERO", Inherit::ZERO, WRITTEN),
    ] {
        let (pages, _) = with_policy(policy)?;
        let stored = fault::store(pages.start);
        // SAFETY: the row's own page.
        let came = unsafe { pages.read(0) };
        row.is(what, (stored, came), (Ended::Exited(0), byte));
    }
    Ok(())
}

/// Linux has no minherit, and says part of it by advice.
#[cfg(target_os = "linux")]
fn inherited(row: &Row<'_>) -> Result<(), Unable> {
    use rawmap::{Advice, Errno};

    let (pages, came) = with_policy(Inherit::COPY)?;
    row.is("there is no minherit", came, Err(Errno::ENOSYS));
    for (what, advice, child) in [
        ("DONTFORK", Advice::DONTFORK, fault::SEGMENTATION_FAULT),
        ("DOFORK", Advice::DOFORK, Ended::Exited(WRITTEN)),
    ] {
        // SAFETY: children expect what this advice gives them.
        let came = unsafe { raw::madvise(pages.start, page_size(), advice) };
        row.is(what, (came, fault::load(pages.start)), (Ok(()), child));
    }
    let stored = fault::store(pages.start);
    // SAFETY: the row's own page.
    let came = unsafe { pages.read(0) };
    row.is(
        "a child's store",
        (stored, came),
        (Ended::Exited(0), WRITTEN),
    );
    Ok(())
}

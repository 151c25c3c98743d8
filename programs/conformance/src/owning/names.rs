//! Names, and mappings that are sealed.

use rawmap::{
    Errno,
    mapping::{Builder, Error, Mapping, RequestError},
    page_size, raw,
};
use rawmap_bare::process::Ended;

use super::space::{DONE, answer, needed, os, request, spaces};
use crate::{
    answer::by_system,
    fault,
    layout::{Layout, mapped},
    report::{Ask, Row, Unable},
};

pub(super) const ROWS: &[(u32, Ask)] = &[(593, names), (594, sealed)];

/// As many as the kernel takes.
const LONGEST: &str =
    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn";
const TOO_LONG: &str =
    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn";

fn names(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    for (space, of) in spaces() {
        let mapping = needed(Mapping::anonymous_in(of, page))?;
        for (what, name, error) in [
            ("a zero", "a\0b", RequestError::NameZero),
            ("80 bytes", TOO_LONG, RequestError::NameTooLong),
            ("a bracket", "a[b", RequestError::NameCharacter),
            ("a line's end", "a\n", RequestError::NameCharacter),
            ("no ASCII", "\u{e4}", RequestError::NameCharacter),
        ] {
            let builder = Builder::anonymous(page).name(name);
            let came = [mapping.set_name(name), answer(builder.map_in(of))];
            row.is(format_args!("{space}, {what}"), came, [request(error); 2]);
        }
        for (what, name) in [
            ("a name", "a heap (7)"),
            ("none", ""),
            ("79 bytes", LONGEST),
        ] {
            let named = needed(Builder::anonymous(page).name(name).map_in(of))?;
            row.is(
                format_args!("{space}, made with {what}"),
                fault::store(named.region().as_ptr()),
                Ended::Exited(0),
            );
        }
        let object = needed(Builder::object(page).name("object").map_in(of))?;
        row.is(
            format_args!("{space}, for an object"),
            object.set_name("another"),
            os(Errno::ENOTSUP),
        );
    }
    if cfg!(target_os = "linux") && name_by_kernel(page)? == os(Errno::ENOTSUP) {
        row.skip("names", "this kernel was built without names of memory");
        return Ok(());
    }
    let expected = by_system(DONE, os(Errno::ENOTSUP), os(Errno::ENOTSUP));
    for (space, of) in spaces() {
        let mapping = needed(Mapping::anonymous_in(of, page))?;
        let came = ["a heap (7)", LONGEST, ""].map(|name| mapping.set_name(name));
        row.is(format_args!("{space}, names"), came, [expected; 3]);
    }
    Ok(())
}

/// Whether the kernel takes any name.
fn name_by_kernel(len: usize) -> Result<Result<(), Error>, Unable> {
    Ok(needed(Mapping::anonymous(len))?.set_name("name"))
}

fn sealed(row: &Row<'_>) -> Result<(), Unable> {
    let page = page_size();
    let mapping = needed(Builder::anonymous(page).guards(page, page).map())?;
    let start = mapping.region().as_ptr().wrapping_byte_sub(page);
    match mapping.seal() {
        Ok(region) => {
            row.is("what is left", region.as_ptr().addr(), start.addr() + page);
            // SAFETY: the row's own pages, which nothing refers to.
            let came = [0, 1, 2]
                .map(|index| unsafe { raw::munmap(start.wrapping_byte_add(index * page), page) });
            row.is("nobody unmaps it", came, [Err(Errno::EPERM); 3]);
            row.is(
                "it can be written",
                fault::store(region.as_ptr()),
                Ended::Exited(0),
            );
        }
        Err(refused) => {
            let error = refused.error();
            let mapping = refused.into_owner();
            row.is(
                "the mapping comes back",
                (mapping.len(), fault::store(mapping.region().as_ptr())),
                (page, Ended::Exited(0)),
            );
            drop(mapping);
            row.is("dropped", mapped(start, 3), Layout::of("..."));
            if cfg!(target_os = "linux") && error == Errno::ENOTSUP.into() {
                row.skip("seal", "this kernel is older than Linux 6.10");
            } else {
                row.is("seal", Err(error), os(Errno::ENOTSUP));
            }
        }
    }
    Ok(())
}

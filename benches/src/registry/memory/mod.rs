//! How much memory the registry has for a mapping: all that it mapped for itself and that is present, and its own value,
//! divided by the number of mappings that it knows and could not merge.
//!
//! The kernel's own choice of huge pages for such memory counts.

mod observed;

use anyhow::{Result, ensure};
use rawmap::{
    registry::{MapInfo, Registry},
    space::{Attrs, Kind, Region},
};

use crate::{
    report::{Limit, Report},
    trees::{
        registered::{empty, info, track, untrack},
        slots::{Place, Slots},
    },
};
use observed::Observed;

/// What is known of a place.
type Describe = fn(Place) -> MapInfo;

/// As in the other figures.
fn anonymous(place: Place) -> MapInfo {
    info(place)
}

/// With an offset, and a word of the program's own.
fn of_file(place: Place) -> MapInfo {
    let info = info(place);
    let attrs: Attrs = info.attrs().with_kind(Kind::File {
        offset: (place.start >> 3) as u64 & !0xfff,
    });
    let Some(region): Option<Region> = info.region() else {
        rawmap_benches::failed()
    };
    MapInfo::new(region, &attrs).with_user(place.start as u64)
}

pub(crate) fn measure(report: &mut Report, quick: bool) -> Result<()> {
    for maps in [10_000, 1_000_000] {
        if maps > 10_000 && quick {
            continue;
        }
        let (whole, tenth) = bytes_a_map(report, maps, "anonymous", anonymous)?;
        let (of_files, _) = bytes_a_map(report, maps, "file_user", of_file)?;
        let key = "registry.bytes_per_map";
        report.add(format!("{key}.{maps}"), whole, Limit::AtMost(64.0));
        let file = format!("{key}.file_user.{maps}");
        report.add(file, of_files, Limit::AtMost(128.0));
        let after = format!("{key}.after_deletion.{maps}");
        report.add(after, tenth, Limit::AtMost(256.0));
    }
    Ok(())
}

/// After every mapping was forgotten and recorded elsewhere once, at random; and after nine of ten were forgotten.
fn bytes_a_map(
    report: &mut Report,
    maps: usize,
    what: &str,
    describe: Describe,
) -> Result<(f64, f64)> {
    let mut slots = Slots::new(maps);
    let registry = empty(Observed::default());
    let mut done = 0u64;
    for place in slots.shuffled() {
        track(&registry, describe(place));
        done += 1;
    }
    // Each of them goes from home, and back again.
    for step in slots.moves(2 * maps, 0..maps) {
        untrack(&registry, step.from);
        track(&registry, describe(step.to));
        done += 2;
    }
    for place in &slots.homes {
        let expected = describe(*place);
        ensure!(
            registry.find(place.end - 1) == Some(expected),
            "{expected} is not what is found"
        );
    }
    let whole = a_map(&registry, maps)?;
    let left = maps / 10;
    for place in &slots.shuffled()[left..] {
        untrack(&registry, *place);
        done += 1;
    }
    let tenth = a_map(&registry, left)?;
    report.done(format!("registry.done.memory.{what}.{maps}"), done)?;
    Ok((whole, tenth))
}

fn a_map(registry: &Registry<Observed>, maps: usize) -> Result<f64> {
    ensure!(registry.len() == maps, "not every mapping is known");
    if let Err(violation) = registry.check() {
        anyhow::bail!("the registry is not in order: {violation:?}");
    }
    let bytes = registry.space().resident()? + size_of_val(registry);
    Ok(bytes as f64 / maps as f64)
}

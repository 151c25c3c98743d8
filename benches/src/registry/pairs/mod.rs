//! Pairs of map and unmap among ten thousand live mappings.

mod bare;
mod counted;
mod forms;
mod ring;
mod world;

use anyhow::{Result, ensure};
use rawmap::{registry::Registry, space::Kernel};

use crate::{
    report::{Limit, Report},
    rounds::{Form, fastest},
};
use forms::{Bare, Locked};
use ring::{Merging, Plan, STEPS};
use world::{LIVE, SIZES};

pub(crate) use counted::{COUNTED, count, prepare_count};

static REGISTRY: Registry = Registry::new(Kernel);

/// The registry, told that its threads have thread-local storage.
fn registry() -> &'static Registry {
    // SAFETY: nobody else is using it now, and the standard library made every thread.
    unsafe { REGISTRY.identify_by_thread_pointer() };
    &REGISTRY
}

pub(crate) fn measure(report: &mut Report, quick: bool) -> Result<()> {
    let registry = registry();
    let locked = Locked::default();
    world::make(registry, &locked)?;
    let locked = &locked;

    let [small, medium, large] = SIZES;
    let plans = [
        ("4k", Plan::new(registry, small, Merging::Half)),
        ("4k.all_merging", Plan::new(registry, small, Merging::All)),
        (
            "4k.never_merging",
            Plan::new(registry, small, Merging::Never),
        ),
        ("1m", Plan::new(registry, medium, Merging::Half)),
        ("1g", Plan::new(registry, large, Merging::Half)),
    ];
    let mut shares = Vec::new();
    for (name, plan) in &plans {
        let merged = plan.merged(registry, || registry.len());
        shares.push((*name, merged as f64 / STEPS as f64));
        in_order(registry, locked)?;
    }

    let mut forms: Vec<Form<'_>> = Vec::new();
    for (_, plan) in &plans {
        forms.push(Box::new(|| plan.time(&Bare)));
        forms.push(Box::new(|| plan.time(registry)));
    }
    let usual = &plans[0].1;
    forms.push(Box::new(|| usual.time(locked)));
    forms.push(Box::new(|| {
        // SAFETY: nobody else is using it now.
        unsafe { registry.identify_by_kernel() };
        let time = usual.time(registry);
        // SAFETY: as above, and in `registry`.
        unsafe { registry.identify_by_thread_pointer() };
        time
    }));
    let rounds = if quick { 40 } else { 300 };
    let times = fastest(rounds, &mut forms);
    let count = rounds * forms.len() * STEPS;
    drop(forms);
    in_order(registry, locked)?;

    let nanoseconds = |time: f64| time / STEPS as f64 * 1e9;
    let (pairs, others) = times.split_at(2 * plans.len());
    let [bare, ours] = [pairs[0], pairs[1]];
    let [mutex, by_kernel] = [others[0], others[1]];
    let overhead = nanoseconds(ours - bare);
    let within = (overhead + 60.0).max(overhead * 1.25);
    for ((name, _), times) in plans.iter().zip(pairs.chunks_exact(2)) {
        let ratio = times[1] / times[0];
        let limit = match *name {
            "4k" => Limit::AtMostAim(1.25, 1.1),
            _ => Limit::None,
        };
        report.add(format!("registry.pair.{name}"), ratio, limit);
    }
    let key = |name: &str| format!("registry.pair.4k.{name}");
    report.add(key("mutex_btreemap"), mutex / bare, Limit::None);
    report.add(
        key("over_mutex"),
        (ours - bare) / (mutex - bare),
        Limit::AtMost(2.0),
    );
    report.add(key("tid"), by_kernel / bare, Limit::AtMost(1.35));
    for ((name, _), times) in plans.iter().zip(pairs.chunks_exact(2)) {
        let limit = match *name {
            "1m" | "1g" => Limit::AtMost(within),
            _ => Limit::None,
        };
        let key = format!("registry.pair.overhead_ns.{name}");
        report.add(key, nanoseconds(times[1] - times[0]), limit);
    }
    let key = |name: &str| format!("registry.pair.overhead_ns.4k.{name}");
    report.add(
        key("mutex_btreemap"),
        nanoseconds(mutex - bare),
        Limit::None,
    );
    report.add(key("tid"), nanoseconds(by_kernel - bare), Limit::None);
    report.add("registry.pair.bare_ns.4k", nanoseconds(bare), Limit::None);
    for (name, share) in shares {
        report.add(format!("registry.pair.merged.{name}"), share, Limit::None);
    }
    report.done("registry.done.pairs", count as u64)
}

/// Only the live mappings are left, in both.
fn in_order(registry: &Registry, locked: &Locked) -> Result<()> {
    ensure!(registry.len() == LIVE, "a test mapping is still known");
    ensure!(locked.len() == LIVE, "a test mapping is in the map");
    if let Err(violation) = registry.check() {
        anyhow::bail!("the registry is not in order: {violation:?}");
    }
    Ok(())
}

//! Parts and models as processes: what fails ends one, and what hangs is ended.

use std::{
    collections::BTreeMap,
    env,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    parts::{self, MODELS},
    site::{self, Mutant, Site},
};

/// The longest that anything here may take.
const PATIENCE: Duration = Duration::from_secs(60);
const LONG_PATIENCE: Duration = Duration::from_secs(3600);

fn patience(is_long: bool) -> Duration {
    if is_long { LONG_PATIENCE } else { PATIENCE }
}

/// This program again.
fn itself(arguments: &[&str], is_long: bool) -> Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args(arguments).env("RUST_BACKTRACE", "0");
    if is_long {
        command.arg("--long");
    }
    Ok(command)
}

/// Runs a part.
pub(crate) fn part(name: &str, is_long: bool) -> Result<()> {
    let status = itself(&[name], is_long)?.status()?;
    ensure!(status.success(), "{name} failed");
    Ok(())
}

/// The orders that each model comes to.
pub(crate) type Places = BTreeMap<String, (String, Vec<&'static str>)>;

/// How a process ended.
struct Ended {
    success: bool,
    /// It was ended.
    late: bool,
    output: String,
}

fn end(mut child: Child, by: Instant) -> Result<Ended> {
    let mut late = false;
    while child.try_wait()?.is_none() {
        if Instant::now() > by {
            child.kill()?;
            late = true;
            break;
        }
        thread::park_timeout(Duration::from_millis(5));
    }
    let output = child.wait_with_output()?;
    Ok(Ended {
        success: output.status.success(),
        late,
        output: String::from_utf8_lossy(&output.stdout).into_owned(),
    })
}

fn model_process(name: &str, without: Option<&str>, is_long: bool) -> Result<Ended> {
    let mut arguments = vec!["model", name];
    if let Some(without) = without {
        arguments.extend(["--without", without]);
    }
    let mut command = itself(&arguments, is_long)?;
    command.stdout(Stdio::piped());
    if without.is_some() {
        command.stderr(Stdio::null());
    }
    end(command.spawn()?, Instant::now() + patience(is_long))
}

/// Does work on as many threads as there are processors.
fn side_by_side<'w, T: Sync, R: Send>(work: &'w [T], act: impl Fn(&'w T) -> R + Sync) -> Vec<R> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let done = std::sync::Mutex::new(Vec::new());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(item) =
                    work.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                {
                    let result = act(item);
                    if let Ok(mut done) = done.lock() {
                        done.push(result);
                    }
                }
            });
        }
    });
    done.into_inner().unwrap_or_default()
}

/// Runs every model as it is.
pub(crate) fn models(is_long: bool) -> Result<Places> {
    let mut places = Places::new();
    let ended = side_by_side(MODELS, |model| {
        let begin = Instant::now();
        let ended = model_process(model.name, None, is_long);
        (model, ended, begin.elapsed())
    });
    let mut failed = 0;
    for (model, ended, took) in ended {
        let ended = ended?;
        let runs = ended
            .output
            .lines()
            .find_map(|line| line.strip_prefix("runs "));
        let Some(runs) = runs.filter(|_| ended.success) else {
            println!(
                "model {}: failed{}",
                model.name,
                if ended.late { ", it took too long" } else { "" }
            );
            failed += 1;
            continue;
        };
        println!(
            "model {}: {runs} runs ({}), {:.1} s",
            model.name,
            model.bound(is_long),
            took.as_secs_f64()
        );
        for line in ended.output.lines() {
            if let Some((order, place)) = line
                .strip_prefix("order ")
                .and_then(|line| line.split_once(' '))
            {
                let entry = places.entry(place.to_owned());
                let known = entry.or_insert_with(|| (order.to_owned(), Vec::new()));
                known.1.push(model.name);
            }
        }
    }
    ensure!(failed == 0, "{failed} models failed");
    ensure!(!places.is_empty(), "no model came to any order");
    Ok(places)
}

/// Takes each order away, and looks for a model that notices.
pub(crate) fn mutants(places: &Places, is_long: bool) -> Result<()> {
    let mut work: Vec<(String, String, Vec<&'static str>)> = places
        .iter()
        .map(|(place, (order, models))| (place.clone(), order.clone(), models.clone()))
        .collect();
    let lists = MODELS
        .iter()
        .map(|model| model.name)
        .filter(|name| name.starts_with("freelist"));
    work.push(("tag".to_owned(), "the tag".to_owned(), lists.collect()));
    let results = side_by_side(&work, |(place, order, models)| -> Result<_> {
        for model in models {
            let ended = model_process(model, Some(place), is_long)?;
            if !ended.success {
                return Ok((place, order, Some((*model, ended.late))));
            }
        }
        Ok((place, order, None))
    });
    let mut lines = Vec::new();
    let mut survivors = Vec::new();
    for result in results {
        let (place, order, caught) = result?;
        match caught {
            Some((model, late)) => {
                let how = if late { " (it never ends)" } else { "" };
                lines.push(format!(
                    "mutant {place} without {order}: caught by {model}{how}"
                ));
            }
            None => match why_not_needed(place)? {
                Some(why) => {
                    lines.push(format!("mutant {place} without {order}: not needed: {why}"))
                }
                None => {
                    lines.push(format!("mutant {place} without {order}: NOT CAUGHT"));
                    survivors.push(place);
                }
            },
        }
    }
    lines.sort();
    lines.iter().for_each(|line| println!("{line}"));
    println!(
        "mutants: {} in all, {} not caught",
        lines.len(),
        survivors.len()
    );
    ensure!(lines.len() > 1, "no mutants");
    if !survivors.is_empty() {
        bail!("orders that no model needs: {survivors:?}");
    }
    Ok(())
}

/// Orders that no model needs: the file, the role, what the line has in it, and why.
const NOT_NEEDED: &[(&str, &str, &str, &str)] = &[
    (
        "pool/freelist.rs",
        "Load",
        "let mut number = self.head.load(Acquire)",
        "only who has the lock goes through the list",
    ),
    (
        "pool/freelist.rs",
        "Success",
        "after(head, next), Acquire, Acquire)",
        "the same head was read with acquire before",
    ),
    (
        "pool/mod.rs",
        "Load",
        "self.fresh.load(Acquire) >> 32",
        "taking one acquires again",
    ),
    (
        "pool/mod.rs",
        "Load",
        "let mut fresh = self.fresh.load(Acquire)",
        "the exchange acquires again",
    ),
    (
        "pool/mod.rs",
        "Success",
        "(fresh, fresh + 1, Acquire, Acquire)",
        "the same word was read with acquire before",
    ),
    (
        "pool/mod.rs",
        "Failure",
        "(fresh, fresh + 1, Acquire, Acquire)",
        "the exchange that succeeds acquires again",
    ),
    (
        "pool/slabs.rs",
        "Load",
        "self.more.get(slab)?.load(Acquire)",
        "nobody writes to a slab before its pointer is there",
    ),
    (
        "pool/slabs.rs",
        "Success",
        "start, Release, Relaxed)",
        "nobody writes to a slab before its pointer is there",
    ),
];

/// The line of the sources at a place.
fn line_at(place: &str) -> Result<(Site, String)> {
    let site: Site = place.parse()?;
    let path = format!(
        "{}/../src/registry/{}",
        env!("CARGO_MANIFEST_DIR"),
        site.file
    );
    let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    let line = text.lines().nth(site.line as usize - 1);
    let line = line.with_context(|| format!("{place} is not in {path}"))?;
    Ok((site, line.trim().to_owned()))
}

/// Why an order may stand that no model needs.
fn why_not_needed(place: &str) -> Result<Option<&'static str>> {
    let (site, line) = line_at(place)?;
    let mut known = NOT_NEEDED.iter().filter(|(file, role, text, _)| {
        *file == site.file && *role == format!("{:?}", site.role) && line.contains(text)
    });
    Ok(known.next().map(|(.., why)| *why))
}

/// One model in this process: prints how many runs it had, and which orders it came to.
pub(crate) fn model(name: &str, without: Option<&str>, is_long: bool) -> Result<()> {
    let model = MODELS.iter().find(|model| model.name == name);
    let model = model.with_context(|| format!("no model {name}"))?;
    match without {
        Some("tag") => site::mutate(Mutant::Tag),
        Some(place) => site::mutate(Mutant::Order(place.parse::<Site>()?)),
        None => {}
    }
    println!("runs {}", parts::explore(model, is_long));
    for (site, order) in site::seen() {
        println!("order {} {site}", site::name(order));
    }
    Ok(())
}

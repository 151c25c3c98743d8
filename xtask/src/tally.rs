//! Counts what passed, failed and was skipped.

use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::log::Log;
use crate::project::Project;
use crate::tap::Counts;

/// What one item of a step came to.
#[derive(Clone, Debug)]
struct Item {
    step: String,
    name: String,
    passed: u64,
    failed: u64,
    skipped: u64,
    note: String,
}

impl Item {
    fn what(&self) -> String {
        let parts = [&self.step, &self.name, &self.note];
        let parts: Vec<&str> = parts
            .into_iter()
            .map(String::as_str)
            .filter(|part| !part.is_empty())
            .collect();
        parts.join(": ")
    }
}

/// Everything that was run.
pub struct Tally<'a> {
    project: &'a Project,
    shown: usize,
    items: Vec<Item>,
    start: Instant,
}

/// One step, while it runs.
pub struct Step {
    /// What its commands print.
    pub log: Log,
    name: String,
    shown: usize,
    items: Vec<Item>,
}

impl Step {
    /// The end of the log shows why something failed, as long as nothing else is run.
    fn add(&mut self, name: &str, [passed, failed, skipped]: [u64; 3], note: String) {
        let item = Item {
            step: self.name.clone(),
            name: name.to_owned(),
            passed,
            failed,
            skipped,
            note,
        };
        if failed > 0 {
            if self.shown > 0 {
                eprintln!("{}", self.log.tail(self.shown));
            }
            eprintln!("{}", item.what());
        }
        self.items.push(item);
    }

    /// Something is as it must be, or the error says why not.
    pub fn check(&mut self, name: &str, result: Result<String>) {
        match result {
            Ok(note) => self.add(name, [1, 0, 0], note),
            Err(error) => self.fail(name, &error),
        }
    }

    /// Several checks, or the reason why they could not be made.
    pub fn count(&mut self, name: &str, result: Result<Counts>) {
        match result {
            Ok(counts) => {
                let note = counts.first_failure.unwrap_or_default();
                self.add(name, [counts.passed, counts.failed, counts.skipped], note);
            }
            Err(error) => self.fail(name, &error),
        }
    }

    /// Something was not done, and why.
    pub fn skip(&mut self, name: &str, reason: &str) {
        self.add(name, [0, 0, 1], reason.to_owned());
    }

    fn fail(&mut self, name: &str, error: &anyhow::Error) {
        self.add(name, [0, 1, 0], format!("{error:#}"));
    }
}

impl<'a> Tally<'a> {
    /// Nothing yet. Of the log of what fails, the last `shown` lines are shown.
    pub fn new(project: &'a Project, shown: usize) -> Tally<'a> {
        Tally {
            project,
            shown,
            items: Vec::new(),
            start: Instant::now(),
        }
    }

    /// Runs a step; one that fails keeps no other from running. What it returns is for later steps.
    pub fn step<T>(&mut self, name: &str, body: impl FnOnce(&mut Step) -> Result<T>) -> Option<T> {
        eprintln!("{name} ...");
        let start = Instant::now();
        let log = match Log::create(&self.project.made.join("xtask/logs"), name) {
            Ok(log) => log,
            Err(error) => {
                self.items.push(Item {
                    step: name.to_owned(),
                    name: String::new(),
                    passed: 0,
                    failed: 1,
                    skipped: 0,
                    note: format!("{error:#}"),
                });
                return None;
            }
        };
        let mut step = Step {
            log,
            name: name.to_owned(),
            shown: self.shown,
            items: Vec::new(),
        };
        let result = body(&mut step);
        match &result {
            Ok(_) if step.items.is_empty() => step.add("", [1, 0, 0], String::new()),
            Ok(_) => {}
            Err(error) => step.fail("", error),
        }
        let failed = step.items.iter().any(|item| item.failed > 0);
        if failed {
            eprintln!("the whole log: {}", step.log.path().display());
        }
        let verdict = if failed { "FAILED" } else { "ok" };
        eprintln!("{name}: {verdict} ({})", seconds(start.elapsed()));
        self.items.append(&mut step.items);
        result.ok()
    }

    /// Runs parts side by side, as many at a time as there are processors. What they came to is counted in their order.
    pub fn side_by_side<T: Send>(
        &mut self,
        parts: Vec<T>,
        body: impl Fn(T, &mut Tally<'a>) + Sync,
    ) {
        let (project, shown) = (self.project, self.shown);
        let count = parts.len();
        let queue = Mutex::new(parts.into_iter().enumerate());
        let done = Mutex::new(Vec::new());
        let work = || {
            loop {
                // In a statement of its own, after which the queue is free for the others.
                let next = unpoisoned(&queue).next();
                let Some((place, part)) = next else {
                    break;
                };
                let mut tally = Tally::new(project, shown);
                body(part, &mut tally);
                unpoisoned(&done).push((place, tally.items));
            }
        };
        thread::scope(|scope| {
            for _ in 0..thread::available_parallelism()
                .map_or(1, usize::from)
                .min(count)
            {
                scope.spawn(work);
            }
        });
        let mut done = unpoisoned(&done);
        done.sort_by_key(|(place, _)| *place);
        self.items
            .extend(done.drain(..).flat_map(|(_, items)| items));
    }

    /// Prints the table and the totals. A run in which nothing passed is a failure.
    pub fn finish(self) -> ExitCode {
        println!("{:>7} {:>7} {:>7}  what", "passed", "failed", "skipped");
        // What failed comes last, where it is seen.
        let (failed, others): (Vec<&Item>, Vec<&Item>) =
            self.items.iter().partition(|item| item.failed > 0);
        for item in others.into_iter().chain(failed) {
            println!(
                "{:>7} {:>7} {:>7}  {}",
                item.passed,
                item.failed,
                item.skipped,
                item.what()
            );
        }
        let total = |count: fn(&Item) -> u64| self.items.iter().map(count).sum::<u64>();
        let passed = total(|item| item.passed);
        let failed = total(|item| item.failed);
        let skipped = total(|item| item.skipped);
        println!("in {}", seconds(self.start.elapsed()));
        println!("{passed} passed, {failed} failed, {skipped} skipped");
        if passed > 0 && failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::Tally;
    use crate::project::Project;

    #[test]
    fn parts_run_side_by_side_and_are_counted_in_their_order() {
        let folder = tempfile::TempDir::new().unwrap();
        let project = Project {
            root: folder.path().to_path_buf(),
            made: folder.path().to_path_buf(),
        };
        let count = thread::available_parallelism().map_or(1, usize::from);
        let all_are_there = Barrier::new(count);
        let mut tally = Tally::new(&project, 0);
        tally.side_by_side((0..count).collect(), |part, tally| {
            tally.step(&part.to_string(), |_| {
                all_are_there.wait();
                Ok(())
            });
        });
        let names = tally.items.iter().map(|item| item.step.clone());
        assert!(names.eq((0..count).map(|part| part.to_string())));
    }
}

//! The plan of `cargo xtask test`.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use tempfile::TempDir;

use crate::answers;
use crate::booted;
use crate::build;
use crate::conformance;
use crate::constants;
use crate::doc;
use crate::faults;
use crate::features;
use crate::kernel;
use crate::libtest;
use crate::log::Log;
use crate::machine::{self, Machine};
use crate::packages::{Need, PIP, Packages, QEMU_ARM};
use crate::programs::{self, Program, Variant};
use crate::project::Project;
use crate::refused;
use crate::run::{Outcome, Place};
use crate::tally::{Step, Tally};
use crate::target::{Arch, Os, Selection, Target};
use crate::tidy;
use crate::toolchain::{self, PROFILE, Toolchain, host_cargo};
use crate::ziglang;

/// The time that one run of a program may take, a boot included.
const LIMIT: Duration = Duration::from_secs(120);
/// The time that one `cargo test` may take, what it builds included, or one test program on a kernel of its own.
const TESTS_LIMIT: Duration = Duration::from_secs(600);
/// The most that the demo may have of text and data on x86_64 Linux.
const DEMO_LIMIT: u64 = 4096;
/// Runs of each program on the machine, each with other garbage in the registers.
const SEEDS: u64 = 3;
/// The same for the long test.
const SEEDS_LONG: u64 = 50;

/// Rows of the conformance program on the machine, and how many of their calls there are for one that is refused, in a run
/// of its own each: first in the test, then in the long one. What the higher layers do when they are refused a call is
/// asked of each call by tests of their own.
const REFUSED: [(RangeInclusive<u32>, usize, usize); 3] = [
    (1..=200, 101, 7),
    (201..=300, 1009, 61),
    (301..=u32::MAX, 6007, 499),
];

/// One of so many of the tidy program's calls is refused, in a run of its own each.
const TIDY_EVERY: usize = 13;
/// The same on the machine, which is slower.
const TIDY_EVERY_ON_MACHINE: usize = 61;
/// The same on the machine in the long test, where every call is refused with the first error in the first place.
const TIDY_EVERY_LONG: usize = 7;

/// Programs that need more than a place to run, and have tasks of their own.
const WITH_OWN_TASKS: [&str; 2] = ["rawmap-answers", "rawmap-conformance"];

/// What can be built beside the others.
enum Part {
    Host,
    Target(Target),
}

/// Everything that is tested, and how thoroughly.
pub struct Plan<'a> {
    project: &'a Project,
    packages: &'a Packages,
    targets: Vec<Target>,
    includes_host: bool,
    seeds: u64,
    long: bool,
    machine: OnceLock<PathBuf>,
}

impl<'a> Plan<'a> {
    /// A plan for the chosen targets.
    pub fn new(
        project: &'a Project,
        packages: &'a Packages,
        selection: Selection,
        long: bool,
    ) -> Plan<'a> {
        Plan {
            project,
            packages,
            targets: selection.targets(),
            includes_host: selection.includes_host(),
            seeds: if long { SEEDS_LONG } else { SEEDS },
            long,
            machine: OnceLock::new(),
        }
    }

    /// Runs all steps.
    pub fn steps(&self, tally: &mut Tally<'_>) {
        tally.step("packages", |_| self.packages.ensure(&self.needs()));
        if self.includes_host {
            tally.step("rustfmt", |step| self.formatting(&mut step.log));
        }
        let zig = tally.step("headers", |step| {
            ziglang::zig(self.project, self.packages, &mut step.log)
        });
        if let Some(zig) = &zig {
            tally.step("constants", |step| {
                self.constants_are_those_of(zig, step);
                Ok(())
            });
        }
        let programs = Mutex::new(Vec::new());
        // The host's part is the longest.
        let host = self.includes_host.then_some(Part::Host);
        let parts = host.into_iter().chain(self.parts()).collect();
        tally.side_by_side(parts, |part, tally| match part {
            Part::Host => self.host_steps(tally),
            Part::Target(target) => {
                let built = self.build_steps(target, zig.as_deref(), tally);
                programs
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend(built);
            }
        });
        let programs = programs
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        tally.step("size", |step| sizes(&programs, step));
        if self.needs_machine() {
            tally.step("machine", |step| self.machine(step));
        }
        let table = Mutex::default();
        tally.side_by_side(self.targets.clone(), |target, tally| {
            self.run_steps(target, &programs, &table, tally);
        });
        eprintln!(
            "{}",
            table.into_inner().unwrap_or_else(PoisonError::into_inner)
        );
    }

    fn parts(&self) -> impl Iterator<Item = Part> {
        self.targets.iter().copied().map(Part::Target)
    }

    /// Everything that comes before a program for `target` is run; returns the programs.
    fn build_steps(
        &self,
        target: Target,
        zig: Option<&Path>,
        tally: &mut Tally<'_>,
    ) -> Vec<Program> {
        if let Some(zig) = zig {
            tally.step(&format!("constants {target}"), |step| {
                let result = self.compare_constants(zig, target, &mut step.log);
                step.check("", result);
                Ok(())
            });
        }
        tally.step(&format!("clippy {target}"), |step| {
            self.clippy(target, step)
        });
        doc::step(self.project, self.packages, target, tally);
        build::step(self.project, self.packages, target, tally)
    }

    /// The tools, and the tests that run with the standard library.
    fn host_steps(&self, tally: &mut Tally<'_>) {
        tally.step("clippy of the tools", |step| {
            self.clippy_of_tools(step);
            Ok(())
        });
        self.host_tests(tally);
        tally.step("models", |step| {
            self.models(step);
            Ok(())
        });
    }

    /// Everything that runs programs for `target`.
    fn run_steps(
        &self,
        target: Target,
        programs: &[Program],
        table: &Mutex<conformance::Table>,
        tally: &mut Tally<'_>,
    ) {
        tally.step(&format!("run {target}"), |step| {
            self.runs(target, programs, step)
        });
        tally.step(&format!("answers {target}"), |step| {
            self.answers(target, step)
        });
        tally.step(&format!("conformance {target}"), |step| {
            self.conformance(target, table, step)
        });
        if target.os == Os::Linux && target.arch == Arch::Aarch64 {
            tally.step(&format!("before relocation {target}"), |step| {
                self.before_relocation(target, step)
            });
            if self.long {
                tally.step(&format!("cargo test of the registry {target}"), |step| {
                    self.booted_tests(target, step)
                });
            }
        }
        if target.os != Os::Linux || target.is_host() {
            tally.step(&format!("left behind {target}"), |step| {
                self.left_behind(target, programs, step)
            });
        }
        if target.os != Os::Linux {
            tally.step(&format!("refused calls {target}"), |step| {
                self.refused_calls(target, step)
            });
            tally.step(&format!("older kernels {target}"), |step| {
                self.older_kernels(target, programs, step)
            });
        }
        tally.step(&format!("faults {target}"), |step| {
            self.faults(target, "", step)
        });
    }

    /// The conformance program alone.
    pub fn conformance_steps(&self, tally: &mut Tally<'_>) -> conformance::Table {
        tally.step("packages", |_| self.packages.ensure(&self.needs()));
        if self.needs_machine() {
            tally.step("machine", |step| self.machine(step));
        }
        let table = Mutex::default();
        tally.side_by_side(self.targets.clone(), |target, tally| {
            tally.step(&format!("conformance {target}"), |step| {
                self.conformance(target, &table, step)
            });
        });
        table.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Planted faults alone, those whose names contain `named`.
    pub fn faults_steps(&self, named: &str, tally: &mut Tally<'_>) {
        tally.step("packages", |_| self.packages.ensure(&self.needs()));
        if self.needs_machine() {
            tally.step("machine", |step| self.machine(step));
        }
        tally.side_by_side(self.targets.clone(), |target, tally| {
            tally.step(&format!("faults {target}"), |step| {
                self.faults(target, named, step)
            });
        });
    }

    fn needs_machine(&self) -> bool {
        self.targets.iter().any(|target| target.os != Os::Linux)
    }

    /// Known beforehand, so that everything is installed at once.
    fn needs(&self) -> Vec<Need> {
        let mut needs = toolchain::needs(&self.targets);
        needs.push(PIP);
        if self.needs_machine() || self.includes_host {
            needs.extend(machine::NEEDS);
        }
        if self
            .targets
            .iter()
            .any(|target| target.os == Os::Linux && target.arch == Arch::Aarch64)
        {
            needs.push(QEMU_ARM);
            if self.long {
                needs.extend(booted::NEEDS);
            }
        }
        needs
    }

    fn formatting(&self, log: &mut Log) -> Result<()> {
        log.run(
            toolchain::cargo_fmt(self.project, self.packages)?
                .args(["--all", "--check", "--", "--color", "never"]),
        )?;
        Ok(())
    }

    fn constants_are_those_of(&self, zig: &Path, step: &mut Step) {
        let report = constants::generate(zig, &self.project.root, true)
            .map(|report| report.to_string().trim_end().replace('\n', "; "));
        step.check("the files are what the headers say", report);
    }

    fn compare_constants(&self, zig: &Path, target: Target, log: &mut Log) -> Result<String> {
        let toolchain = Toolchain::for_target(target, self.packages)?;
        let mut command = toolchain.cargo(self.project, "rustc");
        command
            .env("ZIG", zig)
            .args([
                "--profile",
                PROFILE,
                "--package",
                "rawmap-constants",
                "--lib",
            ])
            // The profile leaves code to the linker, and the counts are read from the code.
            .args(["--", "-Clinker-plugin-lto=off"]);
        log.run(&mut command)?;
        let library = toolchain
            .built_folder(self.project)
            .join("librawmap_constants.rlib");
        let counts = constants::counts(&library)?;
        let with = if target.os == Os::Linux {
            "linux-raw-sys"
        } else {
            "the headers"
        };
        Ok(format!(
            "{} constants: {} compared with libc, {} with {with}",
            counts.listed, counts.in_libc, counts.in_linux_raw_sys_or_headers
        ))
    }

    /// The library with all features and with none, and the programs on x86_64.
    fn clippy(&self, target: Target, step: &mut Step) -> Result<()> {
        let toolchain = Toolchain::for_target(target, self.packages)?;
        let features = features::all_for(self.project, target)?;
        let mut library = vec!["--package", "rawmap", "--features", &features];
        if target.is_host() {
            library.push("--all-targets");
        }
        self.lint(step, "library, all features", &toolchain, &library);
        let bare = ["--package", "rawmap", "--no-default-features"];
        self.lint(step, "library, no features", &toolchain, &bare);
        // What is different in them on the other architecture is a file of entry code.
        if target.arch == Arch::X86_64 {
            let programs = self.project.programs()?;
            let packages = programs
                .iter()
                .flat_map(|package| ["--package", package.name.as_str()]);
            self.lint(step, "programs", &toolchain, &packages.collect::<Vec<_>>());
        }
        Ok(())
    }

    /// What runs here, apart from the programs: features of the library that tools ask for must not reach those.
    fn clippy_of_tools(&self, step: &mut Step) {
        self.lint(
            step,
            "xtask",
            &Toolchain::TOOLS,
            &["--package", "xtask", "--all-targets"],
        );
        self.lint(
            step,
            "benches",
            &Toolchain::TOOLS,
            &["--package", "rawmap-benches", "--all-targets"],
        );
        self.lint(
            step,
            "machine",
            &Toolchain::TOOLS,
            &["--release", "--package", "rawmap-machine", "--all-targets"],
        );
        self.lint(
            step,
            "constants",
            &Toolchain::TOOLS,
            &["--package", "rawmap-constants", "--all-targets"],
        );
        self.lint(
            step,
            "models",
            &Toolchain::TOOLS,
            &["--package", "rawmap-models", "--all-targets"],
        );
    }

    fn lint(&self, step: &mut Step, name: &str, toolchain: &Toolchain, arguments: &[&str]) {
        let result = toolchain
            .clippy(self.project, self.packages)
            .and_then(|mut command| {
                machine::prepare(&mut command);
                step.log
                    .run(command.args(arguments).args(["--", "-Dwarnings"]))?;
                Ok(String::new())
            });
        step.check(name, result);
    }

    fn host_tests(&self, tally: &mut Tally<'_>) {
        let mut test = |name: &str, mut command: Command| {
            tally.step(name, |step| {
                let result = step
                    .log
                    .finish(&mut command, Some(TESTS_LIMIT))
                    .and_then(|finished| libtest::counts(&Outcome::from(finished)));
                step.count("", result);
                Ok(())
            });
        };
        let cargo = |arguments: &[&str]| {
            let mut command = host_cargo(self.project);
            command.arg("test").args(arguments);
            command
        };
        test("cargo test", cargo(&[]));
        // What is different with them.
        let all = [
            "--all-features",
            "--lib",
            "--test",
            "errno",
            "--test",
            "space",
            "--test",
            "mapping_builder",
            "--test",
            "mapping_conversions",
        ];
        test("cargo test, all features", cargo(&all));
        test(
            "cargo test of the examples, all features",
            cargo(&["--all-features", "--doc"]),
        );
        test(
            "cargo test of the registry",
            cargo(&["--release", "--test", "registry_*"]),
        );
        test("cargo test of xtask", cargo(&["--package", "xtask"]));
        test(
            "cargo test of the machine",
            machine::cargo(self.project, "test"),
        );
    }

    /// The registry's own tests on a real kernel.
    fn booted_tests(&self, target: Target, step: &mut Step) -> Result<()> {
        let tests = booted::build(self.project, self.packages, target, &mut step.log)?;
        for place in self.places(target, 0, &mut step.log)? {
            let Place::Kernel(kernel) = &place else {
                continue;
            };
            if kernel.page_size != booted::PAGE_SIZE {
                step.skip(&place.to_string(), "the tests take a page for 4 KiB");
                continue;
            }
            for test in &tests {
                let result = test.run(kernel, TESTS_LIMIT, &mut step.log);
                step.count(&format!("{}, {place}", test.name), result);
            }
        }
        Ok(())
    }

    /// The registry's sources with atomics that can be watched; in the long test also without each order. Without a limit on
    /// what loom tries they take more than an hour, and have to be asked for: see the README.
    fn models(&self, step: &mut Step) {
        let parts = if self.long {
            &["all"][..]
        } else {
            &["writer", "reader", "differential", "models"]
        };
        for part in parts {
            let mut command = host_cargo(self.project);
            command.args(["run", "--quiet", "--profile", "models"]);
            command.args(["--package", "rawmap-models", "--", part]);
            let result = step.log.run(&mut command).map(|_| String::new());
            step.check(part, result);
        }
    }

    fn machine(&self, step: &mut Step) -> Result<()> {
        let path = machine::build(self.project, self.packages, &mut step.log)?;
        self.machine.get_or_init(|| path);
        Ok(())
    }

    /// Where programs for `target` run; the machine with each of `seeds`.
    fn places(&self, target: Target, seeds: u64, log: &mut Log) -> Result<Vec<Place>> {
        match (target.os, target.arch) {
            (Os::Linux, Arch::X86_64) => {
                ensure!(
                    target.is_host(),
                    "{target} runs on an x86_64 Linux machine alone"
                );
                Ok(vec![Place::Native])
            }
            (Os::Linux, Arch::Aarch64) => kernel::RELEASES
                .iter()
                .map(|release| {
                    Ok(Place::Kernel(release.fetch(
                        self.project,
                        self.packages,
                        log,
                    )?))
                })
                .collect(),
            (os @ (Os::FreeBsd | Os::NetBsd), _) => {
                let path = self.machine.get().context("the machine was not built")?;
                Ok((1..=seeds)
                    .map(|seed| Place::Machine(Machine::new(path, os, seed)))
                    .collect())
            }
        }
    }

    fn runs(&self, target: Target, programs: &[Program], step: &mut Step) -> Result<()> {
        let places = self.places(target, self.seeds, &mut step.log)?;
        let of_target: Vec<&Program> = programs
            .iter()
            .filter(|program| program.target == target)
            .filter(|program| !WITH_OWN_TASKS.contains(&program.name.as_str()))
            .collect();
        ensure!(!of_target.is_empty(), "no program was built");
        for program in of_target {
            for place in &places {
                let outcome = place.run(&program.path, LIMIT, &mut step.log);
                let result = outcome.and_then(|outcome| outcome.verdict());
                step.count(&format!("{}, {place}", program.name), result);
            }
        }
        Ok(())
    }

    /// The program that uses the crate before it has relocated itself, linked crate by crate: what the linker can't
    /// see as a whole must not look up addresses in a table either. On aarch64 alone, since on x86_64 the compiler calls
    /// every other crate by way of such a table.
    fn before_relocation(&self, target: Target, step: &mut Step) -> Result<()> {
        let package = self.project.program("rawmap-early")?;
        let program = programs::build(
            self.project,
            self.packages,
            &package,
            target,
            Variant {
                settings: &["profile.static.lto=\"off\""],
                ..Variant::default()
            },
            &self.project.made.join("before-relocation"),
            &mut step.log,
        )?;
        for place in self.places(target, 0, &mut step.log)? {
            let outcome = place.run(&program.path, LIMIT, &mut step.log);
            let result = outcome.and_then(|outcome| outcome.verdict());
            step.count(&format!("{}, {place}", program.name), result);
        }
        Ok(())
    }

    /// Every row of the conformance program, in every place that its target has; on NetBSD also with the note that has
    /// the kernel restrict protections.
    fn conformance(
        &self,
        target: Target,
        table: &Mutex<conformance::Table>,
        step: &mut Step,
    ) -> Result<()> {
        let pins = conformance::Pins::read(self.project)?;
        let package = self.project.program(conformance::PROGRAM)?;
        let folder = TempDir::with_prefix("rawmap-conformance-")?;
        let (places, argument) = match target.os {
            Os::Linux => (self.places(target, 0, &mut step.log)?, folder.path()),
            Os::FreeBsd | Os::NetBsd => {
                let path = self.machine.get().context("the machine was not built")?;
                let mut places = self.places(target, 1, &mut step.log)?;
                places.push(Place::Machine(Machine::measured(path, target.os)));
                (places, Path::new(conformance::MACHINE_FOLDER))
            }
        };
        let variants: &[&[&str]] = match target.os {
            Os::NetBsd => &[&[], &["pax"]],
            Os::Linux | Os::FreeBsd => &[&[]],
        };
        for features in variants {
            let into = self
                .project
                .made
                .join("conformance")
                .join(target.triple)
                .join(features.concat());
            let variant = Variant {
                features,
                ..Variant::default()
            };
            let program = programs::build(
                self.project,
                self.packages,
                &package,
                target,
                variant,
                &into,
                &mut step.log,
            )?;
            for place in &places {
                let mut name = place.to_string();
                for feature in *features {
                    name = format!("{name}, with {feature}");
                }
                let outcome = place.run_with(&program.path, &[argument], LIMIT, &mut step.log);
                let result = outcome.and_then(|outcome| pins.judge(target, place.kind(), &outcome));
                let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
                table.add(target, name.clone(), &result);
                drop(table);
                step.count(&name, result);
            }
        }
        Ok(())
    }

    /// The conformance program, which was built before, with one of its calls refused.
    fn refused_calls(&self, target: Target, step: &mut Step) -> Result<()> {
        let program = self
            .project
            .made
            .join("conformance")
            .join(target.triple)
            .join(conformance::PROGRAM);
        let path = self.machine.get().context("the machine was not built")?;
        let machine = Machine::new(path, target.os, 1);
        for (rows, every, every_long) in REFUSED {
            let every = if self.long { every_long } else { every };
            let name = format!("rows from {}", rows.start());
            let part = refused::Part { rows, every };
            let result = refused::each(&machine, &program, &part, LIMIT, &mut step.log);
            let result = result.map(|refused| {
                let refused::Refused { runs, noticed } = refused;
                format!("{runs} runs with a refused call, noticed by a check in {noticed}")
            });
            step.check(&name, result);
        }
        Ok(())
    }

    /// The program that does everything an address space can do, with one of its calls refused, on the machine in both
    /// ways: nothing may be left behind.
    fn left_behind(&self, target: Target, programs: &[Program], step: &mut Step) -> Result<()> {
        let program = programs
            .iter()
            .find(|program| program.target == target && program.name == tidy::PROGRAM)
            .with_context(|| format!("{} was not built", tidy::PROGRAM))?;
        let mut places = self.places(target, 1, &mut step.log)?;
        let mut every = TIDY_EVERY;
        if target.os != Os::Linux {
            let path = self.machine.get().context("the machine was not built")?;
            places.push(Place::Machine(Machine::measured(path, target.os)));
            every = if self.long {
                TIDY_EVERY_LONG
            } else {
                TIDY_EVERY_ON_MACHINE
            };
        }
        // Each error and each place begins with another call.
        let mut first = 0;
        for place in &places {
            for (error, number) in tidy::ERRORS {
                let choice = if self.long && (first == 0 || target.os == Os::Linux) {
                    tidy::Choice::ALL
                } else {
                    tidy::Choice {
                        first: first % every,
                        every,
                        with_its_own: false,
                    }
                };
                first += 1;
                let log = &mut step.log;
                let refused = tidy::each(place, &program.path, number, choice, LIMIT, log);
                let result = refused.and_then(tidy::Refused::summary);
                step.check(&format!("{error}, {place}"), result);
            }
        }
        Ok(())
    }

    /// The demo on a kernel from before the call that makes memory objects: it must not be made there.
    fn older_kernels(&self, target: Target, programs: &[Program], step: &mut Step) -> Result<()> {
        let demo = programs
            .iter()
            .find(|program| program.target == target && program.name == "rawmap-demo")
            .context("the demo was not built")?;
        let path = self.machine.get().context("the machine was not built")?;
        let machine = Machine::new(path, target.os, 1);
        let release = match target.os {
            Os::FreeBsd => "1202000",
            _ => "1000000000",
        };
        let mut run = |machine: &Machine, expected: &str| {
            let outcome = machine.run(&demo.path, &[], LIMIT, &mut step.log)?;
            outcome.verdict()?;
            let said = outcome.output.lines().any(|line| line.ends_with(expected));
            ensure!(said, "it did not say: {expected}");
            Ok(expected.to_owned())
        };
        let today = run(&machine, "a memory object");
        let before = run(
            &machine.with(&["--release", release]),
            "no memory objects: ENOSYS",
        );
        step.check("the kernel that was measured", today);
        step.check(&format!("release {release}"), before);
        Ok(())
    }

    /// The questions that real kernels were asked.
    fn answers(&self, target: Target, step: &mut Step) -> Result<()> {
        let package = self.project.program(answers::PROGRAM)?;
        let places = match target.os {
            Os::Linux => self.places(target, 0, &mut step.log)?,
            Os::FreeBsd | Os::NetBsd => {
                let path = self.machine.get().context("the machine was not built")?;
                vec![Place::Machine(Machine::measured(path, target.os))]
            }
        };
        for record in answers::records(target) {
            let into = self.project.made.join("answers").join(record.file);
            let program = programs::build(
                self.project,
                self.packages,
                &package,
                target,
                Variant {
                    features: record.features,
                    ..Variant::default()
                },
                &into,
                &mut step.log,
            )?;
            for place in &places {
                let name = format!("{}, {place}", record.file);
                let release = place.release()?;
                if let Some(Err(reason)) = release.map(|release| record.binds(&release)) {
                    step.skip(&name, &reason);
                    continue;
                }
                let outcome = place.run(&program.path, LIMIT, &mut step.log);
                let result = outcome.and_then(|outcome| record.judge(self.project, &outcome));
                step.count(&name, result);
            }
        }
        Ok(())
    }

    fn faults(&self, target: Target, named: &str, step: &mut Step) -> Result<()> {
        let mut chosen = faults::all(self.project)?;
        chosen.retain(|fault| fault.name().contains(named) && fault.is_for(target));
        if chosen.is_empty() {
            step.skip("", "none of what was chosen is planted for this target");
            return Ok(());
        }
        let copy = faults::Copy::of(self.project, target)?;
        let places = self.places(target, 1, &mut step.log)?;
        let place = places.first().context("the target runs nowhere")?;
        for fault in chosen {
            let result = copy.plant(self.packages, &fault, place, LIMIT, &mut step.log);
            if let Ok(line) = &result {
                eprintln!("fault: {} on {target}: caught by: {line}", fault.name());
            }
            step.check(
                fault.name(),
                result.map(|line| format!("caught by: {line}")),
            );
        }
        Ok(())
    }
}

/// The demo carries nothing that it does not use.
fn sizes(programs: &[Program], step: &mut Step) -> Result<()> {
    let demos: Vec<&Program> = programs
        .iter()
        .filter(|program| program.name == "rawmap-demo")
        .collect();
    ensure!(!demos.is_empty(), "no demo was built");
    for demo in demos {
        let found = programs::panic_machinery(&demo.path)?;
        let result = if found.is_empty() {
            Ok("no panic machinery".to_owned())
        } else {
            Err(anyhow!("it contains {}", found.join(", ")))
        };
        step.check(&format!("rawmap-demo on {}", demo.target), result);
        if demo.target.os == Os::Linux && demo.target.arch == Arch::X86_64 {
            let size = demo.size.text + demo.size.data;
            let result = if size <= DEMO_LIMIT {
                Ok(format!("{size} of {DEMO_LIMIT} bytes"))
            } else {
                Err(anyhow!(
                    "{size} bytes of text and data are more than {DEMO_LIMIT}"
                ))
            };
            step.check("text and data of the demo", result);
        }
    }
    Ok(())
}

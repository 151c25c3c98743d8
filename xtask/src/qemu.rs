//! One boot of a kernel under QEMU, with a test program as its init, read from the serial console.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::log::{Ending, Log};
use crate::packages::{Need, QEMU_ARM, QEMU_X86};
use crate::run::Outcome;
use crate::tap;
use crate::target::{Arch, Os, Target};

/// What is booted.
#[derive(Clone, Debug)]
pub struct Boot<'a> {
    /// The system and the architecture of the kernel.
    pub target: Target,
    /// The kernel.
    pub kernel: &'a Path,
    /// Where its init comes from.
    pub root: Root,
    /// How many processors there are.
    pub processors: u32,
    /// The time that the boot and the program may take together.
    pub limit: Duration,
}

/// Where init comes from.
#[derive(Clone, Debug)]
pub enum Root {
    /// An initial RAM file system.
    Ram(PathBuf),
    /// A disk.
    Disk(PathBuf),
}

/// What emulates `arch`.
pub fn emulator(arch: Arch) -> Need {
    match arch {
        Arch::X86_64 => QEMU_X86,
        Arch::Aarch64 => QEMU_ARM,
    }
}

impl Boot<'_> {
    /// Boots, and waits until init has ended.
    pub fn run(&self, log: &mut Log) -> Result<Outcome> {
        let os = self.target.os;
        let is_last = |line: &str| end_of_init(os, line).is_some() || is_panic(line);
        let (lines, ending) = log.watch(&mut self.command(), self.limit, is_last)?;
        self.outcome(&lines, ending)
    }

    fn outcome(&self, lines: &[String], ending: Ending) -> Result<Outcome> {
        let kernel = self.kernel.display();
        let output = program_output(lines);
        if let Some(status) = lines
            .iter()
            .find_map(|line| end_of_init(self.target.os, line))
        {
            return Ok(Outcome { status, output });
        }
        // An init may also end by halting the system, or never.
        if tap::is_complete(&output) {
            let status = i32::from(output.lines().any(|line| line.starts_with("not ok")));
            return Ok(Outcome { status, output });
        }
        let last = lines.iter().rev().find(|line| !line.is_empty());
        let last = last.map_or_else(
            || "it printed nothing".to_owned(),
            |line| format!("its last line: {line}"),
        );
        if let Some(line) = lines.iter().find(|line| is_panic(line)) {
            bail!("{kernel}: the kernel panicked: {line}");
        }
        match ending {
            Ending::TimedOut => bail!(
                "{kernel}: the kernel and the program did not end within {} s; {last}",
                self.limit.as_secs()
            ),
            Ending::Over | Ending::Found => {
                bail!("{kernel}: QEMU ended before the program did; {last}")
            }
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(emulator(self.target.arch).evidence);
        match self.target.arch {
            Arch::X86_64 => command.args(["-M", "q35"]),
            // The architected pointer authentication is slow to emulate, and most of a boot.
            Arch::Aarch64 => command.args(["-M", "virt", "-cpu", "max,pauth-impdef=on"]),
        };
        command
            .args([
                "-m", "512", "-display", "none", "-monitor", "none", "-serial", "stdio",
            ])
            .args(["-smp", &self.processors.to_string()])
            .args(["-no-reboot", "-net", "none", "-kernel"])
            .arg(self.kernel)
            .args(["-append", self.command_line()]);
        match &self.root {
            Root::Ram(archive) => {
                command.arg("-initrd").arg(archive);
            }
            Root::Disk(image) => {
                command
                    .arg("-drive")
                    .arg(format!("file={},if=none,id=d0,format=raw", image.display()))
                    .args(["-device", "virtio-blk-pci,drive=d0"]);
            }
        }
        command
    }

    fn command_line(&self) -> &'static str {
        match (self.target.os, self.target.arch) {
            // Quiet, or lines of the kernel come between those of the program.
            (Os::Linux, Arch::Aarch64) => "console=ttyAMA0 panic=-1 quiet",
            (Os::Linux, Arch::X86_64) => "console=ttyS0 panic=-1 quiet",
            (Os::FreeBsd, Arch::X86_64) => "vfs.root.mountfrom=ufs:/dev/vtbd0 boot_serial=YES",
            (Os::FreeBsd, Arch::Aarch64) => {
                "FreeBSD: vfs.root.mountfrom=ufs:/dev/vtbd0 boot_serial=YES"
            }
            (Os::NetBsd, _) => "root=ld0a console=com",
        }
    }
}

fn is_panic(line: &str) -> bool {
    line.contains("Kernel panic - not syncing") || line.contains("panic: ")
}

/// The status of init, as a shell gives it, from the kernel's line about its end.
fn end_of_init(os: Os, line: &str) -> Option<i32> {
    let (code, signal) = match os {
        Os::Linux => {
            let digits = line.split("Attempted to kill init! exitcode=0x").nth(1)?;
            let word = u32::from_str_radix(digits.get(..8)?, 16).ok()?;
            (word >> 8 & 0xff, word & 0x7f)
        }
        Os::FreeBsd | Os::NetBsd => {
            let rest = line.split("init died (signal ").nth(1)?;
            let (signal, rest) = rest.split_once(", exit ")?;
            (rest.split(')').next()?.parse().ok()?, signal.parse().ok()?)
        }
    };
    let status = if signal == 0 { code } else { 128 + signal };
    i32::try_from(status).ok()
}

/// The lines that are the program's: a Linux kernel marks its own by their time.
fn program_output(lines: &[String]) -> String {
    let is_kernels = |line: &&String| {
        let stamp = line
            .strip_prefix('[')
            .and_then(|rest| rest.trim_start().split_once("] "));
        stamp.is_some_and(|(time, _)| time.parse::<f64>().is_ok())
    };
    let start = lines
        .iter()
        .position(|line| line.contains("Run /init as init process"))
        .map_or(0, |at| at + 1);
    let own: Vec<&str> = lines[start..]
        .iter()
        .filter(|line| !is_kernels(line))
        .map(String::as_str)
        .collect();
    own.join("\n")
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::{Boot, Root, end_of_init};
    use crate::log::Ending;
    use crate::target::{Os, Target};

    #[test]
    fn the_end_of_init_is_its_status() {
        let linux = "[    1.55] Kernel panic - not syncing: Attempted to kill init! exitcode=";
        assert_eq!(
            end_of_init(Os::Linux, &format!("{linux}0x00000300")),
            Some(3)
        );
        assert_eq!(
            end_of_init(Os::Linux, &format!("{linux}0x0000000b")),
            Some(139)
        );
        assert_eq!(
            end_of_init(Os::FreeBsd, "init died (signal 0, exit 1)"),
            Some(1)
        );
        assert_eq!(
            end_of_init(Os::NetBsd, "panic: init died (signal 11, exit 0)"),
            Some(139)
        );
        assert_eq!(end_of_init(Os::NetBsd, "init: copying out path"), None);
    }

    fn outcome(target: &str, console: &str, ending: Ending) -> Result<(i32, String), String> {
        let boot = Boot {
            target: target.parse::<Target>().unwrap(),
            kernel: Path::new("kernel"),
            root: Root::Ram("init.gz".into()),
            processors: 1,
            limit: Duration::from_secs(60),
        };
        let lines: Vec<String> = console.lines().map(str::to_owned).collect();
        match boot.outcome(&lines, ending) {
            Ok(outcome) => Ok((outcome.status, outcome.output)),
            Err(error) => Err(error.to_string()),
        }
    }

    /// What real kernels wrote to their serial consoles: tests/data/serial/README.md says how.
    const RECORDED: [(&str, &str, Result<u64, &str>); 3] = [
        (
            "6.1, everything that the kernel says",
            include_str!("../../tests/data/serial/linux-6.1-aarch64-demo.txt"),
            Ok(28),
        ),
        (
            "6.12 with pages of 16 KiB, quiet",
            include_str!("../../tests/data/serial/linux-6.12-16k-aarch64-demo.txt"),
            Ok(28),
        ),
        (
            "6.1, whose init is for another processor",
            include_str!("../../tests/data/serial/linux-6.1-aarch64-no-init.txt"),
            Err("the kernel panicked"),
        ),
    ];

    #[test]
    fn recorded_consoles_are_read() {
        let mut passed = 0;
        for (name, console, expected) in RECORDED {
            let target = "aarch64-unknown-linux-gnu";
            match (outcome(target, console, Ending::Found), expected) {
                (Ok((status, output)), Ok(checks)) => {
                    let counts = crate::tap::parse(&output).expect(name);
                    assert_eq!((status, counts.passed), (0, checks), "{name}");
                    passed += counts.passed;
                }
                (Err(error), Err(reason)) => assert!(error.contains(reason), "{name}: {error}"),
                (result, _) => panic!("{name}: {result:?}"),
            }
        }
        println!("{} consoles, {passed} checks in them", RECORDED.len());
        assert!(passed > 0);
    }

    #[test]
    fn a_boot_ends_in_a_status_or_in_one_line() {
        let linux = "aarch64-unknown-linux-gnu";
        let console = "[    0.1] Booting\n[    1.0] Run /init as init process\n1..1\nok 1 - maps\n\
                       [    1.5] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000000";
        assert_eq!(
            outcome(linux, console, Ending::Found),
            Ok((0, "1..1\nok 1 - maps".to_owned()))
        );

        let panic = "[    0.9] Kernel panic - not syncing: VFS: Unable to mount root fs";
        assert_eq!(
            outcome(linux, panic, Ending::Over),
            Err(format!("kernel: the kernel panicked: {panic}"))
        );
        assert_eq!(
            outcome(linux, "[    0.1] Booting", Ending::TimedOut).unwrap_err(),
            "kernel: the kernel and the program did not end within 60 s; its last line: [    0.1] Booting"
        );
        assert_eq!(
            outcome(linux, "", Ending::Over).unwrap_err(),
            "kernel: QEMU ended before the program did; it printed nothing"
        );
    }

    #[test]
    fn an_init_that_does_not_end_is_judged_by_its_checks() {
        let console = "Trying to mount root from ufs:/dev/vtbd0\n1..2\nok 1\nnot ok 2\n";
        let (status, _) = outcome("x86_64-unknown-freebsd", console, Ending::TimedOut).unwrap();
        assert_eq!(status, 1);
    }
}

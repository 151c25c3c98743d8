//! Runs the static programs on a kernel that the user has, under QEMU.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Result, bail, ensure};

use crate::conformance::Table;
use crate::image;
use crate::kernel;
use crate::log::Log;
use crate::packages::{MAKEFS, Packages};
use crate::programs::{self, Variant};
use crate::project::Project;
use crate::qemu::{Boot, Root, emulator};
use crate::tally::Tally;
use crate::target::{Arch, Os, Target};

/// What is to be run, and on what.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The system of the kernel
    #[arg(long)]
    os: Os,
    /// The architecture of the kernel
    #[arg(long)]
    arch: Arch,
    /// The kernel's file, as QEMU's -kernel takes it
    #[arg(long)]
    kernel: PathBuf,
    /// A root file system whose init is the program; without it, one is made for each program
    #[arg(
        long,
        conflicts_with = "programs",
        required_unless_present = "programs"
    )]
    root: Option<PathBuf>,
    /// Seconds for the boot and the program together
    #[arg(long, default_value_t = 60)]
    timeout: u64,
    /// Programs without libc: packages under programs/, or files
    programs: Vec<String>,
}

/// Runs each program as init of a boot of its own.
pub fn run(project: &Project, packages: &Packages, options: &Options) -> Result<ExitCode> {
    check_arch(&options.kernel, options.arch)?;
    packages.ensure(&[emulator(options.arch)])?;
    let target = Target::of(options.os, options.arch);
    let mut tally = Tally::new(project, 0);
    let mut table = Table::default();
    let mut boot = |name: &str, root: &dyn Fn(&mut Log) -> Result<Root>| {
        tally.step(&format!("vm {name}"), |step| {
            let root = root(&mut step.log)?;
            let limit = Duration::from_secs(options.timeout);
            let boot = Boot {
                target,
                kernel: &options.kernel,
                root,
                processors: 1,
                limit,
            };
            let result = boot
                .run(&mut step.log)
                .and_then(|outcome| outcome.verdict());
            table.add(
                target,
                format!("{name} on {}", options.kernel.display()),
                &result,
            );
            step.count(target.triple, result);
            Ok(())
        });
    };
    if let Some(root) = &options.root {
        ensure!(root.is_file(), "cannot read {}", root.display());
        boot(&root.display().to_string(), &|_| {
            Ok(Root::Disk(root.clone()))
        });
    }
    for program in &options.programs {
        boot(program, &|log| {
            let path = find(project, packages, program, target, log)?;
            make_root(project, packages, &path, target, log)
        });
    }
    println!("{table}");
    Ok(tally.finish())
}

fn check_arch(path: &Path, expected: Arch) -> Result<()> {
    let found = image::arch(path)?;
    ensure!(
        found == expected,
        "{} is for {found}, not for {expected}",
        path.display()
    );
    Ok(())
}

/// A file as it stands, or a package, which is built.
fn find(
    project: &Project,
    packages: &Packages,
    program: &str,
    target: Target,
    log: &mut Log,
) -> Result<PathBuf> {
    let all = project.programs()?;
    let Some(package) = all.iter().find(|package| package.name.as_str() == program) else {
        let path = PathBuf::from(program);
        if !path.is_file() {
            let names: Vec<&str> = all.iter().map(|package| package.name.as_str()).collect();
            bail!(
                "{program} is neither a file nor one of {}",
                names.join(", ")
            );
        }
        check_arch(&path, target.arch)?;
        return Ok(path);
    };
    let folder = project.made.join("programs").join(target.triple);
    Ok(programs::build(
        project,
        packages,
        package,
        target,
        Variant::default(),
        &folder,
        log,
    )?
    .path)
}

/// A root file system with nothing but the program, as init.
fn make_root(
    project: &Project,
    packages: &Packages,
    program: &Path,
    target: Target,
    log: &mut Log,
) -> Result<Root> {
    let made = project.made.join("vm");
    fs::create_dir_all(&made)?;
    let version = match target.os {
        Os::Linux => {
            let archive = made.join("init.cpio.gz");
            kernel::pack(program, &archive)?;
            return Ok(Root::Ram(archive));
        }
        Os::FreeBsd => 1,
        Os::NetBsd => 2,
    };
    packages.ensure(&[MAKEFS])?;
    let root = made.join("root");
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    for folder in ["dev", "sbin", "tmp"] {
        fs::create_dir_all(root.join(folder))?;
    }
    fs::copy(program, root.join("sbin/init"))?;
    // Owners, and the console's device, which only root could make in the folder.
    let mut list = String::new();
    for folder in [".", "./dev", "./sbin", "./tmp"] {
        list.push_str(&format!("{folder} type=dir mode=0755 uid=0 gid=0\n"));
    }
    list.push_str("./sbin/init type=file mode=0755 uid=0 gid=0\n");
    if target.os == Os::NetBsd {
        let major = match target.arch {
            Arch::X86_64 => 0,
            Arch::Aarch64 => 2,
        };
        list.push_str(&format!(
            "./dev/console type=char mode=0600 uid=0 gid=0 device=netbsd,{major},0\n"
        ));
    }
    let list_path = made.join("root.mtree");
    fs::write(&list_path, list)?;
    let image = made.join("root.img");
    log.run(
        Command::new(MAKEFS.evidence)
            .args([
                "-t",
                "ffs",
                "-s",
                "16m",
                "-o",
                &format!("version={version}"),
                "-F",
            ])
            .args([&list_path, &image, &root]),
    )?;
    Ok(Root::Disk(image))
}

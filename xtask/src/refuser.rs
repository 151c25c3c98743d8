//! Refuses a program of this machine one of its system calls, as a debugger can: the kernel is given the number of no
//! call in its place, and the program an error for an answer.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use nix::libc;
use nix::sys::personality::{self, Persona};
use nix::sys::ptrace;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use wait_timeout::ChildExt;

use crate::log::shell_status;
use crate::run::Outcome;

/// The call that is refused, by its position in the run, the first being 1; and the error's number.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    /// Which call.
    pub position: usize,
    /// The number of the error.
    pub error: i32,
}

/// A program's run to its end.
pub struct Run {
    /// How it ended, and what it printed.
    pub outcome: Outcome,
    /// The calls, up to the refused one.
    pub calls: Vec<&'static str>,
}

/// Runs a program, which has to end within `limit`, and refuses it a call.
pub fn run(
    program: &Path,
    arguments: &[&str],
    refusal: Option<Refusal>,
    limit: Duration,
) -> Result<Run> {
    let mut output = tempfile::tempfile()?;
    let mut child = start(program, arguments, &output, limit)?;
    let mut calls = Vec::new();
    let ended = trace(&mut child, refusal, limit, &mut calls);
    if ended.is_err() {
        // One that has ended by now is no error.
        let _ = child.kill();
        let _ = child.wait();
    }
    let status = ended?;
    let mut text = Vec::new();
    output.seek(SeekFrom::Start(0))?;
    output.read_to_end(&mut text)?;
    Ok(Run {
        outcome: Outcome {
            status,
            output: String::from_utf8_lossy(&text).into_owned(),
        },
        calls,
    })
}

/// Starts a program that waits for its tracer before its first instruction.
fn start(program: &Path, arguments: &[&str], output: &File, limit: Duration) -> Result<Child> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output.try_clone()?);
    // SAFETY: the child makes a few system calls, and allocates nothing.
    unsafe {
        command.pre_exec(move || {
            // A program that runs for ever is killed: while it is traced, nothing else ends it.
            setrlimit(Resource::RLIMIT_CPU, limit.as_secs(), limit.as_secs())?;
            // The same addresses in every run: how many calls there are depends on them.
            personality::set(personality::get()? | Persona::ADDR_NO_RANDOMIZE)?;
            ptrace::traceme()?;
            Ok(())
        });
    }
    command
        .spawn()
        .with_context(|| format!("cannot trace {}", program.display()))
}

/// Follows a program from call to call up to the refused one, and then waits for its end. Gives the status as a shell
/// does.
fn trace(
    child: &mut Child,
    refusal: Option<Refusal>,
    limit: Duration,
    calls: &mut Vec<&'static str>,
) -> Result<i32> {
    let process = Pid::from_raw(child.id().try_into()?);
    let first = waitpid(process, None)?;
    ensure!(
        matches!(first, WaitStatus::Stopped(_, Signal::SIGTRAP)),
        "it did not stop to be traced: {first:?}"
    );
    let options = ptrace::Options::PTRACE_O_TRACESYSGOOD | ptrace::Options::PTRACE_O_EXITKILL;
    ptrace::setoptions(process, options)?;
    loop {
        if let Some(status) = next_stop(process)? {
            return Ok(status);
        }
        let mut registers = ptrace::getregs(process)?;
        calls.push(name(registers.orig_rax));
        let refused = refusal.filter(|refusal| refusal.position == calls.len());
        if refused.is_some() {
            registers.orig_rax = u64::MAX;
            ptrace::setregs(process, registers)?;
        }
        if let Some(status) = next_stop(process)? {
            return Ok(status);
        }
        if let Some(refusal) = refused {
            let mut registers = ptrace::getregs(process)?;
            registers.rax = i64::from(-refusal.error).cast_unsigned();
            ptrace::setregs(process, registers)?;
            ptrace::detach(process, None)?;
            let status = child.wait_timeout(limit)?;
            return Ok(shell_status(status.context("it did not end")?));
        }
    }
}

/// Lets a program run up to the beginning or the end of a call; or gives its status, if it ended.
fn next_stop(process: Pid) -> Result<Option<i32>> {
    let mut signal = None;
    loop {
        ptrace::syscall(process, signal)?;
        match waitpid(process, None)? {
            WaitStatus::PtraceSyscall(_) => return Ok(None),
            WaitStatus::Stopped(_, other) => signal = Some(other),
            WaitStatus::Exited(_, status) => return Ok(Some(status)),
            WaitStatus::Signaled(_, killer, _) => return Ok(Some(128 + killer as i32)),
            other => bail!("it stopped otherwise: {other:?}"),
        }
    }
}

/// The names of the calls that matter here.
fn name(number: u64) -> &'static str {
    match libc::c_long::try_from(number) {
        Ok(libc::SYS_munmap) => "munmap",
        Ok(libc::SYS_pread64) => "pread",
        Ok(libc::SYS_pwrite64) => "pwrite",
        Ok(libc::SYS_write) => "write",
        _ => "another",
    }
}

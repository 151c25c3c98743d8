//! `rawmap-machine`: runs a static FreeBSD or NetBSD program on the instruction-level machine.

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

use lexopt::Arg::{Long, Value};
use lexopt::ValueExt;
use rawmap_machine::{Errno, Error, Exit, Machine, Mode, System};

const USAGE: &str = "usage: rawmap-machine --os freebsd|netbsd [--mode hostile|measured] [--seed N] [--release N] \
[--steps N] [--trace] [--maps] [--fail N:ERRNO] PROGRAM [ARGS...]";

/// The machine itself could not go on: something that it does not model, or no end.
const GIVEN_UP: u8 = 125;
/// What a shell answers for a file that it can't execute.
const NOT_EXECUTABLE: u8 = 126;
/// What a shell answers when it was used wrongly.
const MISUSED: u8 = 2;

/// Standard output that is flushed by every write, so that nothing is lost or late when a program dies.
struct Unbuffered<W>(W);

impl<W: Write> Write for Unbuffered<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(bytes)?;
        self.0.flush()?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

struct Options {
    machine: Machine,
    program: Vec<OsString>,
    /// Whether the mappings at the end are shown.
    maps: bool,
}

fn parse() -> Result<Options, lexopt::Error> {
    let mut parser = lexopt::Parser::from_env();
    let mut system = None;
    let mut mode = Mode::Hostile;
    let mut seed = 0;
    let mut release = None;
    let mut steps = None;
    let mut trace = false;
    let mut maps = false;
    let mut refusals = Vec::new();
    let mut program = Vec::new();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("os") => {
                system = Some(parser.value()?.parse_with(|name| match name {
                    "freebsd" => Ok(System::FreeBsd),
                    "netbsd" => Ok(System::NetBsd),
                    _ => Err("freebsd or netbsd"),
                })?);
            }
            Long("mode") => {
                mode = parser.value()?.parse_with(|name| match name {
                    "hostile" => Ok(Mode::Hostile),
                    "measured" => Ok(Mode::Measured),
                    _ => Err("hostile or measured"),
                })?;
            }
            Long("seed") => seed = parser.value()?.parse()?,
            Long("release") => release = Some(parser.value()?.parse()?),
            Long("steps") => steps = Some(parser.value()?.parse()?),
            Long("trace") => trace = true,
            Long("maps") => maps = true,
            Long("fail") => refusals.push(parser.value()?.parse_with(refusal)?),
            Value(name) => {
                program.push(name);
                program.extend(parser.raw_args()?);
            }
            other => return Err(other.unexpected()),
        }
    }
    let system = system.ok_or("--os is missing")?;
    if program.is_empty() {
        return Err("no program".into());
    }
    let mut machine = Machine::new(system)
        .mode(mode)
        .seed(seed)
        .stdin(io::stdin())
        .stdout(Unbuffered(io::stdout()))
        .stderr(io::stderr());
    if trace {
        machine = machine.trace(io::stderr());
    }
    if let Some(release) = release {
        machine = machine.release(release);
    }
    if let Some(steps) = steps {
        machine = machine.steps(steps);
    }
    for (position, errno) in refusals {
        machine = machine.refuse(position, errno);
    }
    Ok(Options {
        machine,
        program,
        maps,
    })
}

fn refusal(text: &str) -> Result<(u64, Errno), &'static str> {
    text.split_once(':')
        .and_then(|(position, errno)| Some((position.parse().ok()?, Errno(errno.parse().ok()?))))
        .ok_or("POSITION:ERRNO, both numbers")
}

fn main() -> ExitCode {
    let Options {
        machine,
        program,
        maps,
    } = match parse() {
        Ok(options) => options,
        Err(error) => {
            eprintln!("machine: {error}\n{USAGE}");
            return ExitCode::from(MISUSED);
        }
    };
    let file = match std::fs::read(&program[0]) {
        Ok(file) => file,
        Err(error) => {
            eprintln!("machine: {}: {error}", program[0].display());
            return ExitCode::from(NOT_EXECUTABLE);
        }
    };
    let arguments: Vec<&[u8]> = program.iter().map(|name| name.as_bytes()).collect();
    match machine.run::<_, &[u8]>(&file, &arguments, &[]) {
        Ok(outcome) => {
            if let Exit::Signalled(death) = &outcome.exit {
                eprintln!("machine: {death}");
            }
            if maps {
                for mapped in &outcome.mappings {
                    eprintln!("machine: {mapped}");
                }
            }
            eprintln!("machine: {outcome}");
            ExitCode::from(outcome.shell_status())
        }
        Err(error) => {
            eprintln!("machine: {error}");
            ExitCode::from(match error {
                Error::Refused(_) => NOT_EXECUTABLE,
                _ => GIVEN_UP,
            })
        }
    }
}

//! `rawmap-machine`: runs a static FreeBSD or NetBSD program on the instruction-level machine.

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

use lexopt::Arg::{Long, Value};
use lexopt::ValueExt;
use rawmap_machine::{Errno, Exit, Machine, Mode, Outcome, System};

const USAGE: &str = "usage: rawmap-machine --os freebsd|netbsd [--mode hostile|measured] [--seed N] [--trace] \
[--fail N:ERRNO] PROGRAM [ARGS...]";

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
}

fn parse() -> Result<Options, lexopt::Error> {
    let mut parser = lexopt::Parser::from_env();
    let mut system = None;
    let mut mode = Mode::Hostile;
    let mut seed = 0;
    let mut trace = false;
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
            Long("trace") => trace = true,
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
    for (position, errno) in refusals {
        machine = machine.refuse(position, errno);
    }
    Ok(Options { machine, program })
}

fn refusal(text: &str) -> Result<(u64, Errno), &'static str> {
    text.split_once(':')
        .and_then(|(position, errno)| Some((position.parse().ok()?, Errno(errno.parse().ok()?))))
        .ok_or("POSITION:ERRNO, both numbers")
}

fn run(options: Options) -> Result<Outcome, Box<dyn std::error::Error>> {
    let file = std::fs::read(&options.program[0])?;
    let arguments: Vec<&[u8]> = options.program.iter().map(|name| name.as_bytes()).collect();
    Ok(options.machine.run::<_, &[u8]>(&file, &arguments, &[])?)
}

fn main() -> ExitCode {
    let options = match parse() {
        Ok(options) => options,
        Err(error) => {
            eprintln!("machine: {error}\n{USAGE}");
            return ExitCode::from(MISUSED);
        }
    };
    match run(options) {
        Ok(outcome) => {
            if let Exit::Signalled(death) = &outcome.exit {
                eprintln!("machine: {death}");
            }
            eprintln!("machine: {outcome}");
            ExitCode::from(outcome.shell_status())
        }
        Err(error) => {
            eprintln!("machine: {error}");
            ExitCode::from(NOT_EXECUTABLE)
        }
    }
}

//! Runs commands and keeps what they print in a file.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use wait_timeout::ChildExt;

/// A file that collects the commands of one step and what they print.
pub struct Log {
    path: PathBuf,
    file: File,
}

/// How a command ended.
pub struct Finished {
    /// As the system gave it.
    pub status: ExitStatus,
    /// What it printed on both descriptors.
    pub output: String,
}

impl Log {
    /// A new, empty log; `name` becomes a file name.
    pub fn create(folder: &Path, name: &str) -> Result<Log> {
        fs::create_dir_all(folder)?;
        let path = folder.join(format!("{}.log", name.replace(['/', ' '], "-")));
        // Two writers share the file: without append, each would overwrite what the other wrote.
        File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let file = OpenOptions::new().read(true).append(true).open(&path)?;
        Ok(Log { path, file })
    }

    /// Where the log is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a line.
    pub fn note(&mut self, line: &str) -> Result<()> {
        writeln!(self.file, "{line}")?;
        Ok(())
    }

    /// The last lines.
    pub fn tail(&self, lines: usize) -> String {
        let text = fs::read(&self.path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let all: Vec<&str> = text.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    /// Runs a command that has to succeed.
    pub fn run(&mut self, command: &mut Command) -> Result<String> {
        let finished = self.finish(command, None)?;
        if !finished.status.success() {
            bail!("`{}` failed ({})", describe(command), finished.status);
        }
        Ok(finished.output)
    }

    /// Runs a command to its end, which has to come within `limit`.
    pub fn finish(&mut self, command: &mut Command, limit: Option<Duration>) -> Result<Finished> {
        self.note(&format!("$ {}", describe(command)))?;
        let start = self.file.metadata()?.len();
        command
            .stdin(Stdio::null())
            .stdout(self.file.try_clone()?)
            .stderr(self.file.try_clone()?);
        let mut child = spawn(command)?;
        let status = match limit {
            None => child.wait()?,
            Some(limit) => match child.wait_timeout(limit)? {
                Some(status) => status,
                None => {
                    child.kill()?;
                    child.wait()?;
                    bail!(
                        "`{}` did not end within {} s",
                        describe(command),
                        limit.as_secs()
                    );
                }
            },
        };
        let mut output = Vec::new();
        let mut reader = File::open(&self.path)?;
        reader.seek(SeekFrom::Start(start))?;
        reader.read_to_end(&mut output)?;
        Ok(Finished {
            status,
            output: String::from_utf8_lossy(&output).into_owned(),
        })
    }

    /// Runs a command that may go on for ever, until a line of its standard output satisfies `last`, it ends, or
    /// `limit` has passed; then it is killed. Returns the lines and whether the last one satisfied.
    pub fn watch(
        &mut self,
        command: &mut Command,
        limit: Duration,
        last: impl Fn(&str) -> bool,
    ) -> Result<(Vec<String>, Ending)> {
        self.note(&format!("$ {}", describe(command)))?;
        let deadline = Instant::now() + limit;
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(self.file.try_clone()?);
        let mut child = spawn(command)?;
        let incoming = lines_of(&mut child)?;
        let mut lines = Vec::new();
        let ending = loop {
            match incoming.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.note(&line)?;
                    let found = last(&line);
                    lines.push(line);
                    if found {
                        break Ending::Found;
                    }
                }
                Err(RecvTimeoutError::Disconnected) => break Ending::Over,
                Err(RecvTimeoutError::Timeout) => break Ending::TimedOut,
            }
        };
        // Killing a process that has ended already is no error.
        child.kill()?;
        child.wait()?;
        Ok((lines, ending))
    }
}

/// Why a watched command is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// The line that was waited for came.
    Found,
    /// It ended by itself.
    Over,
    /// The time was up.
    TimedOut,
}

/// A thread sends each line as it comes: only a channel can be waited on with a limit.
fn lines_of(child: &mut Child) -> Result<mpsc::Receiver<String>> {
    let output = child.stdout.take().context("the output was not piped")?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(output);
        let mut line = Vec::new();
        while matches!(reader.read_until(b'\n', &mut line), Ok(1..)) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            if sender.send(text).is_err() {
                break;
            }
            line.clear();
        }
    });
    Ok(receiver)
}

fn spawn(command: &mut Command) -> Result<Child> {
    command
        .spawn()
        .with_context(|| format!("cannot run {}", command.get_program().to_string_lossy()))
}

/// The command as one would type it.
pub fn describe(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy()];
    words.extend(command.get_args().map(|word| word.to_string_lossy()));
    words.join(" ")
}

/// The status as a shell gives it: 128 and the signal for a process that was killed.
pub fn shell_status(status: ExitStatus) -> i32 {
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

//! The machine: a processor and a kernel, and programs run on them.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::rc::Rc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use unicorn_engine::uc_error;

use crate::engine::{Engine, ExtendedState};
use crate::errno::Errno;
use crate::image::Refusal;
use crate::kernel::{Failure, Kernel, Next, Setup, Streams};
use crate::outcome::Outcome;
use crate::pool::Pool;
use crate::process::ProcessId;
use crate::registers::{Vectors, vector_count};
use crate::target::{Architecture, Mode, System};

/// The memory that a machine has unless it is told otherwise.
const DEFAULT_MEMORY: u64 = 1 << 30;

/// The steps that a program may make unless it is told otherwise: some seconds of an endless loop.
const DEFAULT_STEPS: u64 = 2_000_000_000;

/// Why a program did not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The kernel does not execute the file.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The host gave no memory.
    #[error("no memory for the machine: {0}")]
    Memory(io::Error),
    /// The emulator failed, which no program should be able to bring about.
    #[error("the processor failed: {0:?}")]
    Processor(uc_error),
    /// Every process waits for another.
    #[error("every process waits for another")]
    Deadlock,
    /// The program wants something that the system has, and the machine does not.
    #[error("not modelled: {0}")]
    NotModelled(String),
    /// The program did not come to an end in as many steps as it was given.
    #[error("no end after {steps} steps, last at {program_counter:#x}")]
    TooLong {
        /// How many were made.
        steps: u64,
        /// The instruction that would have been next.
        program_counter: u64,
    },
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Deadlock => Self::Deadlock,
            Failure::NotModelled(what) => Self::NotModelled(what),
        }
    }
}

impl From<uc_error> for Error {
    fn from(error: uc_error) -> Self {
        Self::Processor(error)
    }
}

/// A machine in the making; [`run`](Self::run) uses it up.
///
/// ```no_run
/// use rawmap_machine::{Exit, Machine, System};
///
/// let program = std::fs::read("demo")?;
/// let outcome = Machine::new(System::NetBsd).seed(7).run(&program, &["demo"], &["HOME=/"])?;
/// assert_eq!(outcome.exit, Exit::Exited(0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Machine {
    setup: Setup,
    memory: u64,
    steps: u64,
}

impl Machine {
    /// A machine that runs programs of `system`, for whichever processor they were compiled.
    #[must_use]
    pub fn new(system: System) -> Self {
        Self {
            setup: Setup {
                system,
                mode: Mode::default(),
                seed: 0,
                release: None,
                refusals: BTreeMap::new(),
                streams: Streams {
                    input: Box::new(io::empty()),
                    output: Box::new(io::sink()),
                    error: Box::new(io::sink()),
                    trace: None,
                },
            },
            memory: DEFAULT_MEMORY,
            steps: DEFAULT_STEPS,
        }
    }

    /// How the kernel uses its freedom; hostile by default.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.setup.mode = mode;
        self
    }

    /// The seed of all garbage and all random placement: the same seed gives the same run.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.setup.seed = seed;
        self
    }

    /// The size of the machine's memory in bytes.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = bytes;
        self
    }

    /// How much the program may execute, all processes together: about one step an instruction, and a thousand a
    /// system call.
    #[must_use]
    pub fn steps(mut self, steps: u64) -> Self {
        self.steps = steps;
        self
    }

    /// The release that the kernel says it is, `kern.osreldate` or `kern.osrevision`; calls that came with a later one
    /// are unknown numbers.
    #[must_use]
    pub fn release(mut self, release: u32) -> Self {
        self.setup.release = Some(release);
        self
    }

    /// Lets the `position`th system call of the run, counted from 1, fail without being looked at.
    #[must_use]
    pub fn refuse(mut self, position: u64, errno: Errno) -> Self {
        self.setup.refusals.insert(position, errno);
        self
    }

    /// What descriptor 0 reads; nothing by default.
    #[must_use]
    pub fn stdin(mut self, input: impl Read + 'static) -> Self {
        self.setup.streams.input = Box::new(input);
        self
    }

    /// Where descriptor 1 leads as it is written, besides into the outcome.
    #[must_use]
    pub fn stdout(mut self, output: impl Write + 'static) -> Self {
        self.setup.streams.output = Box::new(output);
        self
    }

    /// Where descriptor 2 leads as it is written, besides into the outcome.
    #[must_use]
    pub fn stderr(mut self, error: impl Write + 'static) -> Self {
        self.setup.streams.error = Box::new(error);
        self
    }

    /// Writes one line about every system call.
    #[must_use]
    pub fn trace(mut self, trace: impl Write + 'static) -> Self {
        self.setup.streams.trace = Some(Box::new(trace));
        self
    }

    /// Runs a program until its first process has ended.
    ///
    /// The first argument is the program's own name: a program that opens it finds `file` there.
    ///
    /// # Errors
    ///
    /// If the kernel does not execute such a file, or the machine itself fails. A program that dies is no error.
    pub fn run<A: AsRef<[u8]>, E: AsRef<[u8]>>(
        self,
        file: &[u8],
        arguments: &[A],
        environment: &[E],
    ) -> Result<Outcome, Error> {
        let pool = Rc::new(Pool::new(self.memory).map_err(Error::Memory)?);
        let mode = self.setup.mode;
        // A stream of its own: what the kernel draws must not depend on how many vector registers there are.
        let mut vector_random = ChaCha8Rng::seed_from_u64(self.setup.seed);
        vector_random.set_stream(1);
        let kernel = Kernel::boot(
            self.setup,
            &pool,
            file,
            &owned(arguments),
            &owned(environment),
        )?;
        let first = kernel.first();
        let mut engine = Engine::new(kernel.architecture(), &pool, kernel)?;
        if mode == Mode::Hostile {
            // No system promises anything about the vector registers at entry.
            let vectors = garbage(&mut vector_random, engine.table().architecture());
            engine.set_vectors(&vectors)?;
            engine.table_mut().outcome().registers_scrambled += vectors.len() as u64;
        }
        let mut waiting: BTreeMap<ProcessId, ExtendedState> = BTreeMap::new();
        let mut running = first;
        loop {
            let mut registers = engine.table().process().registers.clone();
            let pause_at = engine.table_mut().end_of_share().min(self.steps);
            let event = engine.run(&mut registers, pause_at)?;
            let steps = engine.steps();
            if steps >= self.steps {
                return Err(Error::TooLong {
                    steps,
                    program_counter: registers.program_counter,
                });
            }
            engine.table_mut().handle(event, registers, steps);
            loop {
                if let Next::Finished = engine.table_mut().schedule()? {
                    let outcome = engine.table_mut().outcome();
                    outcome.steps = steps;
                    return Ok(outcome.clone());
                }
                running = switch(&mut engine, &mut waiting, running)?;
                if !engine.table().signal_is_due() {
                    break;
                }
                let vectors = engine.vectors()?;
                engine.table_mut().deliver(&vectors);
            }
            if let Some(vectors) = engine.table_mut().take_vectors() {
                engine.set_vectors(&vectors)?;
            }
        }
    }
}

/// Puts the state of the process that the kernel has chosen into the processor; who that is.
fn switch(
    engine: &mut Engine<Kernel>,
    waiting: &mut BTreeMap<ProcessId, ExtendedState>,
    running: ProcessId,
) -> Result<ProcessId, Error> {
    let next = engine.table().current();
    let living: Vec<ProcessId> = engine.table().living().collect();
    // A process that is new has what its parent, which has just run, had.
    for &id in &living {
        if id != running && !waiting.contains_key(&id) {
            waiting.insert(id, engine.save()?);
        }
    }
    if next != running {
        waiting.insert(running, engine.save()?);
        if let Some(state) = waiting.remove(&next) {
            engine.restore(&state)?;
        }
    }
    waiting.retain(|id, _| living.contains(id));
    Ok(next)
}

fn garbage(random: &mut ChaCha8Rng, architecture: Architecture) -> Vectors {
    let mut vectors = vec![[0; 16]; vector_count(architecture)];
    for vector in &mut vectors {
        random.fill_bytes(vector);
    }
    vectors
}

fn owned<S: AsRef<[u8]>>(strings: &[S]) -> Vec<Vec<u8>> {
    strings
        .iter()
        .map(|string| string.as_ref().to_vec())
        .collect()
}

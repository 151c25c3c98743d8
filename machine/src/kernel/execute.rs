//! `execve`, once, from outside: a program becomes the first process.

use core::ops::Range;
use std::collections::BTreeMap;
use std::rc::Rc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::credentials::Credentials;
use crate::errno::Errno;
use crate::file_system::FileSystem;
use crate::files::Descriptors;
use crate::image::{Image, Refusal, Segment};
use crate::object::ObjectReference;
use crate::outcome::{Exit, Outcome};
use crate::pool::{PAGE, Pool};
use crate::process::{Personality, Process, ProcessId, State};
use crate::registers::Registers;
use crate::signal_state::SignalState;
use crate::space::{
    AddressSpace, Contents, Entry, Implication, Inheritance, Memory, Protection, page_end,
    page_start,
};
use crate::start::{self, Program};
use crate::target::{Architecture, Mode, System, Target};

use super::{Kernel, Streams, freebsd, netbsd};

/// The size of the first thread's stack.
const STACK_SIZE: u64 = 8 << 20;
/// Free space between the stack and the end of the address space.
const ABOVE_STACK: u64 = 16 * PAGE;
/// Where in it FreeBSD's shared page stands, in pages below the end: one of so many.
const SHARED_PAGE: u64 = 8;
/// Where a program goes that can go anywhere.
const DISPLACEMENT: u64 = 0x102_1000;
/// With garbage wanted, it goes up to so many alignments further.
const DISPLACEMENT_SPREAD: u64 = 0x1000;
/// The highest id that the first process has.
const HIGHEST_FIRST_ID: u32 = 30_000;

/// What a run is made of.
pub(crate) struct Setup {
    pub(crate) system: System,
    pub(crate) mode: Mode,
    pub(crate) seed: u64,
    /// What the kernel says that it is, if it is not what was measured.
    pub(crate) release: Option<u32>,
    pub(crate) refusals: BTreeMap<u64, Errno>,
    pub(crate) streams: Streams,
}

impl Kernel {
    /// A kernel with one process, about to execute its first instruction.
    pub(crate) fn boot(
        setup: Setup,
        pool: &Rc<Pool>,
        file: &[u8],
        arguments: &[Vec<u8>],
        environment: &[Vec<u8>],
    ) -> Result<Self, Refusal> {
        let image = Image::parse(file)?;
        let target = Target {
            system: setup.system,
            architecture: image.architecture,
        };
        let mut random = ChaCha8Rng::seed_from_u64(setup.seed);
        let mut personality = match target.system {
            System::FreeBsd => freebsd::brand(&image)?,
            System::NetBsd => netbsd::brand(&image, &mut random)?,
        };
        let files = FileSystem::new(pool, arguments.first().map_or(&[], Vec::as_slice), file);
        let mut space = AddressSpace::new(pool, limits(target), implications(setup.mode));
        let displacement = load(
            &image,
            &files.program(),
            pool,
            &mut space,
            &mut personality,
            displacement(&image, setup.mode, &mut random),
        )?;
        let stack = map_stack(pool, &mut space);
        if target.system == System::FreeBsd {
            personality.signal_trampoline =
                map_trampoline(target, setup.mode, pool, &mut space, &mut random)
                    .ok_or(Refusal::Unsuitable("the program is larger than memory"))?;
        }
        let program = Program {
            entry: image.entry.wrapping_add(displacement),
            headers: image.header_address.wrapping_add(displacement),
            header_count: image.header_count as u64,
            arguments,
            environment,
        };
        let mut registers = Registers::new(target.architecture);
        let mut scrambled = 0;
        if setup.mode == Mode::Hostile {
            for register in &mut registers.general {
                *register = random.next_u64();
                scrambled += 1;
            }
        }
        start::prepare(
            target,
            setup.mode,
            &mut random,
            &space,
            stack,
            &program,
            &mut registers,
        )
        .map_err(|_| Refusal::Unsuitable("the arguments do not fit on the stack"))?;

        let first = match setup.mode {
            Mode::Hostile => 2 + random.next_u32() % HIGHEST_FIRST_ID,
            Mode::Measured => 9,
        };
        let process = Process {
            parent: None,
            thread: 0,
            registers,
            vectors: None,
            space,
            descriptors: Descriptors::standard(),
            credentials: Credentials::default(),
            limits: match target.system {
                System::FreeBsd => freebsd::limits(),
                System::NetBsd => netbsd::limits(pool.length()),
            },
            signals: SignalState::default(),
            personality,
            wires_future: false,
            state: State::Ready,
            in_call: false,
        };
        let release = setup.release.unwrap_or(match target.system {
            System::FreeBsd => freebsd::release::MEASURED,
            System::NetBsd => netbsd::release::MEASURED,
        });
        let mut kernel = Self {
            target,
            mode: setup.mode,
            release,
            random,
            pool: Rc::clone(pool),
            processes: BTreeMap::from([(first, process)]),
            first,
            current: first,
            last_id: first,
            yields: false,
            steps: 0,
            slept: 0,
            files,
            shared_memory: BTreeMap::new(),
            streams: setup.streams,
            refusals: setup.refusals,
            calls_made: 0,
            outcome: Outcome {
                target,
                exit: Exit::Exited(0),
                stdout: Vec::new(),
                stderr: Vec::new(),
                calls: BTreeMap::new(),
                registers_scrambled: scrambled,
                signals_handled: 0,
                steps: 0,
                mappings: Vec::new(),
            },
            failure: None,
        };
        kernel.process_mut().thread = kernel.new_thread_id(first);
        Ok(kernel)
    }

    pub(crate) fn first(&self) -> ProcessId {
        self.first
    }

    pub(crate) fn architecture(&self) -> Architecture {
        self.target.architecture
    }
}

/// The addresses that a program can have; both systems refuse the first page. The ends are VM_MAXUSER_ADDRESS in each
/// system's vmparam.h.
fn limits(target: Target) -> Range<u64> {
    let end = match (target.system, target.architecture) {
        (System::FreeBsd, Architecture::X86_64) => 1 << 47,
        (System::FreeBsd, Architecture::Aarch64) => 1 << 48,
        (System::NetBsd, Architecture::X86_64) => (0x7f80 << 32) - PAGE,
        (System::NetBsd, Architecture::Aarch64) => (1 << 48) - PAGE,
    };
    PAGE..end
}

/// Hardware that can't keep loads from memory that is written or executed; a program can't count on that.
fn implications(mode: Mode) -> &'static [Implication] {
    match mode {
        Mode::Measured => &[
            Implication {
                given: Protection::WRITE,
                also: Protection::READ,
            },
            Implication {
                given: Protection::EXECUTE,
                also: Protection::READ,
            },
        ],
        Mode::Hostile => &[],
    }
}

fn displacement(image: &Image, mode: Mode, random: &mut ChaCha8Rng) -> u64 {
    if !image.position_independent {
        return 0;
    }
    let alignment = image
        .segments
        .iter()
        .map(|segment| segment.alignment)
        .fold(PAGE, u64::max);
    let least = DISPLACEMENT.next_multiple_of(alignment);
    match mode {
        Mode::Measured => least,
        Mode::Hostile => least + random.next_u64() % DISPLACEMENT_SPREAD * alignment,
    }
}

/// Maps every segment; the displacement that was used.
fn load(
    image: &Image,
    file: &ObjectReference,
    pool: &Rc<Pool>,
    space: &mut AddressSpace,
    personality: &mut Personality,
    displacement: u64,
) -> Result<u64, Refusal> {
    let (first, last) = image.extent();
    let bounds = first
        .checked_add(displacement)
        .zip(last.checked_add(displacement));
    let fits = bounds.is_some_and(|(first, last)| {
        space.contains_range(&(page_start(first)..last)) && last < space.limits().end - STACK_SIZE
    });
    if !fits {
        return Err(Refusal::Unsuitable(
            "the program asks for addresses it can't have",
        ));
    }
    for segment in &image.segments {
        if segment.address % PAGE != segment.file_offset % PAGE {
            return Err(Refusal::Unsuitable(
                "a segment stands otherwise in its page than in the file",
            ));
        }
        load_segment(segment, file, pool, space, personality, displacement)
            .ok_or(Refusal::Unsuitable("the program is larger than memory"))?;
    }
    personality.text_start = page_start(first + displacement);
    let data = image
        .segments
        .iter()
        .rfind(|segment| segment.protection.contains(Protection::WRITE));
    personality.data_start = data.map_or(last, |segment| segment.address) + displacement;
    personality.data_start = page_start(personality.data_start);
    Ok(displacement)
}

fn load_segment(
    segment: &Segment,
    file: &ObjectReference,
    pool: &Rc<Pool>,
    space: &mut AddressSpace,
    personality: &Personality,
    displacement: u64,
) -> Option<()> {
    let start = page_start(segment.address + displacement);
    let file_end = segment.address + displacement + segment.file_size;
    let memory_end = page_end(segment.end() + displacement);
    let maximum = if personality.restricts_protections {
        segment.protection
    } else {
        Protection::all()
    };
    let entry = |end, memory| Entry {
        end,
        protection: segment.protection,
        maximum,
        inheritance: Inheritance::Copy,
        wired: false,
        stack: false,
        contents: Contents::Memory(memory),
    };
    let file_pages = start..if segment.file_size > 0 {
        page_end(file_end)
    } else {
        start
    };
    if !file_pages.is_empty() {
        let memory = Memory::of_object(pool, file, segment.file_offset / PAGE, false);
        if segment.memory_size > segment.file_size && !file_end.is_multiple_of(PAGE) {
            // What follows the file's part of the last page is zero, not what the file has there.
            let last = (file_pages.end - start) / PAGE - 1;
            let source = file
                .borrow_mut()
                .page(segment.file_offset / PAGE + last)
                .ok()?;
            let frame = memory.top.borrow_mut().copy_in(last, source).ok()?;
            let used = (file_end % PAGE) as usize;
            pool.write(frame, used as u64, &[0; PAGE as usize][used..]);
        }
        space.insert(start, entry(file_pages.end, memory));
    }
    if file_pages.end < memory_end {
        space.insert(
            file_pages.end,
            entry(memory_end, Memory::anonymous(pool, false)),
        );
    }
    Some(())
}

/// Maps the stack; its upper end.
fn map_stack(pool: &Rc<Pool>, space: &mut AddressSpace) -> u64 {
    let end = space.limits().end - ABOVE_STACK;
    let entry = Entry {
        end,
        protection: Protection::READ | Protection::WRITE,
        maximum: Protection::all(),
        inheritance: Inheritance::Copy,
        wired: false,
        stack: true,
        contents: Contents::Memory(Memory::anonymous(pool, false)),
    };
    space.insert(end - STACK_SIZE, entry);
    end
}

/// Maps FreeBSD's shared page with the code around signal handlers; the address of the code.
fn map_trampoline(
    target: Target,
    mode: Mode,
    pool: &Rc<Pool>,
    space: &mut AddressSpace,
    random: &mut ChaCha8Rng,
) -> Option<u64> {
    let pages = match mode {
        Mode::Measured => SHARED_PAGE,
        Mode::Hostile => 1 + random.next_u64() % SHARED_PAGE,
    };
    let start = space.limits().end - pages * PAGE;
    let memory = Memory::anonymous(pool, true);
    let frame = memory.top.borrow_mut().page(0).ok()?;
    pool.write(frame, 0, &freebsd::trampoline(target.architecture));
    let entry = Entry {
        end: start + PAGE,
        protection: Protection::READ | Protection::EXECUTE,
        maximum: Protection::READ | Protection::EXECUTE,
        inheritance: Inheritance::Share,
        wired: false,
        stack: false,
        contents: Contents::Memory(memory),
    };
    space.insert(start, entry);
    Some(start)
}

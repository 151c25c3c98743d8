//! Programs made of steps that are the same on all four targets: each step works on words of the data.

use rawmap_machine::{Architecture, Machine, Mode, Outcome, System, Target};

use super::{CODE, DATA, Program, report};
use crate::{aarch64, x86_64};

/// What a step works on.
#[derive(Clone, Copy)]
pub enum Value {
    /// A constant.
    Number(u64),
    /// The word at this index of the data.
    Word(usize),
    /// The address of that word.
    Address(usize),
}

pub use Value::{Address, Number, Word};

/// The system's number of a call.
#[derive(Clone, Copy)]
pub struct Call {
    pub freebsd: u32,
    pub netbsd: u32,
}

const fn call(freebsd: u32, netbsd: u32) -> Call {
    Call { freebsd, netbsd }
}

pub const EXIT: Call = call(1, 1);
pub const FORK: Call = call(2, 2);
pub const READ: Call = call(3, 3);
pub const WRITE: Call = call(4, 4);
pub const OPEN: Call = call(5, 5);
pub const CLOSE: Call = call(6, 6);
pub const UNLINK: Call = call(10, 10);
pub const GETPID: Call = call(20, 20);
pub const SETUID: Call = call(23, 23);
pub const KILL: Call = call(37, 37);
pub const MUNMAP: Call = call(73, 73);
pub const MPROTECT: Call = call(74, 74);
pub const MADVISE: Call = call(75, 75);
pub const MINCORE: Call = call(78, 78);
pub const FCNTL: Call = call(92, 92);
pub const SETRLIMIT: Call = call(195, 195);
pub const SYSCTL: Call = call(202, 202);
pub const MLOCK: Call = call(203, 203);
pub const MUNLOCK: Call = call(204, 204);
pub const MLOCKALL: Call = call(324, 242);
pub const MINHERIT: Call = call(250, 273);
pub const MSYNC: Call = call(65, 277);
pub const SCHED_YIELD: Call = call(331, 350);
pub const SIGPROCMASK: Call = call(340, 293);
pub const SIGALTSTACK: Call = call(53, 281);
pub const PIPE2: Call = call(542, 453);
pub const CLOCK_GETTIME: Call = call(232, 427);
pub const NANOSLEEP: Call = call(240, 430);
pub const GETRANDOM: Call = call(563, 91);
const SIGACTION: Call = call(416, 340);
const SIGRETURN: Call = call(417, 308);
const WAIT4: Call = call(7, 449);
const MMAP: Call = call(477, 197);
const FTRUNCATE: Call = call(480, 201);
const MEMORY_FILE: Call = call(571, 500);

pub const READ_WRITE: u64 = 3;
pub const PRIVATE: u64 = 2;
pub const SHARED: u64 = 1;
pub const FIXED: u64 = 0x10;
pub const ANONYMOUS: u64 = 0x1000;

/// No descriptor.
pub const NOWHERE: Value = Number(u64::MAX);

/// Where the script keeps what it needs for itself, in words from the end of the data.
const SCRATCH: usize = 8 * 1024 - 64;

/// A program in the making.
pub struct Script {
    pub target: Target,
    code: Vec<u8>,
}

impl Script {
    pub fn new(target: Target) -> Self {
        Self {
            target,
            code: Vec::new(),
        }
    }

    fn here(&self) -> u64 {
        CODE + self.code.len() as u64
    }

    pub fn emit(&mut self, code: impl IntoIterator<Item = u8>) {
        self.code.extend(code);
    }

    fn is_x86(&self) -> bool {
        self.target.architecture == Architecture::X86_64
    }

    /// Puts a value into a register: by its number in the encoding of x86_64, or `x`.
    fn load(&mut self, register: u8, value: Value) {
        let number = match value {
            Number(number) => number,
            Word(index) | Address(index) => DATA + 8 * index as u64,
        };
        let is_word = matches!(value, Word(_));
        if self.is_x86() {
            self.emit(x86_64! { mov Rq(register), QWORD number as i64 });
            if is_word {
                self.emit(x86_64! { mov Rq(register), [Rq(register)] });
            }
        } else {
            let part = |shift: u32| (number >> shift) as u32 & 0xffff;
            let (a, b, c, d) = (part(0), part(16), part(32), part(48));
            self.emit(aarch64! {
                movz X(register), a;
                movk X(register), b, lsl #16;
                movk X(register), c, lsl #32;
                movk X(register), d, lsl #48
            });
            if is_word {
                self.emit(aarch64! { ldr X(register), [X(register)] });
            }
        }
    }

    /// Register for the address of a step, and for its value.
    const ADDRESS: u8 = 11;
    const VALUE: u8 = 10;

    /// `into = value`
    pub fn set(&mut self, into: usize, value: Value) {
        self.load(Self::VALUE, value);
        self.store_value(Address(into));
    }

    fn store_value(&mut self, at: Value) {
        self.load(Self::ADDRESS, at);
        let code = if self.is_x86() {
            x86_64! { mov [r11], r10 }
        } else {
            aarch64! { str x10, [x11] }
        };
        self.emit(code);
    }

    /// `into += value`
    pub fn add(&mut self, into: usize, value: Value) {
        self.load(Self::ADDRESS, Word(into));
        self.load(Self::VALUE, value);
        let code = if self.is_x86() {
            x86_64! { add r10, r11 }
        } else {
            aarch64! { add x10, x10, x11 }
        };
        self.emit(code);
        self.store_value(Address(into));
    }

    /// Stores a word where another points to.
    pub fn store(&mut self, at: Value, value: Value) {
        self.load(Self::VALUE, value);
        self.store_value(at);
    }

    /// Loads a word from where another points to.
    pub fn fetch(&mut self, into: usize, from: Value) {
        self.load(Self::ADDRESS, from);
        let code = if self.is_x86() {
            x86_64! { mov r10, [r11] }
        } else {
            aarch64! { ldr x10, [x11] }
        };
        self.emit(code);
        self.store_value(Address(into));
    }

    /// Makes a call: its result is put `into` a word, and the carry flag into the next.
    pub fn call(&mut self, call: Call, arguments: &[Value], into: usize) {
        const X86_64_ARGUMENTS: [u8; 6] = [7, 6, 2, 10, 8, 9];
        let number = match self.target.system {
            System::FreeBsd => call.freebsd,
            System::NetBsd => call.netbsd,
        };
        if self.is_x86() {
            self.emit(x86_64! { mov rbp, rsp; and rsp, -16; sub rsp, 64 });
            for (&value, place) in arguments.iter().skip(6).zip(1_i32..) {
                self.load(0, value);
                self.emit(x86_64! { mov [rsp + 8 * place], rax });
            }
            for (&value, register) in arguments.iter().zip(X86_64_ARGUMENTS) {
                self.load(register, value);
            }
            let result = (DATA + 8 * into as u64) as i64;
            self.emit(x86_64! {
                mov eax, number as i32; syscall;
                mov rcx, QWORD result; mov [rcx], rax; mov eax, 0; setc al; mov [rcx + 8], rax;
                mov rsp, rbp
            });
        } else {
            for (&value, register) in arguments.iter().zip(0..8) {
                self.load(register, value);
            }
            self.emit(match self.target.system {
                System::FreeBsd => aarch64! { movz x8, number; svc #0 },
                System::NetBsd => aarch64! { svc number },
            });
            self.emit(aarch64! { mov x12, x0; cset x13, cs });
            self.load(Self::ADDRESS, Address(into));
            self.emit(aarch64! { stp x12, x13, [x11] });
        }
    }

    /// `mmap`, with the padding where the system has it.
    pub fn map(&mut self, arguments: [Value; 6], into: usize) {
        let [address, length, protection, flags, descriptor, offset] = arguments;
        match self.target.system {
            System::FreeBsd => self.call(
                MMAP,
                &[address, length, protection, flags, descriptor, offset],
                into,
            ),
            System::NetBsd => self.call(
                MMAP,
                &[
                    address,
                    length,
                    protection,
                    flags,
                    descriptor,
                    Number(0x77),
                    offset,
                ],
                into,
            ),
        }
    }

    /// New anonymous memory, readable and writable.
    pub fn map_anonymous(&mut self, pages: u64, kind: u64, into: usize) {
        self.map(
            [
                Number(0),
                Number(pages * 4096),
                Number(READ_WRITE),
                Number(kind | ANONYMOUS),
                NOWHERE,
                Number(0),
            ],
            into,
        );
    }

    /// An object of memory that can be sealed.
    pub fn memory_file(&mut self, into: usize) {
        match self.target.system {
            // An object without a name, to read and write, that grows when it is written.
            System::FreeBsd => self.call(
                MEMORY_FILE,
                &[Number(1), Number(2), Number(0o600), Number(3), Number(0)],
                into,
            ),
            System::NetBsd => {
                self.set(SCRATCH, Number(u64::from(b'm')));
                self.call(MEMORY_FILE, &[Address(SCRATCH), Number(2)], into);
            }
        }
    }

    pub fn truncate(&mut self, descriptor: Value, length: u64, into: usize) {
        match self.target.system {
            System::FreeBsd => self.call(FTRUNCATE, &[descriptor, Number(length)], into),
            System::NetBsd => {
                self.call(FTRUNCATE, &[descriptor, Number(0x77), Number(length)], into);
            }
        }
    }

    /// A string in the words from `into` on.
    pub fn text(&mut self, into: usize, text: &str) {
        let mut bytes = text.as_bytes().to_vec();
        bytes.push(0);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        for (index, word) in bytes.chunks_exact(8).enumerate() {
            let word = u64::from_le_bytes(word.try_into().expect("eight bytes"));
            self.set(into + index, Number(word));
        }
    }

    /// Code that is only executed when it is called; its address.
    pub fn function(&mut self, body: impl FnOnce(&mut Self)) -> u64 {
        let jump = self.code.len();
        let room = if self.is_x86() {
            x86_64! { jmp BYTE 0; nop; nop; nop }
        } else {
            aarch64! { nop }
        };
        self.emit(room);
        let start = self.here();
        body(self);
        let over = if self.is_x86() {
            let distance = (self.code.len() - jump - 5) as i32;
            let mut code = vec![0xe9];
            code.extend(distance.to_le_bytes());
            code
        } else {
            let distance = (self.code.len() - jump) as u32 / 4;
            (0x1400_0000 | distance).to_le_bytes().to_vec()
        };
        self.code[jump..jump + over.len()].copy_from_slice(&over);
        start
    }

    pub fn give_back(&mut self) {
        let code = if self.is_x86() {
            x86_64! { ret }
        } else {
            aarch64! { ret }
        };
        self.emit(code);
    }

    /// Executes the body if a word is 0.
    pub fn if_zero(&mut self, word: usize, body: impl FnOnce(&mut Self)) {
        self.load(Self::VALUE, Word(word));
        let test = if self.is_x86() {
            x86_64! { test r10, r10; jne >over; over: }
        } else {
            aarch64! { nop }
        };
        // The jump is written once it is known how far it goes.
        self.emit(test);
        let jump = self.code.len();
        if self.is_x86() {
            self.code.truncate(jump - 6);
            self.code.extend([0x0f, 0x85, 0, 0, 0, 0]);
        }
        body(self);
        if self.is_x86() {
            let distance = (self.code.len() - jump) as i32;
            self.code[jump - 4..jump].copy_from_slice(&distance.to_le_bytes());
        } else {
            let distance = (self.code.len() - (jump - 4)) as u32 / 4;
            let branch = 0xb500_0000 | distance << 5 | u32::from(Self::VALUE);
            self.code[jump - 4..jump].copy_from_slice(&branch.to_le_bytes());
        }
    }

    /// Waits, without a call, until the word that another points to is not 0.
    pub fn spin(&mut self, at: Value) {
        self.load(Self::ADDRESS, at);
        let code = if self.is_x86() {
            x86_64! { again:; mov r10, [r11]; test r10, r10; je <again }
        } else {
            aarch64! { again:; ldr x10, [x11]; cbz x10, <again }
        };
        self.emit(code);
    }

    /// A child executes the body and exits with `code`; its status is put `into` a word, and its id into the next.
    pub fn child(&mut self, body: impl FnOnce(&mut Self), code: u64, into: usize) {
        self.call(FORK, &[], into + 1);
        self.if_zero(into + 1, |script| {
            body(script);
            script.call(EXIT, &[Number(code)], SCRATCH);
        });
        self.wait(into);
    }

    /// Waits for any child; its status is put `into` a word.
    pub fn wait(&mut self, into: usize) {
        self.set(into, Number(0));
        let arguments = [NOWHERE, Address(into), Number(0), Number(0)];
        self.call(WAIT4, &arguments, SCRATCH + 2);
    }

    /// Installs a handler with `SA_SIGINFO` and other flags.
    pub fn handle(&mut self, signal: u8, handler: u64, flags: u64, into: usize) {
        let action = SCRATCH + 8;
        for word in 0..4 {
            self.set(action + word, Number(0));
        }
        self.set(action, Number(handler));
        let flags = Number(flags | 0x40);
        let signal = Number(signal.into());
        match self.target.system {
            System::FreeBsd => {
                self.set(action + 1, flags);
                self.call(SIGACTION, &[signal, Address(action), Number(0)], into);
            }
            System::NetBsd => {
                self.set(action + 3, flags);
                let trampoline = self.trampoline();
                self.call(
                    SIGACTION,
                    &[
                        signal,
                        Address(action),
                        Number(0),
                        Number(trampoline),
                        Number(2),
                    ],
                    into,
                );
            }
        }
    }

    /// NetBSD: what a handler returns to.
    fn trampoline(&mut self) -> u64 {
        let number = SIGRETURN.netbsd;
        let code = if self.is_x86() {
            x86_64! { mov rdi, r15; mov eax, number as i32; syscall; ud2 }
        } else {
            aarch64! { mov x0, x28; svc number; brk #1 }
        };
        self.function(|script| script.emit(code))
    }

    /// The first step of a handler: its three arguments are put into words.
    pub fn take_arguments(&mut self, into: usize) {
        let place = (DATA + 8 * into as u64) as i64;
        if self.is_x86() {
            self.emit(x86_64! {
                mov r10, QWORD place; mov [r10], rdi; mov [r10 + 8], rsi; mov [r10 + 16], rdx
            });
        } else {
            self.load(Self::ADDRESS, Address(into));
            self.emit(aarch64! { stp x0, x1, [x11]; str x2, [x11, #16] });
        }
    }

    /// The program, which shows its first words at the end.
    pub fn finish(mut self, words: usize) -> Vec<u8> {
        let end = report(self.target, words);
        self.emit(end);
        self.code
    }

    /// Runs the program and returns its first words.
    pub fn run(self, mode: Mode, seed: u64, words: usize) -> Vec<u64> {
        let machine = Machine::new(self.target.system).mode(mode).seed(seed);
        self.run_on(machine, words).1
    }

    /// The same on a machine that was prepared.
    pub fn run_on(self, machine: Machine, words: usize) -> (Outcome, Vec<u64>) {
        let target = self.target;
        let outcome = Program::new(target, self.finish(words)).run(machine);
        assert_eq!(outcome.exit, rawmap_machine::Exit::Exited(0), "{target}");
        let words = super::words(&outcome);
        (outcome, words)
    }
}

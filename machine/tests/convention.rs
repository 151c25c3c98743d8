//! The calling conventions: where a call is taken from, and what it leaves behind.

mod program;

use std::collections::BTreeSet;

use program::*;
use rawmap_machine::{Errno, Error, Exit, Machine, Mode, Signal, Target};

/// What every register holds before the call, but for those that the call is made with.
fn pattern(register: usize) -> u64 {
    0x1100 + register as u64
}

/// In the encoding's order: rax rcx rdx rbx rsp rbp rsi rdi r8…r15.
const X86_64_NAMES: [&str; 16] = [
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
    "r14", "r15",
];
const RSP: usize = 4;
const RDI: usize = 7;
/// aarch64: holds the address of the data.
const BASE: usize = 28;

/// Makes one call with two arguments, and reports all registers and the flags.
fn observe(target: Target, number: u32, arguments: [u64; 2]) -> Vec<u8> {
    let data = DATA as i32;
    let mut code = match target {
        FREEBSD_X86_64 | NETBSD_X86_64 => {
            let mut code = Vec::new();
            for register in (0..16_u8).filter(|&register| usize::from(register) != RSP) {
                let value = pattern(register.into()) as i64;
                code.extend(x86_64! { mov Rq(register), QWORD value });
            }
            let (first, second) = (arguments[0] as i64, arguments[1] as i64);
            code.extend(x86_64! {
                mov eax, number as i32; mov rdi, QWORD first; mov rsi, QWORD second;
                syscall;
                mov [data], rax
            });
            for register in (1..16_u8).filter(|&register| usize::from(register) != RSP) {
                let place = data + 8 * i32::from(register);
                code.extend(x86_64! { mov [place], Rq(register) });
            }
            let place = data + 8 * 16;
            code.extend(x86_64! { pushfq; pop rax; mov [place], rax });
            code
        }
        FREEBSD_AARCH64 | NETBSD_AARCH64 => {
            let mut code = Vec::new();
            for register in 0..31_u8 {
                let value = pattern(register.into()) as u32;
                code.extend(aarch64! { movz X(register), value });
            }
            let (first, second) = (arguments[0] as u32, arguments[1] as u32);
            code.extend(aarch64! {
                movz x28, #0x50, lsl #16;
                movz x0, first; movz x1, second;
                movz x8, number; movz x17, number;
                svc #0;
                str x0, [x28]
            });
            for register in 1..31_u8 {
                let place = 8 * u32::from(register);
                code.extend(aarch64! { str X(register), [x28, place] });
            }
            code.extend(aarch64! { mrs x9, #0x5a10; str x9, [x28, #248] });
            code
        }
    };
    code.extend(report(target, 32));
    code
}

struct Seen {
    registers: Vec<u64>,
    carry: bool,
}

fn see(target: Target, mode: Mode, seed: u64, number: u32, arguments: [u64; 2]) -> Seen {
    let outcome = run(target, mode, seed, observe(target, number, arguments));
    let words = words(&outcome);
    let (count, carry) = match target {
        FREEBSD_X86_64 | NETBSD_X86_64 => (16, words[16] & 1 != 0),
        _ => (31, words[31] & 1 << 29 != 0),
    };
    Seen {
        registers: words[..count].to_vec(),
        carry,
    }
}

fn name(target: Target, register: usize) -> String {
    match target {
        FREEBSD_X86_64 | NETBSD_X86_64 => X86_64_NAMES[register].to_owned(),
        _ => format!("x{register}"),
    }
}

/// What abi.md lists as changed by every call, besides the result.
fn undefined(target: Target) -> BTreeSet<&'static str> {
    match target {
        FREEBSD_X86_64 => ["rcx", "rdx", "r8", "r9", "r10", "r11"].into(),
        NETBSD_X86_64 => ["rcx", "rdx", "r11"].into(),
        _ => ["x1"].into(),
    }
}

fn before(target: Target, register: usize, number: u32, arguments: [u64; 2]) -> u64 {
    match (target, register) {
        (FREEBSD_X86_64 | NETBSD_X86_64, RDI) | (FREEBSD_AARCH64 | NETBSD_AARCH64, 0) => {
            arguments[0]
        }
        (FREEBSD_X86_64 | NETBSD_X86_64, 6) | (FREEBSD_AARCH64 | NETBSD_AARCH64, 1) => arguments[1],
        (FREEBSD_AARCH64 | NETBSD_AARCH64, 8 | 17) => number.into(),
        (FREEBSD_AARCH64 | NETBSD_AARCH64, BASE) => DATA,
        _ => pattern(register),
    }
}

const GETPID: u32 = 20;
const MUNMAP: u32 = 73;
const EINVAL: u64 = 22;

#[test]
fn registers_that_a_call_may_change_are_scrambled_and_no_other() {
    let (mut scrambled, mut kept) = (0, 0);
    for target in TARGETS {
        for (number, arguments, fails) in [(GETPID, [7, 8], false), (MUNMAP, [1, 0x1111], true)] {
            let seen: Vec<Seen> = (1..=3)
                .map(|seed| see(target, Mode::Hostile, seed, number, arguments))
                .collect();
            for seen in &seen {
                assert_eq!(seen.carry, fails, "{target}: carry after {number}");
                if fails {
                    assert_eq!(seen.registers[0], EINVAL, "{target}: a positive errno");
                }
            }
            for register in 1..seen[0].registers.len() {
                let name = name(target, register);
                if name == "rsp" {
                    continue;
                }
                let values: BTreeSet<u64> =
                    seen.iter().map(|seen| seen.registers[register]).collect();
                let before = before(target, register, number, arguments);
                if undefined(target).contains(name.as_str()) {
                    assert_eq!(
                        values.len(),
                        3,
                        "{target}: {name} is the same for all seeds"
                    );
                    assert!(
                        !values.contains(&before) && !values.contains(&0),
                        "{target}: {name} is not garbage"
                    );
                    scrambled += 3;
                } else {
                    assert_eq!(values, [before].into(), "{target}: {name} after {number}");
                    kept += 3;
                }
            }
        }
    }
    assert_eq!(scrambled, 3 * 2 * (6 + 3 + 1 + 1));
    assert!(kept > 0);
    println!("{scrambled} registers scrambled, {kept} kept");
}

#[test]
fn measured_mode_leaves_what_real_kernels_left() {
    let mut checked = 0;
    for target in TARGETS {
        for (number, arguments, fails) in [(GETPID, [7, 8], false), (MUNMAP, [1, 0x1111], true)] {
            let seen = see(target, Mode::Measured, 1, number, arguments);
            assert_eq!(seen.carry, fails);
            for register in 1..seen.registers.len() {
                let name = name(target, register);
                let before = before(target, register, number, arguments);
                let expected = match (target, name.as_str()) {
                    // The instruction itself leaves these: the return address and the flags.
                    (_, "rcx" | "r11" | "rsp") => continue,
                    (FREEBSD_X86_64, "r8" | "r9" | "r10") => 0,
                    // NetBSD's getpid has the parent for its second value.
                    (NETBSD_X86_64, "rdx") | (NETBSD_AARCH64, "x1") if !fails => 1,
                    (FREEBSD_AARCH64, "x1") if !fails => 0,
                    _ => before,
                };
                assert_eq!(seen.registers[register], expected, "{target}: {name}");
                checked += 1;
            }
        }
    }
    assert!(checked > 0);
    println!("{checked} registers as measured");
}

/// An anonymous mapping whose offset is 16 in one place, and 32 where an offset must not be taken from.
fn netbsd_mmap(stack_pointer: i64) -> Vec<u8> {
    let data = DATA as i32;
    let stack = (DATA + 0x1000) as i32;
    let mut code = x86_64! {
        mov rsp, QWORD stack_pointer;
        mov DWORD [stack + 8], 16; mov DWORD [stack], 64;
        mov eax, 197; xor edi, edi; mov esi, 4096; mov edx, 3; mov r10d, 0x1002; mov r8, -1; mov r9d, 32;
        syscall;
        mov [data], rax; setc [data + 8]
    };
    code.extend(report(NETBSD_X86_64, 2));
    code
}

#[test]
fn netbsd_on_x86_64_takes_the_offset_of_mmap_from_the_stack() {
    let good = run(
        NETBSD_X86_64,
        Mode::Hostile,
        1,
        netbsd_mmap(DATA as i64 + 0x1000),
    );
    let seen = words(&good);
    assert_eq!(seen[1], 0);
    assert_eq!(
        seen[0] % 4096,
        16,
        "the offset's remainder is added to the address"
    );
    let unreadable = run(NETBSD_X86_64, Mode::Hostile, 1, netbsd_mmap(0x10_0000));
    assert_eq!(words(&unreadable), [14, 1], "EFAULT and carry");
    println!("2 places of an argument on the stack");
}

#[test]
fn netbsd_on_aarch64_takes_the_number_from_the_instruction() {
    // Whatever x8 and x17 hold, exit for instance.
    let programs = [
        (
            "svc #20",
            aarch64! { movz x8, #1; movz x17, #1; svc #20; movz x9, #0x50, lsl #16; str x0, [x9] },
        ),
        (
            "svc #0",
            aarch64! { movz x8, #1; movz x17, #20; svc #0; movz x9, #0x50, lsl #16; str x0, [x9] },
        ),
        (
            "svc #198",
            aarch64! { movz x8, #1; movz x17, #20; svc #198; movz x9, #0x50, lsl #16; str x0, [x9] },
        ),
        (
            "svc #532",
            aarch64! { movz x8, #1; movz x17, #1; svc #532; movz x9, #0x50, lsl #16; str x0, [x9] },
        ),
    ];
    for (name, mut code) in programs.clone() {
        code.extend(report(NETBSD_AARCH64, 1));
        let outcome = run(NETBSD_AARCH64, Mode::Hostile, 1, code);
        assert!(words(&outcome)[0] > 1, "{name} answers a process id");
        assert_eq!(outcome.calls["getpid"], 1, "{name}");
    }
    println!("{} encodings", programs.len());
}

#[test]
fn indirect_calls_shift_the_arguments_where_the_kernel_does() {
    let programs = [
        (
            FREEBSD_X86_64,
            x86_64! { mov eax, 0; mov edi, 1; mov esi, 42; syscall; ud2 },
        ),
        (
            FREEBSD_X86_64,
            x86_64! { mov eax, 198; mov edi, 1; mov esi, 42; syscall; ud2 },
        ),
        (
            NETBSD_X86_64,
            x86_64! { mov eax, 0; mov edi, 1; mov esi, 42; syscall; ud2 },
        ),
        (
            NETBSD_X86_64,
            x86_64! { mov eax, 198; mov edi, 513; mov esi, 42; syscall; ud2 },
        ),
        (
            FREEBSD_AARCH64,
            aarch64! { movz x8, #0; movz x0, #1; movz x1, #42; svc #0; brk #1 },
        ),
        (
            FREEBSD_AARCH64,
            aarch64! { movz x8, #198; movz x0, #1; movz x1, #42; svc #0; brk #1 },
        ),
        (
            NETBSD_AARCH64,
            aarch64! { movz x17, #1; movz x0, #42; movz x1, #7; svc #198; brk #1 },
        ),
    ];
    for (target, code) in programs.clone() {
        let outcome = run(target, Mode::Hostile, 1, code);
        assert_eq!(outcome.exit, Exit::Exited(42), "{target}");
    }
    println!("{} indirect calls", programs.len());
}

#[test]
fn numbers_that_the_kernel_does_not_know_kill() {
    // The instruction after the `mov`s is the one to blame; the counter stands behind it.
    let programs = [
        (FREEBSD_X86_64, x86_64! { mov eax, 650; syscall }, 650),
        (NETBSD_X86_64, x86_64! { mov eax, 511; syscall }, 511),
        (FREEBSD_AARCH64, aarch64! { movz x8, #650; svc #0 }, 650),
        (NETBSD_AARCH64, aarch64! { movz x8, #20; svc #511 }, 511),
        // FreeBSD takes the number as it is: 2068 is not 20.
        (FREEBSD_X86_64, x86_64! { mov eax, 2068; syscall }, 2068),
    ];
    for (target, code, number) in programs.clone() {
        let end = CODE + code.len() as u64;
        let Exit::Signalled(death) = run(target, Mode::Hostile, 1, code).exit else {
            panic!("{target} survives system call {number}");
        };
        assert_eq!(death.signal, Signal::SIGSYS);
        assert_eq!(death.why, format!("unknown system call {number}"));
        assert_eq!(death.program_counter, end);
    }
    println!("{} unknown numbers", programs.len());
}

/// A call that the system has and the machine has not says nothing about the program.
#[test]
fn calls_that_are_not_modelled_are_named() {
    let programs = [
        (
            FREEBSD_X86_64,
            x86_64! { mov eax, 117; syscall },
            "getrusage (117)",
        ),
        // FreeBSD takes the number as it is: 532 is not 20.
        (
            FREEBSD_X86_64,
            x86_64! { mov eax, 532; syscall },
            "wait6 (532)",
        ),
        // What Linux would call exit_group.
        (
            FREEBSD_X86_64,
            x86_64! { mov eax, 231; syscall },
            "shmget (231)",
        ),
        (
            FREEBSD_AARCH64,
            aarch64! { movz x8, #117; svc #0 },
            "getrusage (117)",
        ),
        (NETBSD_AARCH64, aarch64! { svc #445 }, "__getrusage50 (445)"),
    ];
    for (target, code, name) in programs.clone() {
        let file = Program::new(target, code).file();
        let error = Machine::new(target.system).run(&file, &[NAME], &[] as &[&str]);
        let Err(Error::NotModelled(what)) = error else {
            panic!("{target}: {name} is modelled, or unknown");
        };
        assert_eq!(what, name, "{target}");
    }
    println!("{} calls", programs.len());
}

#[test]
fn freebsd_on_aarch64_wants_the_immediate_0() {
    let code = aarch64! { movz x8, #1; movz x0, #0; svc #1 };
    let Exit::Signalled(death) = run(FREEBSD_AARCH64, Mode::Hostile, 1, code).exit else {
        panic!("svc #1 is taken for a system call");
    };
    assert_eq!(death.signal, Signal::SIGILL);
    println!("1 wrong immediate");
}

#[test]
fn netbsd_masks_the_number() {
    let code = x86_64! { mov eax, 513; mov edi, 9; syscall; ud2 };
    let outcome = run(NETBSD_X86_64, Mode::Hostile, 1, code);
    assert_eq!(outcome.exit, Exit::Exited(9));
    println!("1 number masked");
}

#[test]
fn a_call_can_be_refused_unseen() {
    let data = DATA as i32;
    let mut code = x86_64! {
        mov eax, 20; syscall; mov [data], rax;
        mov eax, 20; syscall; mov [data + 8], rax; setc [data + 16]
    };
    code.extend(report(FREEBSD_X86_64, 3));
    let machine = Machine::new(FREEBSD_X86_64.system).refuse(2, Errno(12));
    let outcome = Program::new(FREEBSD_X86_64, code).run(machine);
    let seen = words(&outcome);
    assert!(seen[0] > 1);
    assert_eq!(seen[1..], [12, 1]);
    println!("1 call refused");
}

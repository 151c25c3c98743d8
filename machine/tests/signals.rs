//! Signals: handlers see what happened, repair it, and what was interrupted goes on as if nothing had been.

mod program;

use program::script::*;
use program::*;
use rawmap_machine::{Architecture, Exit, Machine, Mode, Signal, System, Target};

const MODES: [Mode; 2] = [Mode::Measured, Mode::Hostile];

const SIGSEGV: u8 = 11;
const SIGSYS: u8 = 12;
const SIGUSR1: u8 = 30;

/// Where `si_code`, `si_addr`, and the program counter in the context stand.
struct Offsets {
    code: u64,
    address: u64,
    program_counter: u64,
    /// The register that a handler changes: rbx, or x19.
    first_register: u64,
    /// In the order in which the program numbers them: rax rbx rcx rdx rsi rdi rbp r8 r9 r10 r12…r15, or x0…x27.
    registers: Vec<u64>,
}

/// From the systems' own headers.
const FREEBSD_X86_64_REGISTERS: [u64; 14] =
    [72, 80, 48, 40, 32, 24, 88, 56, 64, 96, 112, 120, 128, 136];
const NETBSD_X86_64_REGISTERS: [u64; 14] = [14, 13, 3, 2, 1, 0, 12, 4, 5, 6, 8, 9, 10, 11];

fn offsets(target: Target) -> Offsets {
    match target {
        FREEBSD_X86_64 => Offsets {
            code: 8,
            address: 24,
            program_counter: 176,
            first_register: 80,
            registers: FREEBSD_X86_64_REGISTERS.to_vec(),
        },
        FREEBSD_AARCH64 => Offsets {
            code: 8,
            address: 24,
            program_counter: 272,
            first_register: 16 + 8 * 19,
            registers: (0..28).map(|register| 16 + 8 * register).collect(),
        },
        NETBSD_X86_64 => Offsets {
            code: 4,
            address: 16,
            program_counter: 56 + 8 * 21,
            first_register: 56 + 8 * 13,
            registers: NETBSD_X86_64_REGISTERS
                .iter()
                .map(|place| 56 + 8 * place)
                .collect(),
        },
        NETBSD_AARCH64 => Offsets {
            code: 4,
            address: 16,
            program_counter: 64 + 8 * 32,
            first_register: 64 + 8 * 19,
            registers: (0..28).map(|register| 64 + 8 * register).collect(),
        },
    }
}

/// A store to a page that can only be read: the handler opens the page, and the store is made again. All registers,
/// the vector registers and the red zone are as they were.
#[test]
fn a_handler_repairs_a_fault_and_everything_goes_on() {
    let mut repaired = 0;
    for target in TARGETS {
        for mode in MODES {
            for seed in 0..4 {
                let mut script = Script::new(target);
                let offsets = offsets(target);
                script.map_anonymous(1, PRIVATE, 20);
                let handler = script.function(|script| {
                    script.take_arguments(0);
                    script.set(6, Word(1));
                    script.add(6, Number(offsets.code));
                    script.fetch(3, Word(6));
                    script.set(6, Word(1));
                    script.add(6, Number(offsets.address));
                    script.fetch(4, Word(6));
                    script.add(5, Number(1));
                    for (index, &offset) in offsets.registers.iter().enumerate() {
                        script.set(6, Word(2));
                        script.add(6, Number(offset));
                        script.fetch(60 + index, Word(6));
                    }
                    script.call(
                        MPROTECT,
                        &[Word(20), Number(4096), Number(READ_WRITE)],
                        22,
                    );
                    // The handler is free with every register that a function is free with.
                    let code = match target.architecture {
                        Architecture::X86_64 => x86_64! {
                            xor eax, eax; mov ecx, 1; xor edx, edx; xor esi, esi; xor r8d, r8d; xor r9d, r9d;
                            pxor xmm0, xmm0; pxor xmm15, xmm15; stc
                        },
                        Architecture::Aarch64 => aarch64! {
                            movz x0, #0; movz x1, #0; movz x9, #0; movz x18, #0;
                            eor v0.b16, v0.b16, v0.b16; eor v31.b16, v31.b16, v31.b16; subs x0, x0, x0
                        },
                    };
                    script.emit(code);
                    script.give_back();
                });
                script.handle(SIGSEGV, handler, 0, 24);
                script.call(MPROTECT, &[Word(20), Number(4096), Number(1)], 26);
                script.set(28, Word(20));
                script.add(28, Number(0x128));
                let data = DATA as i32;
                let code = match target.architecture {
                    Architecture::X86_64 => x86_64! {
                        mov r11, [data + 8 * 28];
                        mov [rsp - 8], r11; mov [rsp - 128], r11;
                        movq xmm0, r11; movq xmm15, r11;
                        mov eax, 101; mov ebx, 102; mov ecx, 103; mov edx, 104; mov esi, 105; mov edi, 106;
                        mov ebp, 107; mov r8d, 108; mov r9d, 109; mov r10d, 110; mov r12d, 112; mov r13d, 113;
                        mov r14d, 114; mov r15d, 115;
                        stc;
                        mov [r11], r14;
                        setc [data + 8 * 40];
                        add rax, rbx; add rax, rcx; add rax, rdx; add rax, rsi; add rax, rdi; add rax, rbp;
                        add rax, r8; add rax, r9; add rax, r10; add rax, r12; add rax, r13; add rax, r14;
                        add rax, r15;
                        mov [data + 8 * 41], rax;
                        movq rax, xmm0; sub rax, r11; mov [data + 8 * 42], rax;
                        movq rax, xmm15; sub rax, r11; mov [data + 8 * 43], rax;
                        mov rax, [rsp - 8]; sub rax, r11; mov [data + 8 * 44], rax;
                        mov rax, [rsp - 128]; sub rax, r11; mov [data + 8 * 45], rax
                    },
                    Architecture::Aarch64 => {
                        let mut code = aarch64! {
                            movz x29, #0x50, lsl #16; ldr x28, [x29, #8 * 28];
                            fmov d0, x28; fmov d31, x28
                        };
                        for register in 0..28_u8 {
                            let value = 101 + u32::from(register);
                            code.extend(aarch64! { movz X(register), value });
                        }
                        code.extend(aarch64! {
                            movz x30, #130;
                            cmp x29, x29;
                            str x14, [x28];
                            cset x29, cs
                        });
                        for register in 1..28_u8 {
                            code.extend(aarch64! { add x0, x0, X(register) });
                        }
                        code.extend(aarch64! {
                            movz x9, #0x50, lsl #16;
                            str x29, [x9, #8 * 40]; str x0, [x9, #8 * 41];
                            fmov x1, d0; sub x1, x1, x28; str x1, [x9, #8 * 42];
                            fmov x1, d31; sub x1, x1, x28; str x1, [x9, #8 * 43];
                            str xzr, [x9, #8 * 44]; str xzr, [x9, #8 * 45]
                        });
                        code
                    }
                };
                script.emit(code);
                script.fetch(46, Word(28));
                let words = script.run(mode, seed, 88);
                let name = format!("{target}, {mode:?}, seed {seed}");
                assert_eq!(words[25], 0, "{name}: sigaction");
                assert_eq!(words[0], SIGSEGV.into(), "{name}");
                assert_eq!(words[3] as u32, 2, "{name}: SEGV_ACCERR");
                assert_eq!(words[4], words[20] + 0x128, "{name}: si_addr");
                assert_eq!(words[5], 1, "{name}: runs of the handler");
                assert_eq!(words[40], 1, "{name}: carry");
                let seen = &words[60..60 + offsets.registers.len()];
                let expected: Vec<u64> = match target.architecture {
                    Architecture::X86_64 => (101..=115).filter(|&value| value != 111).collect(),
                    Architecture::Aarch64 => (101..129).collect(),
                };
                assert_eq!(seen, expected, "{name}: what the handler sees");
                let (sum, stored) = match target.architecture {
                    Architecture::X86_64 => ((101..=115).sum::<u64>() - 111, 114),
                    Architecture::Aarch64 => ((101..129).sum(), 115),
                };
                assert_eq!(words[41], sum, "{name}: general registers");
                assert_eq!(words[42..46], [0; 4], "{name}: vectors and red zone");
                assert_eq!(words[46], stored, "{name}: the store");
                repaired += 1;
            }
        }
    }
    assert_eq!(repaired, 4 * 2 * 4);
    println!("{repaired} faults repaired");
}

/// A handler changes the program counter and a register of what it interrupted.
#[test]
fn a_handler_can_change_where_and_with_what_the_program_goes_on() {
    let mut changed = 0;
    for target in TARGETS {
        for mode in MODES {
            let offsets = offsets(target);
            let mut script = Script::new(target);
            let rescue = script.function(|script| {
                let code = match target.architecture {
                    Architecture::X86_64 => x86_64! { mov rax, rbx; mov [DATA as i32], rax },
                    Architecture::Aarch64 => {
                        aarch64! { movz x9, #0x50, lsl #16; str x19, [x9] }
                    }
                };
                script.emit(code);
                let end = report(target, 1);
                script.emit(end);
            });
            let handler = script.function(|script| {
                script.take_arguments(4);
                script.set(8, Word(6));
                script.add(8, Number(offsets.program_counter));
                script.store(Word(8), Number(rescue));
                script.set(8, Word(6));
                script.add(8, Number(offsets.first_register));
                script.store(Word(8), Number(4711));
                script.give_back();
            });
            script.handle(SIGSEGV, handler, 0, 20);
            script.fetch(10, Number(0x10));
            script.call(EXIT, &[Number(1)], 30);
            assert_eq!(script.run(mode, 1, 1), [4711], "{target}");
            changed += 1;
        }
    }
    println!("{changed} programs went on elsewhere");
    assert!(changed > 0);
}

#[test]
fn the_codes_of_faults_are_those_of_the_system() {
    let mut checked = 0;
    for target in TARGETS {
        let offsets = offsets(target);
        let beyond_end = match target.system {
            System::FreeBsd => 3,
            System::NetBsd => 2,
        };
        for (what, signal, code) in [
            ("unmapped", 11, 1),
            ("closed", 11, 2),
            ("cut", 10, beyond_end),
        ] {
            let mut script = Script::new(target);
            script.map(
                [
                    Number(0),
                    Number(4096),
                    Number(0),
                    Number(PRIVATE | ANONYMOUS),
                    NOWHERE,
                    Number(0),
                ],
                30,
            );
            match what {
                "unmapped" => script.call(MUNMAP, &[Word(30), Number(4096)], 32),
                "cut" => {
                    script.memory_file(34);
                    script.truncate(Word(34), 4096, 36);
                    script.map(
                        [
                            Number(0),
                            Number(4096),
                            Number(READ_WRITE),
                            Number(SHARED),
                            Word(34),
                            Number(0),
                        ],
                        30,
                    );
                    script.truncate(Word(34), 0, 36);
                }
                _ => {}
            }
            let handler = script.function(|script| {
                script.take_arguments(0);
                script.set(6, Word(1));
                script.add(6, Number(offsets.code));
                script.fetch(3, Word(6));
                script.set(6, Word(1));
                script.add(6, Number(offsets.address));
                script.fetch(4, Word(6));
                script.set(5, Word(30));
                let end = report(target, 6);
                script.emit(end);
            });
            script.handle(signal, handler, 0, 40);
            script.set(44, Word(30));
            script.add(44, Number(0x33));
            script.fetch(46, Word(44));
            let words = script.run(Mode::Hostile, 1, 6);
            assert_eq!(words[0], signal.into(), "{target}: {what}");
            assert_eq!(words[3] as u32, code, "{target}: {what}");
            assert_eq!(words[4], words[5] + 0x33, "{target}: {what}");
            checked += 1;
        }
    }
    assert_eq!(checked, 12);
    println!("{checked} codes");
}

/// An unknown number is ENOSYS for a program that lives on.
#[test]
fn an_unknown_call_fails_where_its_signal_is_handled_or_blocked() {
    let unknown = Call {
        freebsd: 650,
        netbsd: 511,
    };
    let mut checked = 0;
    for target in TARGETS {
        for blocked in [false, true] {
            let mut script = Script::new(target);
            if blocked {
                script.set(30, Number(1 << (SIGSYS - 1)));
                script.set(31, Number(0));
                script.call(SIGPROCMASK, &[Number(1), Address(30), Number(0)], 32);
            } else {
                let handler = script.function(|script| {
                    script.add(4, Number(1));
                    script.give_back();
                });
                script.handle(SIGSYS, handler, 0, 32);
            }
            script.call(unknown, &[], 0);
            let words = script.run(Mode::Hostile, 1, 5);
            assert_eq!(words[..2], [78, 1], "{target}: ENOSYS");
            assert_eq!(words[4], u64::from(!blocked), "{target}");
            checked += 1;
        }
    }
    println!("{checked} unknown calls survived");
    assert!(checked > 0);
}

#[test]
fn a_signal_waits_while_it_is_blocked_and_runs_on_the_stack_that_it_asks_for() {
    const ON_STACK: u64 = 1;
    let mut checked = 0;
    for target in TARGETS {
        for mode in MODES {
            let mut script = Script::new(target);
            script.map_anonymous(4, PRIVATE, 20);
            // stack_t: start, size, flags.
            script.set(24, Word(20));
            script.set(25, Number(4 * 4096));
            script.set(26, Number(0));
            script.call(SIGALTSTACK, &[Address(24), Number(0)], 28);
            let handler = script.function(|script| {
                script.take_arguments(0);
                script.add(4, Number(1));
                script.give_back();
            });
            script.handle(SIGUSR1, handler, ON_STACK, 30);
            script.set(32, Number(1 << (SIGUSR1 - 1)));
            script.set(33, Number(0));
            script.call(SIGPROCMASK, &[Number(1), Address(32), Number(0)], 34);
            script.call(GETPID, &[], 36);
            script.call(KILL, &[Word(36), Number(SIGUSR1.into())], 38);
            script.set(5, Word(4));
            script.call(SIGPROCMASK, &[Number(2), Address(32), Number(0)], 34);
            script.set(6, Word(20));
            let words = script.run(mode, 3, 40);
            assert_eq!([words[29], words[31], words[39]], [0; 3], "{target}");
            assert_eq!(words[5], 0, "{target}: it ran while blocked");
            assert_eq!(words[4], 1, "{target}: it ran once");
            assert_eq!(words[0], SIGUSR1.into());
            let stack = words[6]..words[6] + 4 * 4096;
            assert!(stack.contains(&words[1]), "{target}: siginfo on the stack");
            assert!(stack.contains(&words[2]), "{target}: context on the stack");
            checked += 1;
        }
    }
    assert_eq!(checked, 8);
    println!("{checked} alternate stacks");
}

/// A fault can't wait, and a second one in its handler ends the process.
#[test]
fn a_fault_that_is_blocked_kills() {
    let mut checked = 0;
    for target in TARGETS {
        let mut script = Script::new(target);
        let handler = script.function(|script| {
            script.fetch(10, Number(0x20));
            script.give_back();
        });
        script.handle(SIGSEGV, handler, 0, 20);
        script.fetch(10, Number(0x10));
        let machine = Machine::new(target.system);
        let outcome = Program::new(target, script.finish(1)).run(machine);
        let Exit::Signalled(death) = &outcome.exit else {
            panic!("{target} survives");
        };
        assert_eq!(death.signal, Signal::SIGSEGV);
        assert_eq!(death.address, Some(0x20), "{target}");
        assert_eq!(outcome.signals_handled, 1, "{target}");
        checked += 1;
    }
    assert_eq!(checked, 4);
    println!("{checked} second faults");
}

/// A parent kills a child that would run for ever; another sleeps in a read until a signal ends it.
#[test]
fn a_child_is_killed_and_a_wait_is_interrupted() {
    let mut checked = 0;
    for target in TARGETS {
        for mode in MODES {
            let mut script = Script::new(target);
            script.call(FORK, &[], 20);
            script.if_zero(20, |script| {
                script.set(40, Number(0));
                script.spin(Address(40));
            });
            script.call(KILL, &[Word(20), Number(9)], 22);
            script.wait(0);
            // The child tells its parent to go on.
            let handler = script.function(|script| {
                script.add(4, Number(1));
                script.give_back();
            });
            script.handle(SIGUSR1, handler, 0, 24);
            script.call(PIPE2, &[Address(26), Number(0)], 28);
            script.call(GETPID, &[], 30);
            script.call(FORK, &[], 32);
            script.if_zero(32, |script| {
                for _ in 0..3 {
                    script.call(SCHED_YIELD, &[], 40);
                }
                script.call(KILL, &[Word(30), Number(SIGUSR1.into())], 40);
                script.call(EXIT, &[Number(0)], 40);
            });
            script.set(34, Word(26));
            script.emit(low_half(target, 34));
            script.call(READ, &[Word(34), Address(36), Number(8)], 2);
            let words = script.run(mode, 5, 5);
            assert_eq!(words[0], 9, "{target}: the status of a killed child");
            assert_eq!(words[2..5], [4, 1, 1], "{target}: EINTR after the handler");
            checked += 1;
        }
    }
    assert_eq!(checked, 8);
    println!("{checked} children killed");
}

/// Leaves the lower half of a word: one of two descriptors.
fn low_half(target: Target, word: usize) -> Vec<u8> {
    let place = (DATA + 8 * word as u64) as i32;
    match target.architecture {
        Architecture::X86_64 => x86_64! { mov eax, [place]; mov [place], rax },
        Architecture::Aarch64 => {
            let offset = 8 * word as u32;
            aarch64! { movz x9, #0x50, lsl #16; ldr w10, [x9, offset]; str x10, [x9, offset] }
        }
    }
}

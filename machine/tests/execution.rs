//! Which files are executed, and what a program finds at its first instruction.

mod program;

use program::*;
use rawmap_machine::{Architecture, Error, Exit, Machine, Mode, Refusal, System, Target};

fn exit_with_3(architecture: Architecture) -> Vec<u8> {
    match architecture {
        Architecture::X86_64 => x86_64! { mov eax, 1; mov edi, 3; syscall },
        // Both ways at once: FreeBSD looks at x8, and NetBSD at x17.
        Architecture::Aarch64 => aarch64! { movz x8, #1; movz x17, #1; movz x0, #3; svc #0 },
    }
}

fn execute(system: System, program: &Program) -> Result<Exit, Error> {
    Machine::new(system)
        .run(&program.file(), &[NAME], &[] as &[&str])
        .map(|outcome| outcome.exit)
}

#[test]
fn a_program_needs_the_mark_of_its_system() {
    let (mut run, mut refused) = (0, 0);
    for target @ Target {
        system,
        architecture,
    } in TARGETS
    {
        let bare = || Program::unbranded(architecture, exit_with_3(architecture));
        let other = match system {
            System::FreeBsd => System::NetBsd,
            System::NetBsd => System::FreeBsd,
        };
        // The note is the first record of a segment that is longer than NetBSD reads.
        let mut long = abi_note(system);
        long.resize(1028, 0);
        let mut longest = abi_note(system);
        longest.resize(1024, 0);
        let freebsd = system == System::FreeBsd;
        let cases = [
            ("no mark", bare(), false),
            ("its note", bare().with_note_segment(abi_note(system)), true),
            (
                "the other's note",
                bare().with_note_segment(abi_note(other)),
                false,
            ),
            ("EI_OSABI 9", bare().with_os_abi(9), freebsd),
            ("EI_OSABI 2", bare().with_os_abi(2), false),
            (
                "a note segment of 1028 bytes",
                bare().with_note_segment(long),
                freebsd,
            ),
            (
                "a note segment of 1024 bytes",
                bare().with_note_segment(longest),
                true,
            ),
            (
                "a second note segment",
                bare()
                    .with_note_segment(note(b"XXX\0", 1, 1))
                    .with_note_segment(abi_note(system)),
                true,
            ),
            (
                "a program that can stand anywhere",
                bare()
                    .with_note_segment(abi_note(system))
                    .position_independent(),
                true,
            ),
        ];
        for (name, program, runs) in cases {
            match execute(system, &program) {
                Ok(exit) => {
                    assert!(runs, "{target} runs {name}");
                    assert_eq!(exit, Exit::Exited(3), "{target}: {name}");
                    run += 1;
                }
                Err(Error::Refused(Refusal::Unbranded(_))) => {
                    assert!(!runs, "{target} refuses {name}");
                    refused += 1;
                }
                Err(error) => panic!("{target}: {name}: {error}"),
            }
        }
    }
    assert!(run > 0 && refused > 0);
    println!("{run} programs run, {refused} refused");
}

/// Stores every register that matters at entry, and writes what two of them point to.
fn entry(target: Target) -> Vec<u8> {
    let data = DATA as i32;
    let mut code = match target {
        FREEBSD_X86_64 | NETBSD_X86_64 => x86_64! {
            mov [data], rsp; mov [data + 8], rdi; mov [data + 16], rbx; mov [data + 24], rdx;
            mov [data + 32], rsi; mov [data + 40], r12
        },
        _ => aarch64! {
            movz x28, #0x50, lsl #16;
            mov x27, sp;
            str x27, [x28]; str x0, [x28, #8]; str x2, [x28, #16]; str x1, [x28, #24];
            str x5, [x28, #32]; str x12, [x28, #40]
        },
    };
    // The argument block, or on NetBSD `struct ps_strings` and then the block.
    code.extend(match target {
        FREEBSD_X86_64 => [x86_64! { mov r12, rdi }, write_all(target, 256)].concat(),
        NETBSD_X86_64 => [
            x86_64! { mov r12, rbx },
            write_all(target, 32),
            x86_64! { mov r12, rsp },
            write_all(target, 224),
        ]
        .concat(),
        FREEBSD_AARCH64 => [aarch64! { mov x19, x0 }, write_all(target, 256)].concat(),
        NETBSD_AARCH64 => [
            aarch64! { mov x19, x2 },
            write_all(target, 32),
            aarch64! { mov x19, x27 },
            write_all(target, 224),
        ]
        .concat(),
    });
    code.extend(report(target, 6));
    code
}

#[test]
fn the_entry_state_is_that_of_the_system() {
    let mut checked = 0;
    for target in TARGETS {
        let mut garbage = std::collections::BTreeSet::new();
        for seed in 0..8 {
            let outcome = run(target, Mode::Hostile, seed, entry(target));
            let words = words(&outcome);
            let (dump, registers) = words.split_at(32);
            let [stack_pointer, ..] = *registers else {
                panic!("no registers");
            };
            let block = if target.system == System::FreeBsd {
                assert_eq!(
                    stack_pointer % 16,
                    if target == FREEBSD_X86_64 { 8 } else { 0 },
                    "{target}"
                );
                let block = registers[1];
                let expected = match target.architecture {
                    Architecture::X86_64 => ((block - 8) & !15) + 8,
                    Architecture::Aarch64 => block & !15,
                };
                assert_eq!(stack_pointer, expected, "{target}");
                dump
            } else {
                let (ps_strings, block) = dump.split_at(4);
                assert_eq!(ps_strings[0], stack_pointer + 8, "argv");
                assert_eq!(ps_strings[1] as u32, 2, "argc");
                assert_eq!(ps_strings[2], stack_pointer + 8 * 4, "envp");
                assert_eq!(ps_strings[3] as u32, 1, "the number of variables");
                if target == NETBSD_AARCH64 {
                    assert_eq!(stack_pointer % 16, 0);
                    assert_eq!(registers[1], 0, "x0");
                    assert_eq!(registers[3], 0, "x1");
                } else {
                    assert_eq!(registers[3], 0, "rdx");
                }
                block
            };
            assert_eq!(block[0], 2, "{target}: argc");
            assert_eq!(block[3], 0, "{target}: the end of argv");
            assert_eq!(block[5], 0, "{target}: the end of envp");
            let page_size = block[6..]
                .chunks_exact(2)
                .take_while(|pair| pair[0] as u32 != 0)
                .find(|pair| pair[0] as u32 == 6);
            assert_eq!(page_size.map(|pair| pair[1]), Some(4096), "{target}");
            garbage.insert(registers[5]);
            checked += 1;
        }
        assert_eq!(garbage.len(), 8, "{target}: an undefined register repeats");
    }
    assert_eq!(checked, 32);
    println!("{checked} entry states");
}

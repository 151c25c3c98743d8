//! Accesses that no mapping allows: the signal, the exact address and the exact instruction.

mod program;

use program::*;
use rawmap_machine::{Architecture, Death, Exit, Machine, Mode, Signal, Target};

fn death(target: Target, code: Vec<u8>) -> Death {
    match run(target, Mode::Hostile, 1, code).exit {
        Exit::Signalled(death) => death,
        exit => panic!("{target} survives: {exit}"),
    }
}

/// One instruction that touches `address`, after `prelude` bytes of preparation.
struct Touch {
    prelude: Vec<u8>,
    touch: Vec<u8>,
}

fn load_byte(architecture: Architecture, address: u64) -> Touch {
    match architecture {
        Architecture::X86_64 => Touch {
            prelude: x86_64! { nop; mov rcx, QWORD address as i64 },
            touch: x86_64! { mov al, [rcx] },
        },
        Architecture::Aarch64 => Touch {
            prelude: address_in_x9(address),
            touch: aarch64! { ldrb w1, [x9] },
        },
    }
}

fn store_byte(architecture: Architecture, address: u64) -> Touch {
    match architecture {
        Architecture::X86_64 => Touch {
            prelude: x86_64! { nop; mov rcx, QWORD address as i64 },
            touch: x86_64! { mov [rcx], al },
        },
        Architecture::Aarch64 => Touch {
            prelude: address_in_x9(address),
            touch: aarch64! { strb w1, [x9] },
        },
    }
}

fn load_word(architecture: Architecture, address: u64) -> Touch {
    match architecture {
        Architecture::X86_64 => Touch {
            prelude: x86_64! { nop; mov rcx, QWORD address as i64 },
            touch: x86_64! { mov rax, [rcx] },
        },
        Architecture::Aarch64 => Touch {
            prelude: address_in_x9(address),
            touch: aarch64! { ldr x1, [x9] },
        },
    }
}

fn store_word(architecture: Architecture, address: u64) -> Touch {
    match architecture {
        Architecture::X86_64 => Touch {
            prelude: x86_64! { nop; mov rcx, QWORD address as i64 },
            touch: x86_64! { mov [rcx], rax },
        },
        Architecture::Aarch64 => Touch {
            prelude: address_in_x9(address),
            touch: aarch64! { str x1, [x9] },
        },
    }
}

fn address_in_x9(address: u64) -> Vec<u8> {
    let part = |shift: u32| (address >> shift) as u32 & 0xffff;
    let (low, second, third) = (part(0), part(16), part(32));
    aarch64! { movz x9, low; movk x9, second, lsl #16; movk x9, third, lsl #32 }
}

#[test]
fn the_address_and_the_instruction_are_exact() {
    let unmapped = 0x7000_0000;
    let data_end = DATA + DATA_SIZE;
    let mut checked = 0;
    for target in TARGETS {
        let architecture = target.architecture;
        let cases = [
            (load_byte(architecture, unmapped), unmapped),
            (load_byte(architecture, unmapped + 0x123), unmapped + 0x123),
            (load_byte(architecture, unmapped + 0xfff), unmapped + 0xfff),
            (store_byte(architecture, unmapped + 0x123), unmapped + 0x123),
            (load_byte(architecture, 0), 0),
            (load_byte(architecture, 8), 8),
            (store_byte(architecture, CODE + 0x21), CODE + 0x21),
            (load_byte(architecture, data_end), data_end),
            (load_word(architecture, data_end + 8), data_end + 8),
            // The first byte that can't be reached, not the first of the access.
            (load_word(architecture, data_end - 3), data_end),
            (store_word(architecture, data_end - 3), data_end),
            (load_word(architecture, DATA - 3), DATA - 3),
        ];
        for (Touch { prelude, touch }, address) in cases {
            let instruction = CODE + prelude.len() as u64;
            let death = death(target, [prelude, touch].concat());
            assert_eq!(death.signal, Signal::SIGSEGV, "{target}: {death}");
            assert_eq!(death.address, Some(address), "{target}: {death}");
            assert_eq!(death.program_counter, instruction, "{target}: {death}");
            checked += 1;
        }
    }
    assert_eq!(checked, 4 * 12);
    println!("{checked} data faults");
}

/// A store that reaches one byte into a closed page leaves the page before as it was: the parent of the process that
/// made it looks.
#[test]
fn a_store_that_faults_changes_nothing() {
    let shared = 0x6000_0000;
    let data = DATA as i32;
    let mut code = x86_64! {
        mov eax, 477; mov edi, shared; mov esi, 4096; mov edx, 3; mov r10d, 0x1011; mov r8, -1; xor r9d, r9d; syscall;
        mov eax, 2; syscall;
        test rax, rax; jnz >parent;
        mov rax, -1; mov [shared + 4089], rax;
        parent:;
        mov edi, eax; mov eax, 7; mov esi, data; xor edx, edx; xor r10d, r10d; syscall;
        mov rax, [shared + 4088]; mov [data + 8], rax
    };
    code.extend(report(FREEBSD_X86_64, 2));
    let seen = words(&run(FREEBSD_X86_64, Mode::Hostile, 1, code));
    // The bit above the signal says whether there is a picture of the memory.
    assert_eq!([seen[0] & 0x7f, seen[1]], [Signal::SIGSEGV.0.into(), 0]);
    println!("1 store across two pages");
}

#[test]
fn a_jump_to_where_nothing_can_be_executed_faults_there() {
    let mut checked = 0;
    for target in TARGETS {
        for address in [0, 0x7000_0040, DATA + 0x20] {
            let code = match target.architecture {
                Architecture::X86_64 => x86_64! { mov rcx, QWORD address as i64; jmp rcx },
                Architecture::Aarch64 => [address_in_x9(address), aarch64! { br x9 }].concat(),
            };
            let death = death(target, code);
            assert_eq!(death.signal, Signal::SIGSEGV, "{target}: {death}");
            assert_eq!(death.address, Some(address), "{target}: {death}");
            assert_eq!(death.program_counter, address, "{target}: {death}");
            checked += 1;
        }
    }
    println!("{checked} jumps");
}

#[test]
fn illegal_instructions_and_breakpoints_kill() {
    let cases = [
        (FREEBSD_X86_64, x86_64! { ud2 }, Signal::SIGILL),
        (FREEBSD_X86_64, x86_64! { int3 }, Signal::SIGTRAP),
        (
            FREEBSD_X86_64,
            x86_64! { xor ecx, ecx; div ecx },
            Signal::SIGFPE,
        ),
        (FREEBSD_X86_64, x86_64! { hlt }, Signal::SIGILL),
        (NETBSD_AARCH64, aarch64! { udf #0 }, Signal::SIGILL),
        (NETBSD_AARCH64, aarch64! { brk #1 }, Signal::SIGTRAP),
    ];
    for (target, code, signal) in cases.clone() {
        let death = death(target, code);
        assert_eq!(death.signal, signal, "{target}: {death}");
    }
    println!("{} traps", cases.len());
}

/// FreeBSD gives a program without a note the bus error of old.
#[test]
fn the_signal_of_a_protection_fault_depends_on_the_note() {
    let code = || {
        let Touch { prelude, touch } = store_byte(Architecture::X86_64, CODE);
        [prelude, touch].concat()
    };
    let machine = || Machine::new(FREEBSD_X86_64.system);
    let old = Program::unbranded(Architecture::X86_64, code())
        .with_os_abi(9)
        .run(machine());
    let new = Program::new(FREEBSD_X86_64, code()).run(machine());
    for (outcome, signal) in [(old, Signal::SIGBUS), (new, Signal::SIGSEGV)] {
        let Exit::Signalled(death) = outcome.exit else {
            panic!("a store to the code succeeds");
        };
        assert_eq!(death.signal, signal);
    }
    println!("2 notes");
}

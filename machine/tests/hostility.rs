//! What hostile mode does that measured mode does not.

mod program;

use std::collections::BTreeSet;

use program::script::*;
use program::*;
use rawmap_machine::{Architecture, Mode, Target};

const PAGE: u64 = 4096;
const SEEDS: core::ops::Range<u64> = 1..9;

/// The first words of a program under every seed.
fn words_by_seed(target: Target, mode: Mode, build: impl Fn(&mut Script)) -> Vec<u64> {
    SEEDS
        .map(|seed| {
            let mut script = Script::new(target);
            build(&mut script);
            script.run(mode, seed, 1)[0]
        })
        .collect()
}

/// Whether a page that was just given back is where a hint for it leads to.
fn takes_hint(script: &mut Script) {
    script.map_anonymous(1, PRIVATE, 100);
    script.call(MUNMAP, &[Word(100), Number(PAGE)], 102);
    let arguments = [
        Word(100),
        Number(PAGE),
        Number(READ_WRITE),
        Number(PRIVATE | ANONYMOUS),
        NOWHERE,
        Number(0),
    ];
    script.map(arguments, 104);
    let code = match script.target.architecture {
        Architecture::X86_64 => x86_64! {
            mov eax, [DATA as i32 + 800]; cmp eax, [DATA as i32 + 832]; sete al; movzx eax, al;
            mov [DATA as i32], rax
        },
        Architecture::Aarch64 => aarch64! {
            movz x9, #0x50, lsl #16; ldr x10, [x9, #800]; ldr x11, [x9, #832]; cmp x10, x11; cset x10, eq;
            str x10, [x9]
        },
    };
    script.emit(code);
}

#[test]
fn hints_are_ignored() {
    let mut ignored = 0;
    for target in TARGETS {
        let measured = words_by_seed(target, Mode::Measured, takes_hint);
        let hostile = words_by_seed(target, Mode::Hostile, takes_hint);
        let taken = u64::from(target.system == rawmap_machine::System::NetBsd);
        assert!(measured.iter().all(|&word| word == taken), "{target}");
        assert!(hostile.iter().all(|&word| word == 0), "{target}");
        ignored += hostile.len();
    }
    println!("{ignored} hints ignored");
    assert!(ignored > 0);
}

#[test]
fn every_seed_has_other_addresses() {
    let mut seen = 0;
    for target in TARGETS {
        let addresses = words_by_seed(target, Mode::Hostile, |script| {
            script.map_anonymous(1, PRIVATE, 0);
        });
        let different: BTreeSet<u64> = addresses.iter().copied().collect();
        assert_eq!(different.len(), addresses.len(), "{target}");
        seen += different.len();
    }
    println!("{seen} addresses");
    assert!(seen > 0);
}

/// A word just below what a program may use of its stack, after a call; the red zone's last word besides.
#[test]
fn the_stack_below_the_pointer_is_littered() {
    let mut checked = 0;
    for target in TARGETS {
        for (mode, littered) in [(Mode::Measured, false), (Mode::Hostile, true)] {
            let mut script = Script::new(target);
            let code = match target.architecture {
                Architecture::X86_64 => x86_64! {
                    mov DWORD [rsp - 136], 5; mov DWORD [rsp - 132], 0; mov DWORD [rsp - 128], 6;
                    mov DWORD [rsp - 124], 0; mov eax, 20; syscall;
                    mov rax, [rsp - 136]; mov [DATA as i32], rax; mov rax, [rsp - 128]; mov [DATA as i32 + 8], rax
                },
                Architecture::Aarch64 => aarch64! {
                    movz x9, #0x50, lsl #16; movz x10, #5; stur x10, [sp, #-8]; movz x10, #6; str x10, [sp];
                    movz x8, #20; movz x17, #20; svc #0;
                    ldur x10, [sp, #-8]; str x10, [x9]; ldr x10, [sp]; str x10, [x9, #8]
                },
            };
            script.emit(code);
            let words = script.run(mode, 1, 2);
            assert_eq!(words[0] != 5, littered, "{target}: below the limit");
            assert_eq!(words[1], 6, "{target}: above it");
            checked += 1;
        }
    }
    assert_eq!(checked, 8);
    println!("{checked} stacks");
}

/// Pages that were touched, and not locked: hostile mode says of each what it likes.
#[test]
fn residency_is_known_of_locked_pages_only() {
    let mut checked = 0;
    for target in TARGETS {
        for (mode, locked) in [
            (Mode::Measured, false),
            (Mode::Hostile, false),
            (Mode::Hostile, true),
        ] {
            let words = words_by_seed(target, mode, |script| {
                script.map_anonymous(1, PRIVATE, 100);
                script.store(Word(100), Number(1));
                if locked {
                    script.call(MLOCK, &[Word(100), Number(PAGE)], 102);
                }
                script.set(0, Number(0));
                script.call(MINCORE, &[Word(100), Number(PAGE), Address(0)], 102);
            });
            let answers: BTreeSet<u64> = words.iter().map(|word| word & 1).collect();
            let certain = mode == Mode::Measured || locked;
            let expected: BTreeSet<u64> = if certain { [1].into() } else { [0, 1].into() };
            assert_eq!(answers, expected, "{target}, {mode:?}, locked: {locked}");
            checked += 1;
        }
    }
    assert_eq!(checked, 12);
    println!("{checked} pages");
}

/// One write of many bytes: all of them at once where it was measured, in parts otherwise.
#[test]
fn writes_to_a_stream_are_cut_short() {
    let mut checked = 0;
    for target in TARGETS {
        for (mode, whole) in [(Mode::Measured, true), (Mode::Hostile, false)] {
            let counts: Vec<u64> = SEEDS
                .map(|seed| {
                    let mut script = Script::new(target);
                    script.call(WRITE, &[Number(2), Address(0), Number(64)], 0);
                    script.run(mode, seed, 1)[0]
                })
                .collect();
            assert!(counts.iter().all(|count| (1..=64).contains(count)));
            assert_eq!(counts.iter().all(|&count| count == 64), whole, "{target}");
            checked += counts.len();
        }
    }
    println!("{checked} writes");
    assert!(checked > 0);
}

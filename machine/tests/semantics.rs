//! What the memory calls of each system do, on all four targets.

mod program;

use program::script::*;
use program::*;
use rawmap_machine::{Architecture, Mode, System, Target};

const MODES: [Mode; 2] = [Mode::Measured, Mode::Hostile];
const EINVAL: u64 = 22;
const ENOMEM: u64 = 12;
const EACCES: u64 = 13;
const EFAULT: u64 = 14;

/// What a call returned: its result, and the carry flag.
type Returned = [u64; 2];

const OK: Returned = [0, 0];

fn error(number: u64) -> Returned {
    [number, 1]
}

/// Runs one script on every target in both modes, and compares its first words with what each system answers.
fn compare(build: impl Fn(&mut Script), expected: impl Fn(Target, Mode) -> Vec<u64>) -> usize {
    let mut compared = 0;
    for target in TARGETS {
        for mode in MODES {
            for seed in [1, 2] {
                let mut script = Script::new(target);
                build(&mut script);
                let expected = expected(target, mode);
                let words = script.run(mode, seed, expected.len());
                assert_eq!(words, expected, "{target}, {mode:?}, seed {seed}");
                compared += 1;
            }
        }
    }
    compared
}

fn is_netbsd(target: Target) -> bool {
    target.system == System::NetBsd
}

fn words(returned: &[Returned]) -> Vec<u64> {
    returned.concat()
}

const PAGE: u64 = 4096;
/// Where the scripts keep addresses, out of the way of what they show.
const START: usize = 100;

/// A word on a page of the mapping at `START`.
fn page(script: &mut Script, index: u64, into: usize) -> Value {
    script.set(into, Word(START));
    script.add(into, Number(index * PAGE));
    Word(into)
}

#[test]
fn lengths_of_0_and_unaligned_addresses() {
    let compared = compare(
        |script| {
            script.map_anonymous(4, PRIVATE, START);
            let at = page(script, 0, 110);
            script.call(MUNMAP, &[at, Number(0)], 0);
            script.call(MPROTECT, &[at, Number(0), Number(1)], 2);
            let inside = page(script, 1, 112);
            script.add(112, Number(5));
            // The whole second page goes.
            script.call(MUNMAP, &[inside, Number(1)], 4);
            let second = page(script, 1, 114);
            script.call(MPROTECT, &[second, Number(PAGE), Number(1)], 6);
            script.call(MSYNC, &[second, Number(PAGE), Number(2)], 8);
            // One that does nothing, or changes a page.
            let third = page(script, 2, 116);
            script.add(116, Number(5));
            script.call(MPROTECT, &[third, Number(0), Number(1)], 10);
            script.child(|script| script.store(third, Number(1)), 3, 12);
            status(script, 12);
            script.set(13, Number(0));
        },
        |target, _| {
            let [unmap, sync, fault] = if is_netbsd(target) {
                [OK, error(EFAULT), [3 << 8, 0]]
            } else {
                [error(EINVAL), error(ENOMEM), [11, 0]]
            };
            let mut answers = words(&[unmap, OK, OK, OK, sync, OK]);
            answers.extend(fault);
            answers
        },
    );
    println!("{compared} runs");
    assert!(compared > 0);
}

/// The page size into a room that is too small, and the highest address as NetBSD tells it.
#[test]
fn values_of_the_system() {
    let compared = compare(
        |script| {
            let name = |[first, second]: [u64; 2]| Number(second << 32 | first);
            let mut ask = |value: [u64; 2], room: u64, into: usize| {
                script.set(110, name(value));
                script.set(into + 2, Number(0));
                script.set(into + 3, Number(room));
                let arguments = [
                    Address(110),
                    Number(2),
                    Address(into + 2),
                    Address(into + 3),
                    Number(0),
                    Number(0),
                ];
                script.call(SYSCTL, &arguments, into);
            };
            ask([6, 7], 4, 0);
            ask([6, 7], 2, 4);
            ask([2, 15], 8, 8);
        },
        |target, _| {
            const ENOENT: u64 = 2;
            let netbsd = is_netbsd(target);
            let mut answers = words(&[OK, [PAGE, 4], error(ENOMEM)]);
            answers.extend([PAGE & 0xffff, if netbsd { 4 } else { 2 }]);
            answers.extend(match (netbsd, target.architecture) {
                (false, _) => [ENOENT, 1, 0, 8],
                (true, Architecture::X86_64) => [0, 0, 0x7fbf_dfef_f000, 8],
                (true, Architecture::Aarch64) => [0, 0, (1 << 48) - PAGE, 8],
            });
            answers
        },
    );
    println!("{compared} runs");
    assert!(compared > 0);
}

/// A child's status without the bit that is about a picture of its memory.
fn status(script: &mut Script, word: usize) {
    let place = (DATA + 8 * word as u64) as i32;
    let code = match script.target.architecture {
        Architecture::X86_64 => x86_64! { and DWORD [place], !0x80 },
        Architecture::Aarch64 => {
            let offset = 8 * word as u32;
            aarch64! {
                movz x9, #0x50, lsl #16; ldr x10, [x9, offset]; and x10, x10, #0xffff_ffff_ffff_ff7f;
                str x10, [x9, offset]
            }
        }
    };
    script.emit(code);
}

#[test]
fn holes() {
    let compared = compare(
        |script| {
            let (free, dont_need) = match script.target.system {
                System::FreeBsd => (5, 4),
                System::NetBsd => (6, 4),
            };
            script.map_anonymous(3, PRIVATE, START);
            let hole = page(script, 1, 110);
            script.call(MUNMAP, &[hole, Number(PAGE)], 120);
            let all = [Word(START), Number(3 * PAGE)];
            script.call(MADVISE, &[all[0], all[1], Number(3)], 0);
            script.call(MADVISE, &[all[0], all[1], Number(dont_need)], 2);
            script.call(MADVISE, &[all[0], all[1], Number(free)], 4);
            script.call(MLOCK, &all, 6);
            script.call(MUNLOCK, &all, 8);
            script.call(MPROTECT, &[all[0], all[1], Number(1)], 10);
            let last = page(script, 2, 112);
            script.child(|script| script.store(last, Number(1)), 3, 12);
            status(script, 12);
            script.set(13, Number(0));
            script.call(MUNMAP, &all, 14);
        },
        |target, _| {
            let [cleaned, locked] = if is_netbsd(target) {
                [error(EFAULT), error(EINVAL)]
            } else {
                [OK, error(ENOMEM)]
            };
            let mut answers = words(&[OK, cleaned, cleaned, locked, error(ENOMEM), OK]);
            answers.extend([11, 0]);
            answers.extend(OK);
            answers
        },
    );
    println!("{compared} runs");
    assert!(compared > 0);
}

#[test]
fn advice_keeps_or_drops() {
    let compared = compare(
        |script| {
            let free = if is_netbsd(script.target) { 6 } else { 5 };
            for (index, advice) in [4, free].into_iter().enumerate() {
                script.map_anonymous(1, PRIVATE, START);
                script.store(Word(START), Number(9));
                let arguments = [Word(START), Number(PAGE), Number(advice)];
                script.call(MADVISE, &arguments, 110);
                script.fetch(index, Word(START));
            }
            script.map_anonymous(1, PRIVATE, START);
            script.store(Word(START), Number(9));
            script.call(MLOCK, &[Word(START), Number(PAGE)], 110);
            let arguments = [Word(START), Number(PAGE), Number(free)];
            script.call(MADVISE, &arguments, 2);
        },
        |target, mode| {
            let dropped = is_netbsd(target) || mode == Mode::Hostile;
            let locked = if is_netbsd(target) { error(16) } else { OK };
            let mut answers = vec![9, if dropped { 0 } else { 9 }];
            answers.extend(locked);
            answers
        },
    );
    println!("{compared} runs");
    assert!(compared > 0);
}

/// What a child reads of a page that holds 9, under each policy and what it has stored there afterwards.
#[test]
fn inheritance() {
    let compared = compare(
        |script| {
            for policy in 0..5 {
                let at = 4 * policy as usize;
                script.map_anonymous(1, PRIVATE, START);
                script.store(Word(START), Number(9));
                let arguments = [Word(START), Number(PAGE), Number(policy)];
                script.call(MINHERIT, &arguments, at);
                // The child's exit code tells what it read; its store shows who shares the page.
                script.call(FORK, &[], 120);
                script.if_zero(120, |script| {
                    script.fetch(130, Word(START));
                    script.store(Word(START), Number(7));
                    script.call(EXIT, &[Word(130)], 132);
                });
                script.wait(at + 2);
                status(script, at + 2);
                script.fetch(at + 3, Word(START));
            }
        },
        |target, _| {
            let exit = |code: u64| code << 8;
            let mut answers = Vec::new();
            answers.extend([0, 0, exit(9), 7]);
            answers.extend([0, 0, exit(9), 9]);
            answers.extend([0, 0, 11, 9]);
            let zero = [0, 0, exit(0), 9];
            let refused = [EINVAL, 1, exit(9), 9];
            if is_netbsd(target) {
                answers.extend([refused, zero].concat());
            } else {
                answers.extend([zero, refused].concat());
            }
            answers
        },
    );
    println!("{compared} runs");
    assert!(compared > 0);
}

/// A mapping that is cut off under its user: a bus error beyond the end, and zeros once the object has grown again.
#[test]
fn objects_that_shrink_and_grow() {
    let compared = compare(
        |script| {
            script.memory_file(104);
            script.truncate(Word(104), 2 * PAGE, 110);
            script.map(
                [
                    Number(0),
                    Number(2 * PAGE),
                    Number(READ_WRITE),
                    Number(SHARED),
                    Word(104),
                    Number(0),
                ],
                START,
            );
            let second = page(script, 1, 112);
            script.store(second, Number(5));
            script.truncate(Word(104), 100, 0);
            script.child(|script| script.fetch(120, second), 3, 2);
            status(script, 2);
            script.truncate(Word(104), 2 * PAGE, 3);
            script.fetch(5, second);
            script.store(second, Number(6));
            // Another mapping of the second page sees the store.
            script.map(
                [
                    Number(0),
                    Number(PAGE),
                    Number(1),
                    Number(SHARED),
                    Word(104),
                    Number(PAGE),
                ],
                114,
            );
            script.fetch(6, Word(114));
            // One page more than the object has.
            script.map(
                [
                    Number(0),
                    Number(3 * PAGE),
                    Number(1),
                    Number(SHARED),
                    Word(104),
                    Number(0),
                ],
                116,
            );
            script.set(7, Word(117));
        },
        |target, _| vec![0, 0, 10, 0, 0, 0, 6, u64::from(is_netbsd(target))],
    );
    println!("{compared} runs");
    assert!(compared > 0);
}

#[test]
fn seals() {
    let compared = compare(
        |script| {
            let [add, get] = if is_netbsd(script.target) {
                [16, 17]
            } else {
                [19, 20]
            };
            script.memory_file(104);
            script.truncate(Word(104), PAGE, 110);
            let writable = [
                Number(0),
                Number(PAGE),
                Number(READ_WRITE),
                Number(SHARED),
                Word(104),
                Number(0),
            ];
            script.map(writable, START);
            // Somebody could still write.
            script.call(FCNTL, &[Word(104), Number(add), Number(8)], 0);
            script.call(MUNMAP, &[Word(START), Number(PAGE)], 112);
            script.call(FCNTL, &[Word(104), Number(add), Number(8 | 4 | 2 | 1)], 2);
            script.call(FCNTL, &[Word(104), Number(get), Number(0)], 4);
            script.call(FCNTL, &[Word(104), Number(add), Number(1)], 6);
            script.map(writable, 8);
            script.call(WRITE, &[Word(104), Address(0), Number(8)], 10);
            script.truncate(Word(104), 2 * PAGE, 12);
            script.truncate(Word(104), 10, 14);
            script.map(
                [
                    Number(0),
                    Number(PAGE),
                    Number(READ_WRITE),
                    Number(PRIVATE),
                    Word(104),
                    Number(0),
                ],
                START,
            );
            script.set(16, Word(START + 1));
        },
        |_, _| {
            let refused = error(1);
            let mut answers = words(&[
                error(16),
                OK,
                [15, 0],
                refused,
                refused,
                refused,
                refused,
                refused,
            ]);
            answers.push(0);
            answers
        },
    );
    println!("{compared} runs");
    assert!(compared > 0);
}

#[test]
fn files_in_tmp() {
    const CREATE: u64 = 0x200 | 0x800 | 2;
    let compared = compare(
        |script| {
            script.text(200, "/tmp/a file");
            script.call(OPEN, &[Address(200), Number(2), Number(0)], 0);
            script.call(OPEN, &[Address(200), Number(CREATE), Number(0o600)], 104);
            script.set(2, Word(105));
            script.call(OPEN, &[Address(200), Number(CREATE), Number(0o600)], 4);
            script.set(110, Number(0x1122_3344));
            script.call(WRITE, &[Word(104), Address(110), Number(8)], 6);
            script.map(
                [
                    Number(0),
                    Number(PAGE),
                    Number(READ_WRITE),
                    Number(SHARED),
                    Word(104),
                    Number(0),
                ],
                START,
            );
            // The name and the descriptor go; the mapping stays.
            script.call(UNLINK, &[Address(200)], 8);
            script.call(CLOSE, &[Word(104)], 10);
            script.fetch(12, Word(START));
            script.call(OPEN, &[Address(200), Number(0), Number(0)], 14);
            script.call(OPEN, &[Address(200), Number(0x200 | 1), Number(0o400)], 112);
            script.map(
                [
                    Number(0),
                    Number(PAGE),
                    Number(1),
                    Number(SHARED),
                    Word(112),
                    Number(0),
                ],
                16,
            );
        },
        |_, _| {
            let mut answers = words(&[error(2), OK, error(17), [8, 0], OK, OK]);
            answers.push(0x1122_3344);
            answers.push(0);
            answers.extend(error(2));
            answers.extend(error(EACCES));
            answers
        },
    );
    println!("{compared} runs");
    assert!(compared > 0);
}

/// FreeBSD's stack opens as it is used, and never to its lowest page.
#[test]
fn stacks_that_grow() {
    const STACK: u64 = 0x400;
    let mut checked = 0;
    for target in [FREEBSD_X86_64, FREEBSD_AARCH64] {
        for mode in MODES {
            let mut script = Script::new(target);
            script.map(
                [
                    Number(0),
                    Number(256 * PAGE),
                    Number(READ_WRITE),
                    Number(STACK),
                    NOWHERE,
                    Number(0),
                ],
                START,
            );
            let low = page(&mut script, 1, 110);
            script.store(low, Number(5));
            script.fetch(0, low);
            script.child(|script| script.fetch(120, Word(START)), 3, 1);
            status(&mut script, 1);
            assert_eq!(script.run(mode, 1, 2), [5, 11], "{target}");
            checked += 1;
        }
    }
    println!("{checked} stacks");
    assert!(checked > 0);
}

/// Two processes with a pipe between them; a reader waits, and sees the end when the last writer has gone.
#[test]
fn pipes() {
    let compared = compare(
        |script| {
            script.call(PIPE2, &[Address(104), Number(0)], 110);
            // Both numbers stand in one word.
            script.set(106, Number(3));
            script.set(107, Number(4));
            script.call(FORK, &[], 112);
            script.if_zero(112, |script| {
                script.set(114, Number(77));
                script.call(WRITE, &[Word(107), Address(114), Number(1)], 116);
                script.call(EXIT, &[Number(0)], 116);
            });
            script.call(CLOSE, &[Word(107)], 118);
            script.set(0, Number(0));
            script.call(READ, &[Word(106), Address(0), Number(8)], 2);
            script.call(READ, &[Word(106), Address(1), Number(8)], 4);
            script.set(1, Word(104));
        },
        |_, _| vec![77, 3 | 4 << 32, 1, 0, 0, 0],
    );
    println!("{compared} runs");
    assert!(compared > 0);
}

#[test]
fn clocks_and_random_numbers() {
    let compared = compare(
        |script| {
            let monotonic = if is_netbsd(script.target) { 3 } else { 4 };
            script.call(CLOCK_GETTIME, &[Number(monotonic), Address(100)], 110);
            script.set(104, Number(5));
            script.set(105, Number(0));
            script.call(NANOSLEEP, &[Address(104), Number(0)], 0);
            script.call(CLOCK_GETTIME, &[Number(monotonic), Address(102)], 110);
            // The difference in seconds, as a sum with the complement.
            script.set(2, Word(102));
            let place = (DATA + 8 * 100) as i32;
            let code = match script.target.architecture {
                Architecture::X86_64 => {
                    x86_64! { mov rax, [place]; sub [DATA as i32 + 16], rax }
                }
                Architecture::Aarch64 => aarch64! {
                    movz x9, #0x50, lsl #16; ldr x10, [x9, #800]; ldr x11, [x9, #16]; sub x11, x11, x10;
                    str x11, [x9, #16]
                },
            };
            script.emit(code);
            script.call(GETRANDOM, &[Address(120), Number(16), Number(0)], 3);
            script.call(CLOCK_GETTIME, &[Number(99), Address(102)], 5);
        },
        |_, _| vec![0, 0, 5, 16, 0, EINVAL, 1],
    );
    println!("{compared} runs");
    assert!(compared > 0);
}

/// NetBSD's `mremap`: in place where it must be, to a free place and not to a used one, and one memory at two places.
#[test]
fn remapping() {
    const MREMAP: Call = Call {
        freebsd: 0,
        netbsd: 411,
    };
    const DUPLICATE: u64 = 4;
    let mut checked = 0;
    for target in [NETBSD_X86_64, NETBSD_AARCH64] {
        for mode in MODES {
            let mut script = Script::new(target);
            script.map_anonymous(8, PRIVATE, START);
            script.store(Word(START), Number(9));
            let middle = page(&mut script, 4, 110);
            let resize = |script: &mut Script, old: u64, to: Value, new: u64, flags, into| {
                let sizes = [Number(old * PAGE), Number(new * PAGE)];
                let arguments = [Word(START), sizes[0], to, sizes[1], Number(flags)];
                script.call(MREMAP, &arguments, into);
            };
            // Blocked by its own other half, then with room.
            resize(&mut script, 4, Word(START), 8, FIXED, 0);
            script.call(MUNMAP, &[middle, Number(4 * PAGE)], 120);
            resize(&mut script, 4, Word(START), 8, FIXED, 2);
            // Onto itself, shifted by a page: in use.
            let second = page(&mut script, 1, 112);
            resize(&mut script, 4, second, 4, FIXED, 4);
            // Twice the same memory.
            resize(&mut script, 1, Number(0), 1, DUPLICATE, 114);
            script.store(Word(114), Number(33));
            script.fetch(6, Word(START));
            // Anywhere, with the contents.
            resize(&mut script, 8, Number(0), 16, 0, 116);
            script.fetch(7, Word(116));
            script.set(8, Number(0));
            resize(&mut script, 8, Number(0), 0, 0, 9);
            script.set(2, Word(3));
            let words = script.run(mode, 1, 11);
            let expected = [ENOMEM, 1, 0, 0, ENOMEM, 1, 33, 33, 0, EINVAL, 1];
            assert_eq!(words, expected, "{target}, {mode:?}");
            checked += 1;
        }
    }
    println!("{checked} runs");
    assert!(checked > 0);
}

/// With a PaX note, nothing can be added to a protection later that was not named at once.
#[test]
fn the_pax_note_restricts_protections() {
    const PAX: (&[u8], u32) = (b"PaX\0", 3);
    let mut checked = 0;
    for target in [NETBSD_X86_64, NETBSD_AARCH64] {
        for covered in [false, true] {
            let mut script = Script::new(target);
            let cases = [(0, 3), (3 << 3, 3), (3, 5), (3 | 4 << 3, 5), (3, 7)];
            for (index, (first, later)) in cases.into_iter().enumerate() {
                let arguments = [
                    Number(0),
                    Number(PAGE),
                    Number(first),
                    Number(PRIVATE | ANONYMOUS),
                    NOWHERE,
                    Number(0),
                ];
                script.map(arguments, START);
                script.call(
                    MPROTECT,
                    &[Word(START), Number(PAGE), Number(later)],
                    2 * index,
                );
            }
            let mut program = Program::new(target, script.finish(10));
            if covered {
                program = program.with_note_segment(note(PAX.0, PAX.1, 0));
            }
            let outcome = program.run(rawmap_machine::Machine::new(target.system));
            let refused = if covered { error(EACCES) } else { OK };
            let expected = [refused, OK, refused, OK, refused].concat();
            assert_eq!(program::words(&outcome), expected, "{target}");
            checked += 1;
        }
    }
    println!("{checked} runs");
    assert!(checked > 0);
}

/// FreeBSD gives a program without its note the behaviour of old.
#[test]
fn the_freebsd_note_decides_about_length_0_and_the_kind_of_a_file_mapping() {
    let mut checked = 0;
    for target in [FREEBSD_X86_64, FREEBSD_AARCH64] {
        for (release, strict_length, strict_kind) in
            [(None, 0, 0), (Some(900_000), 1, 0), (Some(1_501_000), 1, 1)]
        {
            let mut script = Script::new(target);
            let mut arguments = [
                Number(0),
                Number(0),
                Number(READ_WRITE),
                Number(PRIVATE | ANONYMOUS),
                NOWHERE,
                Number(0),
            ];
            script.map(arguments, 10);
            script.set(0, Word(11));
            script.memory_file(12);
            script.truncate(Word(12), PAGE, 14);
            arguments[1] = Number(PAGE);
            arguments[3] = Number(0);
            arguments[4] = Word(12);
            script.map(arguments, 16);
            script.set(1, Word(17));
            let mut program =
                Program::unbranded(target.architecture, script.finish(2)).with_os_abi(9);
            if let Some(release) = release {
                program = program.with_note_segment(note(b"FreeBSD\0", 1, release));
            }
            let outcome = program.run(rawmap_machine::Machine::new(target.system));
            let expected = [strict_length, strict_kind];
            assert_eq!(program::words(&outcome), expected, "{target}, {release:?}");
            checked += 1;
        }
    }
    println!("{checked} runs");
    assert!(checked > 0);
}

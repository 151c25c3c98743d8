//! Limits, and a process that has given up root.

mod program;

use program::script::*;
use program::*;
use rawmap_machine::{Mode, System};

const LOCKED_MEMORY: u64 = 6;
const ADDRESS_SPACE: u64 = 10;
const PAGE: u64 = 4096;
const EPERM: u64 = 1;
const ENOMEM: u64 = 12;
const EAGAIN: u64 = 35;

/// Sets both values of a limit.
fn limit(script: &mut Script, resource: u64, value: u64, into: usize) {
    script.set(150, Number(value));
    script.set(151, Number(value));
    script.call(SETRLIMIT, &[Number(resource), Address(150)], into);
}

#[test]
fn locked_memory_is_limited() {
    let mut checked = 0;
    for target in TARGETS {
        for mode in [Mode::Measured, Mode::Hostile] {
            let mut script = Script::new(target);
            script.map_anonymous(4, PRIVATE, 100);
            limit(&mut script, LOCKED_MEMORY, 2 * PAGE, 0);
            script.call(SETUID, &[Number(1000)], 2);
            script.call(MLOCK, &[Word(100), Number(2 * PAGE)], 4);
            script.set(104, Word(100));
            script.add(104, Number(2 * PAGE));
            script.call(MLOCK, &[Word(104), Number(PAGE)], 6);
            // With room again, it works; more than that is not to be had without root.
            script.call(MUNLOCK, &[Word(100), Number(2 * PAGE)], 8);
            script.call(MLOCK, &[Word(104), Number(PAGE)], 10);
            limit(&mut script, LOCKED_MEMORY, 64 * PAGE, 12);
            script.call(SETUID, &[Number(0)], 14);
            // Locked pages are in memory for certain.
            script.set(17, Number(0));
            script.call(MINCORE, &[Word(104), Number(PAGE), Address(17)], 106);
            script.set(16, Word(106));
            script.call(MLOCKALL, &[Number(1)], 18);
            let words = script.run(mode, 1, 20);
            let over = match target.system {
                System::FreeBsd => ENOMEM,
                System::NetBsd => EAGAIN,
            };
            let calls: Vec<[u64; 2]> = words[..16]
                .chunks_exact(2)
                .map(|call| [call[0], call[1]])
                .collect();
            assert_eq!(
                calls,
                [
                    [0, 0],
                    [0, 0],
                    [0, 0],
                    [over, 1],
                    [0, 0],
                    [0, 0],
                    [EPERM, 1],
                    [EPERM, 1],
                ],
                "{target}"
            );
            assert_eq!(words[17] & 1, 1, "{target}: residency");
            assert_eq!(words[18..], [ENOMEM, 1], "{target}: mlockall");
            checked += 1;
        }
    }
    println!("{checked} runs");
    assert!(checked > 0);
}

#[test]
fn the_address_space_is_limited() {
    let mut checked = 0;
    for target in TARGETS {
        let mut script = Script::new(target);
        limit(&mut script, ADDRESS_SPACE, 64 << 20, 0);
        script.map_anonymous(1024, PRIVATE, 2);
        script.set(2, Number(0));
        script.map_anonymous(64 << 8, PRIVATE, 4);
        assert_eq!(
            script.run(Mode::Hostile, 1, 6),
            [0, 0, 0, 0, ENOMEM, 1],
            "{target}"
        );
        checked += 1;
    }
    println!("{checked} runs");
    assert!(checked > 0);
}

/// Memory that is locked as it is made fails when it is too much.
#[test]
fn the_future_is_locked_within_the_limit() {
    let mut checked = 0;
    for target in TARGETS {
        let mut script = Script::new(target);
        script.call(MLOCKALL, &[Number(2)], 0);
        limit(&mut script, LOCKED_MEMORY, 2 * PAGE, 2);
        script.map_anonymous(2, PRIVATE, 100);
        script.set(4, Word(101));
        script.map_anonymous(1, PRIVATE, 6);
        let words = script.run(Mode::Hostile, 1, 8);
        assert_eq!(words[4], 0, "{target}: within the limit");
        assert_eq!(words[6..], [ENOMEM, 1], "{target}: beyond it");
        checked += 1;
    }
    println!("{checked} runs");
    assert!(checked > 0);
}

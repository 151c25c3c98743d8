//! What the user of the machine decides: failing calls, the release, the end of patience; and that processes take turns.

mod program;

use program::script::*;
use program::*;
use rawmap_machine::{Errno, Error, Exit, Machine, Mode, Signal, System};

/// The same program with every one of its calls failing in turn.
#[test]
fn any_call_can_be_made_to_fail() {
    let mut failed = 0;
    for target in TARGETS {
        for position in 1..=4 {
            let mut script = Script::new(target);
            for call in 0..4 {
                script.call(GETPID, &[], 2 * call);
            }
            let machine = Machine::new(target.system).refuse(position, Errno(12));
            let (outcome, words) = script.run_on(machine, 8);
            for (call, words) in words.chunks_exact(2).enumerate() {
                if call as u64 + 1 == position {
                    assert_eq!(words, [12, 1], "{target}");
                    failed += 1;
                } else {
                    assert!(words[0] > 1 && words[1] == 0, "{target}");
                }
            }
            assert_eq!(outcome.calls["getpid"], 4);
        }
    }
    assert_eq!(failed, 16);
    println!("{failed} calls failed");
}

/// Calls that came with a release, each with the one before it and the one that has it.
#[test]
fn a_release_lacks_the_calls_of_later_ones() {
    let memory_file = Call {
        freebsd: 571,
        netbsd: 500,
    };
    let mut checked = 0;
    for target in TARGETS {
        let releases = match target.system {
            System::FreeBsd => [
                (memory_file, 1_202_000, 1_300_139),
                (GETRANDOM, 1_104_001, 1_200_086),
            ],
            System::NetBsd => [
                (memory_file, 1_000_000_000, 1_100_000_000),
                (GETRANDOM, 903_000_000, 1_000_000_000),
            ],
        };
        for (call, before, since) in releases {
            for (release, known) in [(before, false), (since, true)] {
                let mut script = Script::new(target);
                script.set(20, Number(0));
                script.call(call, &[Address(20), Number(0), Number(0)], 0);
                let program = Program::new(target, script.finish(2));
                let outcome = program.run(Machine::new(target.system).release(release));
                match &outcome.exit {
                    Exit::Exited(_) => assert!(known, "{target}, {release}"),
                    Exit::Signalled(death) => {
                        assert!(!known, "{target}, {release}");
                        assert_eq!(death.signal, Signal::SIGSYS);
                    }
                }
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 16);
    println!("{checked} releases");
}

#[test]
fn the_kernel_tells_its_release() {
    const SYSCTL: Call = Call {
        freebsd: 202,
        netbsd: 202,
    };
    let mut checked = 0;
    for target in TARGETS {
        let number = match target.system {
            System::FreeBsd => 24,
            System::NetBsd => 3,
        };
        let mut script = Script::new(target);
        script.set(20, Number(1 | number << 32));
        script.set(22, Number(4));
        script.set(0, Number(0));
        let arguments = [
            Address(20),
            Number(2),
            Address(0),
            Address(22),
            Number(0),
            Number(0),
        ];
        script.call(SYSCTL, &arguments, 24);
        let machine = Machine::new(target.system).release(1_234_567);
        assert_eq!(script.run_on(machine, 1).1, [1_234_567], "{target}");
        checked += 1;
    }
    println!("{checked} releases told");
    assert!(checked > 0);
}

/// A loop without an end is ended, whether it makes calls or not.
#[test]
fn patience_has_an_end() {
    let mut ended = 0;
    for target in TARGETS {
        let mut quiet = Script::new(target);
        quiet.spin(Address(0));
        let calling = match target {
            FREEBSD_X86_64 | NETBSD_X86_64 => x86_64! { again:; mov eax, 20; syscall; jmp <again },
            FREEBSD_AARCH64 => aarch64! { again:; movz x8, #20; svc #0; b <again },
            NETBSD_AARCH64 => aarch64! { again:; svc #20; b <again },
        };
        for code in [quiet.finish(1), calling] {
            let file = Program::new(target, code).file();
            let machine = Machine::new(target.system).steps(1_000_000);
            let error = machine.run(&file, &[NAME], &[] as &[&str]);
            let Err(Error::TooLong {
                steps,
                program_counter,
            }) = error
            else {
                panic!("{target}: an endless loop ends");
            };
            assert!((1_000_000..1_002_000).contains(&steps), "{target}: {steps}");
            assert!((CODE..CODE + 0x200).contains(&program_counter), "{target}");
            ended += 1;
        }
    }
    assert_eq!(ended, 8);
    println!("{ended} loops ended");
}

/// A parent that waits for its child's word without a call, and a child that waits for its parent's.
#[test]
fn processes_that_spin_make_room_for_each_other() {
    let mut checked = 0;
    for target in TARGETS {
        for mode in [Mode::Measured, Mode::Hostile] {
            for seed in 0..4 {
                let mut script = Script::new(target);
                script.map_anonymous(1, SHARED, 100);
                script.set(102, Word(100));
                script.add(102, Number(8));
                script.call(FORK, &[], 104);
                script.if_zero(104, |script| {
                    script.spin(Word(102));
                    script.store(Word(100), Number(5));
                    script.call(EXIT, &[Number(3)], 106);
                });
                script.store(Word(102), Number(1));
                script.spin(Word(100));
                script.fetch(0, Word(100));
                script.wait(1);
                assert_eq!(script.run(mode, seed, 2), [5, 3 << 8], "{target}");
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 32);
    println!("{checked} pairs");
}

#[test]
fn processes_that_all_wait_are_noticed() {
    let mut checked = 0;
    for target in TARGETS {
        let mut script = Script::new(target);
        script.call(PIPE2, &[Address(10), Number(0)], 12);
        script.call(READ, &[Number(3), Address(14), Number(1)], 16);
        let file = Program::new(target, script.finish(1)).file();
        let result = Machine::new(target.system).run(&file, &[NAME], &[] as &[&str]);
        assert!(matches!(result, Err(Error::Deadlock)), "{target}");
        checked += 1;
    }
    println!("{checked} deadlocks");
    assert!(checked > 0);
}

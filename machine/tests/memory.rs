//! Memory at work: many mappings, files, sharing over `fork`, and code that changes.

mod program;

use program::*;
use rawmap_machine::{Exit, Mode, Protection};

const PAGES: u64 = 20_000;

#[test]
fn twenty_thousand_mappings_are_made_and_touched() {
    let data = DATA as i32;
    for (target, number) in [(FREEBSD_X86_64, 477), (NETBSD_X86_64, 197)] {
        // Every second page stays closed, so that no two mappings are one.
        let mut code = x86_64! {
            mov ebx, PAGES as i32;
            mov rbp, rsp; and rsp, -16; sub rsp, 64;
            again:;
            mov eax, number; xor edi, edi; mov esi, 4096; mov edx, ebx; and edx, 1; imul edx, edx, 3;
            mov r10d, 0x1002; mov r8, -1; xor r9d, r9d; mov QWORD [rsp + 8], 0;
            syscall;
            jc >failed;
            test ebx, 1;
            jz >next;
            mov [rax + 8], rax; add [data], rbx;
            next:;
            dec ebx;
            jnz <again;
            jmp >done;
            failed:; ud2;
            done:
        };
        code.extend(report(target, 1));
        let outcome = run(target, Mode::Hostile, 1, code);
        assert_eq!(words(&outcome), [PAGES / 2 * PAGES / 2], "{target}");
        assert_eq!(outcome.calls["mmap"], PAGES, "{target}");
        let mapped: u64 = outcome
            .mappings
            .iter()
            .map(|mapped| mapped.range.end - mapped.range.start)
            .sum();
        assert!(mapped >= PAGES * 4096, "{target}");
        println!("{target}: {PAGES} mappings");
    }
}

#[test]
fn the_program_maps_its_own_file() {
    let data = DATA as i32;
    let mut code = x86_64! {
        // open(argv[0], O_RDONLY)
        mov rsi, [rdi + 8]; mov eax, 5; mov rdi, rsi; xor esi, esi; syscall;
        // mmap(0, 4096, PROT_READ, MAP_PRIVATE, descriptor, 0)
        mov r8, rax; mov eax, 477; xor edi, edi; mov esi, 4096; mov edx, 1; mov r10d, 2; xor r9d, r9d; syscall;
        mov ecx, [rax]; mov [data], rcx; mov [data + 8], rax
    };
    code.extend(report(FREEBSD_X86_64, 2));
    let outcome = run(FREEBSD_X86_64, Mode::Hostile, 1, code);
    let seen = words(&outcome);
    assert_eq!(seen[0].to_le_bytes()[..4], *b"\x7fELF");
    let mapped = outcome.mapping_at(seen[1]).expect("the mapping stands");
    assert_eq!(mapped.protection, Protection::READ);
    assert_eq!(mapped.range.end - mapped.range.start, 4096);
    println!("1 file mapped");
}

/// A child stores to a shared and to a private page; the parent sees the one and not the other.
#[test]
fn a_fork_shares_what_is_shared_and_copies_the_rest() {
    let data = DATA as i32;
    let mut code = x86_64! {
        mov eax, 477; xor edi, edi; mov esi, 4096; mov edx, 3; mov r10d, 0x1001; mov r8, -1; xor r9d, r9d; syscall;
        mov rbx, rax; mov QWORD [data], 1; mov QWORD [rbx], 1;
        mov eax, 2; syscall;
        test rax, rax; jnz >parent;
        mov QWORD [data], 2; mov QWORD [rbx], 2;
        mov eax, 1; mov edi, 5; syscall;
        parent:;
        mov edi, eax; mov eax, 7; mov esi, data + 16; xor edx, edx; xor r10d, r10d; syscall;
        mov rax, [rbx]; mov [data + 8], rax
    };
    code.extend(report(FREEBSD_X86_64, 3));
    let seen = words(&run(FREEBSD_X86_64, Mode::Hostile, 1, code));
    assert_eq!(seen, [1, 2, 5 << 8]);
    println!("1 child");
}

/// The same address shows other code after the mapping was replaced, and after the code was overwritten.
#[test]
fn code_that_changes_is_executed_as_it_is_now() {
    let data = DATA as i32;
    // mov eax, value; ret
    let code_for = |value: u8| i64::from_le_bytes([0xb8, value, 0, 0, 0, 0xc3, 0, 0]);
    let (one, two, three) = (code_for(1), code_for(2), code_for(3));
    let map = x86_64! {
        mov eax, 477; mov edi, 0x6000_0000; mov esi, 4096; mov edx, 7; mov r10d, 0x1012; mov r8, -1; xor r9d, r9d;
        syscall
    };
    let call = |code: i64| {
        x86_64! {
            mov rcx, QWORD code; mov ebx, 0x6000_0000; mov [rbx], rcx; call rbx
        }
    };
    let mut code = [map.clone(), call(one), x86_64! { mov [data], rax }].concat();
    code.extend([call(two), x86_64! { mov [data + 8], rax }].concat());
    code.extend([map, call(three), x86_64! { mov [data + 16], rax }].concat());
    code.extend(report(FREEBSD_X86_64, 3));
    let outcome = run(FREEBSD_X86_64, Mode::Hostile, 1, code);
    assert_eq!(words(&outcome), [1, 2, 3]);
    println!("3 generations of code");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let data = DATA as i32;
    let code = || {
        let mut code = x86_64! {
            mov eax, 20; syscall; mov [data], rax; mov [data + 8], rcx; mov [data + 16], r9
        };
        code.extend(report(FREEBSD_X86_64, 3));
        code
    };
    let runs: Vec<Vec<u64>> = [7, 7, 8]
        .into_iter()
        .map(|seed| words(&run(FREEBSD_X86_64, Mode::Hostile, seed, code())))
        .collect();
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
    assert_eq!(
        run(FREEBSD_X86_64, Mode::Hostile, 7, code()).exit,
        Exit::Exited(0)
    );
    println!("3 runs");
}

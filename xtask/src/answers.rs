//! What a kernel, or the machine that plays one, answers, compared with what real kernels answered.

use std::fs;

use anyhow::{Context, Result, bail, ensure};

use crate::project::Project;
use crate::run::Outcome;
use crate::tap::Counts;
use crate::target::{Arch, Os, TARGETS, Target};

/// The program that asks.
pub const PROGRAM: &str = "rawmap-answers";

/// What one real kernel answered: a file in tests/data/kernel-answers.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// The file, which is named for the system, the release and the architecture.
    pub file: &'static str,
    os: Os,
    arch: Arch,
    release: &'static str,
    /// The features of the program that asked.
    pub features: &'static [&'static str],
}

const fn record(
    file: &'static str,
    os: Os,
    arch: Arch,
    release: &'static str,
    features: &'static [&'static str],
) -> Record {
    Record {
        file,
        os,
        arch,
        release,
        features,
    }
}

const RECORDS: [Record; 7] = [
    record(
        "linux-6.18-x86_64.txt",
        Os::Linux,
        Arch::X86_64,
        "6.18",
        &[],
    ),
    record(
        "linux-6.1-aarch64.txt",
        Os::Linux,
        Arch::Aarch64,
        "6.1",
        &[],
    ),
    record(
        "freebsd-15.1-x86_64.txt",
        Os::FreeBsd,
        Arch::X86_64,
        "15.1",
        &[],
    ),
    record(
        "freebsd-15.1-aarch64.txt",
        Os::FreeBsd,
        Arch::Aarch64,
        "15.1",
        &[],
    ),
    record(
        "netbsd-10.99.12-x86_64.txt",
        Os::NetBsd,
        Arch::X86_64,
        "10.99.12",
        &[],
    ),
    record(
        "netbsd-10.99.12-aarch64.txt",
        Os::NetBsd,
        Arch::Aarch64,
        "10.99.12",
        &[],
    ),
    record(
        "netbsd-10.99.12-x86_64-pax-note.txt",
        Os::NetBsd,
        Arch::X86_64,
        "10.99.12",
        &["pax"],
    ),
];

/// What kernels for `target` answered.
pub fn records(target: Target) -> impl Iterator<Item = Record> {
    RECORDS
        .into_iter()
        .filter(move |record| record.os == target.os && record.arch == target.arch)
}

impl Record {
    /// Whether a kernel of this release must answer the same; else, why it need not.
    pub fn binds(&self, release: &str) -> Result<(), String> {
        let patch = release.strip_prefix(self.release);
        // 6.1 is not the beginning of 6.18.
        if patch.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit())) {
            Ok(())
        } else {
            let recorded = self.release;
            Err(format!(
                "the answers are of {recorded}, and this is {release}"
            ))
        }
    }

    /// How many of the questions were answered as they were recorded, of all.
    pub fn judge(&self, project: &Project, outcome: &Outcome) -> Result<Counts> {
        let path = project
            .root
            .join("tests/data/kernel-answers")
            .join(self.file);
        let recorded =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let comparison = compare(&recorded, &outcome.output)?;
        if outcome.status != 0 {
            let first = comparison.differences.first().map_or("", String::as_str);
            bail!("it ended with status {}; {first}", outcome.status);
        }
        Ok(comparison.counts())
    }
}

/// What came of comparing all questions.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Answers that are the recorded ones.
    pub literal: u64,
    /// Answers that obey their rule.
    pub by_rule: u64,
    /// What is wrong, in the order of the questions.
    pub differences: Vec<String>,
}

impl Comparison {
    fn counts(self) -> Counts {
        Counts {
            passed: self.literal + self.by_rule,
            failed: self.differences.len() as u64,
            skipped: 0,
            first_failure: self.differences.into_iter().next(),
        }
    }
}

/// Compares the program's output with the text of a record: every recorded question must have one answer, and no
/// other may be answered.
pub fn compare(recorded: &str, output: &str) -> Result<Comparison> {
    let record = Answers::parse(recorded);
    ensure!(
        record.strays.is_empty() && !record.all.is_empty(),
        "the record is not one of questions and answers"
    );
    let target = record.target()?;
    let answers = Answers::parse(output);
    let mut comparison = Comparison::default();
    for &(question, recorded) in &record.all {
        let given = answers.of(question);
        let [answer] = given[..] else {
            let times = given.len();
            comparison
                .differences
                .push(format!("{question}: answered {times} times"));
            continue;
        };
        let verdict = match rule(question) {
            Some(rule) => rule
                .check(target, recorded, answer, &answers)
                .map(|()| comparison.by_rule += 1),
            None if answer == recorded => {
                comparison.literal += 1;
                Ok(())
            }
            None => Err(String::new()),
        };
        if let Err(why) = verdict {
            let because = if why.is_empty() { "" } else { ": " };
            comparison.differences.push(format!(
                "{question} = {answer}, recorded {recorded}{because}{why}"
            ));
        }
    }
    for (question, answer) in &answers.all {
        if record.of(question).is_empty() {
            comparison
                .differences
                .push(format!("{question} = {answer}: never asked"));
        }
    }
    for line in &answers.strays {
        comparison
            .differences
            .push(format!("{line:?} is no answer"));
    }
    Ok(comparison)
}

/// Questions and answers, from the first to the last.
struct Answers<'a> {
    all: Vec<(&'a str, &'a str)>,
    /// Lines between them that are neither.
    strays: Vec<&'a str>,
}

/// The first question, whose answer is the system and the architecture.
const FIRST: &str = "probe";
/// The last one: what a place prints by itself comes after it, or before the first.
const LAST: &str = "done";

impl<'a> Answers<'a> {
    fn parse(text: &'a str) -> Answers<'a> {
        let mut all = Vec::new();
        let mut strays = Vec::new();
        // A console takes the spaces at the end of a line.
        let lines = text.lines().map(str::trim_end);
        let lines = lines.map(|line| (line, line.split_once(" = ")));
        let is_before = |(_, pair): &(_, Option<(&str, &str)>)| {
            pair.is_none_or(|(question, _)| question != FIRST)
        };
        for (line, pair) in lines.skip_while(is_before) {
            match pair {
                Some(pair) => all.push(pair),
                None => strays.push(line),
            }
            if pair.is_some_and(|(question, _)| question == LAST) {
                break;
            }
        }
        Answers { all, strays }
    }

    fn of(&self, question: &str) -> Vec<&'a str> {
        let matching = self.all.iter().filter(|(asked, _)| *asked == question);
        matching.map(|&(_, answer)| answer).collect()
    }

    fn target(&self) -> Result<Target> {
        let first = self.of(FIRST);
        let named = |target: &Target| first == [format!("{} {}", target.os, target.arch)];
        match TARGETS.into_iter().find(named) {
            Some(target) => Ok(target),
            None => bail!("the record is of none of the targets"),
        }
    }
}

/// What must hold of an answer that is not the same each time.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// Registers: those that the kernel keeps, and an error, are as recorded.
    Registers { refused: bool },
    /// The number of arguments.
    ArgumentCount,
    /// NetBSD's other way to the arguments leads to the same ones.
    PsStrings,
    /// A distance in pages, which is the system's choice where it ignores the hint.
    Distance,
}

const ARGUMENT_COUNT: &str = "argc at the block";

fn rule(question: &str) -> Option<Rule> {
    match question {
        "registers after getpid" => Some(Rule::Registers { refused: false }),
        "registers after munmap(1, 0x1111)" | "registers after mprotect(-4096, 0x1111)" => {
            Some(Rule::Registers { refused: true })
        }
        ARGUMENT_COUNT => Some(Rule::ArgumentCount),
        "ps_strings" => Some(Rule::PsStrings),
        "hint unaligned offset from free page" => Some(Rule::Distance),
        _ => None,
    }
}

impl Rule {
    fn check(
        self,
        target: Target,
        recorded: &str,
        answer: &str,
        answers: &Answers<'_>,
    ) -> Result<(), String> {
        match self {
            Rule::Registers { refused } => registers(target, refused, recorded, answer),
            Rule::ArgumentCount => match answer.parse::<u32>() {
                Ok(1..) => Ok(()),
                _ => Err("not a number of arguments".to_owned()),
            },
            Rule::PsStrings => ps_strings(answer, &answers.of(ARGUMENT_COUNT)),
            Rule::Distance => match (target.os, answer.parse::<i64>()) {
                (Os::FreeBsd, Ok(_)) => Ok(()),
                (Os::FreeBsd, Err(_)) => Err("not a number".to_owned()),
                (Os::Linux | Os::NetBsd, _) if answer == recorded => Ok(()),
                (Os::Linux | Os::NetBsd, _) => Err("the hint was free".to_owned()),
            },
        }
    }
}

/// The first of argv's address is told in both ways by its last byte.
fn ps_strings(answer: &str, counts: &[&str]) -> Result<(), String> {
    let parts = answer
        .strip_prefix("argv=")
        .and_then(|rest| rest.split_once(" argc="))
        .and_then(|(argv, rest)| Some((argv, rest.split_once(" block argv=")?)));
    let Some((argv, (count, block))) = parts else {
        return Err("not argv, argc and the argument block's argv".to_owned());
    };
    if argv != block || hexadecimal(argv.trim_start_matches("0x")).is_none() {
        return Err("two places for argv".to_owned());
    }
    if counts != [count] {
        return Err(format!("not the {ARGUMENT_COUNT}"));
    }
    Ok(())
}

fn registers(target: Target, refused: bool, recorded: &str, answer: &str) -> Result<(), String> {
    let recorded = fields(recorded);
    let answer = fields(answer);
    let names = |fields: &[(&str, &str)]| -> Vec<String> {
        fields.iter().map(|(name, _)| (*name).to_owned()).collect()
    };
    if names(&recorded) != names(&answer) {
        return Err("other registers".to_owned());
    }
    let settled = settled(target, refused);
    let process_id = match target.arch {
        Arch::X86_64 => "rax",
        Arch::Aarch64 => "x0",
    };
    for (&(name, recorded), &(_, value)) in recorded.iter().zip(&answer) {
        if settled.contains(&name) {
            if value != recorded {
                return Err(format!("{name}={value}"));
            }
        } else if !refused && name == process_id {
            if hexadecimal(value).is_none_or(|id| id == 0) {
                return Err(format!("{name}={value} is no process"));
            }
        } else if hexadecimal(value).is_none() && !["true", "false"].contains(&value) {
            return Err(format!("{name}={value} is no value"));
        }
    }
    Ok(())
}

/// The registers that the kernel keeps, what went in with the call, and what the kernel says of its success.
fn settled(target: Target, refused: bool) -> Vec<&'static str> {
    let mut settled = match target.arch {
        Arch::X86_64 => vec!["n", "cf", "rdi", "rsi", "rbx"],
        Arch::Aarch64 => vec![
            "n", "c", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x16", "x17",
        ],
    };
    settled.extend_from_slice(match (target.os, target.arch) {
        // rcx is the address that the kernel returns to.
        (Os::Linux, Arch::X86_64) => &["rdx", "r10", "r8", "r9", "rcx_is_code"][..],
        (Os::Linux, Arch::Aarch64) => &["x1"],
        // rdx holds the second result, of calls that have one.
        (Os::FreeBsd, Arch::X86_64) => &["rdx"],
        (Os::NetBsd, Arch::X86_64) => &["r10", "r8", "r9"],
        (Os::FreeBsd | Os::NetBsd, Arch::Aarch64) => &[],
    });
    if refused {
        settled.extend_from_slice(match (target.os, target.arch) {
            (Os::Linux | Os::FreeBsd, Arch::X86_64) => &["rax"][..],
            (Os::NetBsd, Arch::X86_64) => &["rax", "rdx"],
            (_, Arch::Aarch64) => &["x0", "x1"],
        });
    }
    settled
}

fn fields(answer: &str) -> Vec<(&str, &str)> {
    answer
        .split(' ')
        .map(|field| field.split_once('=').unwrap_or((field, "")))
        .collect()
}

fn hexadecimal(digits: &str) -> Option<u64> {
    u64::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{Answers, Comparison, RECORDS, Record, compare, fields, rule, settled};

    fn text(record: &Record) -> String {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/kernel-answers");
        fs::read_to_string(folder.join(record.file)).unwrap()
    }

    fn of(file: &str) -> String {
        text(RECORDS.iter().find(|record| record.file == file).unwrap())
    }

    /// The record of `file`, compared with itself after a change.
    fn changed(file: &str, from: &str, to: &str) -> Comparison {
        let recorded = of(file);
        assert_eq!(recorded.matches(from).count(), 1, "{from:?} in {file}");
        compare(&recorded, &recorded.replace(from, to)).unwrap()
    }

    fn is_noticed(file: &str, from: &str, to: &str) -> bool {
        let Comparison {
            literal,
            by_rule,
            differences,
        } = changed(file, from, to);
        let questions = of(file).lines().count() as u64;
        assert_eq!(literal + by_rule + differences.len() as u64, questions);
        assert!(differences.len() <= 1, "{differences:?}");
        differences.len() == 1
    }

    #[test]
    fn there_is_a_record_for_each_file_and_it_agrees_with_itself() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/kernel-answers");
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        let records = files.filter(|file| file.file_name().to_string_lossy().ends_with(".txt"));
        assert_eq!(records.count(), RECORDS.len());
        for record in &RECORDS {
            let recorded = text(record);
            let Comparison {
                literal,
                by_rule,
                differences,
            } = compare(&recorded, &recorded).unwrap();
            assert_eq!(differences, Vec::<String>::new(), "{}", record.file);
            assert_eq!(literal + by_rule, recorded.lines().count() as u64);
            let netbsd = u64::from(record.file.starts_with("netbsd"));
            assert_eq!(by_rule, 5 + netbsd, "{}", record.file);
            let target = Answers::parse(&recorded).target().unwrap();
            assert_eq!((target.os, target.arch), (record.os, record.arch));
            let named = format!("{}-{}-{}", record.os, record.release, record.arch);
            assert!(record.file.starts_with(&named), "{}", record.file);
        }
    }

    #[test]
    fn what_is_kept_is_what_was_there_before_the_call() {
        let mut kept = 0;
        for record in &RECORDS {
            let recorded = text(record);
            let answers = Answers::parse(&recorded);
            let target = answers.target().unwrap();
            for &(question, answer) in &answers.all {
                let Some(super::Rule::Registers { refused }) = rule(question) else {
                    continue;
                };
                let fields = fields(answer);
                let number: u64 = fields[0].1.parse().unwrap();
                for name in settled(target, refused) {
                    let (_, value) = fields.iter().find(|(field, _)| *field == name).unwrap();
                    let before = match name {
                        "n" | "cf" | "c" | "rax" | "x0" | "rcx_is_code" => continue,
                        "rdi" => "kept".to_owned(),
                        "rsi" | "x1" => "1111".to_owned(),
                        "rdx" | "x2" => "2222".to_owned(),
                        "r10" | "x3" => "3333".to_owned(),
                        "r8" | "x4" => "4444".to_owned(),
                        "r9" | "x5" => "5555".to_owned(),
                        "rbx" | "x6" => "6666".to_owned(),
                        "x7" => "7777".to_owned(),
                        "x16" => "1616".to_owned(),
                        "x8" | "x17" => format!("{number:x}"),
                        other => panic!("{other}"),
                    };
                    assert_eq!(*value, before, "{name} in {}: {question}", record.file);
                    kept += 1;
                }
            }
        }
        assert!(kept > 100, "{kept}");
    }

    #[test]
    fn a_register_that_is_kept_must_be() {
        let getpid = |file: &str, from: &str, to: &str| {
            let recorded = of(file);
            let line = recorded
                .lines()
                .find(|line| line.starts_with("registers after getpid"))
                .unwrap();
            assert_eq!(line.matches(from).count(), 1, "{from:?} in {line}");
            is_noticed(file, line, &line.replace(from, to))
        };
        let linux = "linux-6.18-x86_64.txt";
        for (from, to) in [
            ("rdi=kept", "rdi=CHANGED"),
            ("rsi=1111", "rsi=1112"),
            ("r9=5555", "r9=0"),
            ("cf=0", "cf=1"),
            ("rax=204d", "rax=0"),
            ("rcx_is_code=true", "rcx_is_code=false"),
            (" rdx=2222", ""),
            ("n=39", "n=20"),
        ] {
            assert!(getpid(linux, from, to), "{to}");
        }
        assert!(!getpid(linux, "rax=204d", "rax=1"));

        let freebsd = "freebsd-15.1-x86_64.txt";
        assert!(getpid(freebsd, "rdx=2222", "rdx=0"));
        assert!(!getpid(freebsd, "r8=0", "r8=ffffffff"));
        assert!(getpid(freebsd, "r8=0", "r8=?"));
        assert!(!getpid(freebsd, "rcx_is_code=true", "rcx_is_code=false"));

        let netbsd = "netbsd-10.99.12-x86_64.txt";
        assert!(!getpid(netbsd, "rdx=1", "rdx=77"));
        assert!(getpid(netbsd, "r8=4444", "r8=0"));

        let arm = "netbsd-10.99.12-aarch64.txt";
        assert!(!getpid(arm, "x1=1 ", "x1=0 "));
        assert!(getpid(arm, "x17=14", "x17=0"));
        assert!(getpid("linux-6.1-aarch64.txt", "x1=1111", "x1=0"));
    }

    #[test]
    fn an_error_is_as_recorded() {
        let munmap = "registers after munmap(1, 0x1111) = n=73 ";
        let x86_64 = "netbsd-10.99.12-x86_64.txt";
        for (from, to) in [
            (
                "cf=1 rax=16 rdi=kept rsi=1111 rdx=2222",
                "cf=0 rax=16 rdi=kept rsi=1111 rdx=2222",
            ),
            (
                "cf=1 rax=16 rdi=kept rsi=1111 rdx=2222",
                "cf=1 rax=17 rdi=kept rsi=1111 rdx=2222",
            ),
            (
                "cf=1 rax=16 rdi=kept rsi=1111 rdx=2222",
                "cf=1 rax=16 rdi=kept rsi=1111 rdx=0",
            ),
        ] {
            let line = |fields: &str| format!("{munmap}{fields}");
            assert!(is_noticed(x86_64, &line(from), &line(to)), "{to}");
        }
        let x1 = |value: &str| format!("{munmap}c=1 x0=16 x1={value}");
        assert!(is_noticed(
            "freebsd-15.1-aarch64.txt",
            &x1("1111"),
            &x1("0")
        ));
    }

    #[test]
    fn a_distance_is_the_systems_choice_where_it_ignores_hints() {
        let hint = |pages: &str| format!("hint unaligned offset from free page = {pages}\n");
        let linux = "linux-6.18-x86_64.txt";
        assert!(is_noticed(linux, &hint("1"), &hint("2")));
        let netbsd = "netbsd-10.99.12-aarch64.txt";
        assert!(is_noticed(netbsd, &hint("2"), &hint("1")));
        let freebsd = "freebsd-15.1-x86_64.txt";
        assert!(!is_noticed(freebsd, &hint("2961"), &hint("-12")));
        assert!(is_noticed(freebsd, &hint("2961"), &hint("errno 12 ENOMEM")));
    }

    #[test]
    fn ps_strings_and_the_argument_block_agree() {
        let netbsd = "netbsd-10.99.12-x86_64.txt";
        let line = "argv=0xb8 argc=1 block argv=0xb8";
        assert!(!is_noticed(netbsd, line, "argv=0x8 argc=1 block argv=0x8"));
        assert!(is_noticed(netbsd, line, "argv=0xb8 argc=1 block argv=0xc0"));
        assert!(is_noticed(netbsd, line, "argv=0xb8 argc=2 block argv=0xb8"));
        assert!(is_noticed(netbsd, line, "argv=? argc=1 block argv=?"));
        let count = "argc at the block = ";
        assert!(is_noticed(
            "linux-6.18-x86_64.txt",
            &format!("{count}1"),
            &format!("{count}0")
        ));
        assert!(!is_noticed(
            "linux-6.18-x86_64.txt",
            &format!("{count}1"),
            &format!("{count}2")
        ));
    }

    #[test]
    fn everything_else_is_compared_as_it_stands() {
        let linux = "linux-6.18-x86_64.txt";
        assert!(is_noticed(linux, "tid = 1", "tid = 0"));
        assert!(is_noticed(linux, "open O_CREAT = 3", "open O_CREAT = 4"));
        assert_eq!(
            changed(linux, "munmap hole = 0", "munmap hole = errno 22 EINVAL").differences,
            ["munmap hole = errno 22 EINVAL, recorded 0"]
        );
    }

    #[test]
    fn every_question_is_answered_once_and_no_other_is() {
        let linux = "linux-6.18-x86_64.txt";
        let differences = |from: &str, to: &str| changed(linux, from, to).differences;
        let row = "munmap hole = 0\n";
        assert_eq!(differences(row, ""), ["munmap hole: answered 0 times"]);
        assert_eq!(
            differences(row, &row.repeat(2)),
            ["munmap hole: answered 2 times"]
        );
        assert_eq!(
            differences(row, "munmap hole = 0\nmunmap cave = 0\n"),
            ["munmap cave = 0: never asked"]
        );
        assert_eq!(
            differences(row, "munmap hole = 0\nmunmap\n"),
            ["\"munmap\" is no answer"]
        );
    }

    #[test]
    fn what_a_place_prints_itself_is_no_answer() {
        let recorded = of("netbsd-10.99.12-x86_64.txt");
        let console = format!("boot = yes\n\n{recorded}machine: exit = 0\n").replace('\n', "\r\n");
        let comparison = compare(&recorded, &console).unwrap();
        assert_eq!(comparison.differences, Vec::<String>::new());
        let early = recorded.split("mmap W+X").next().unwrap();
        assert!(!compare(&recorded, early).unwrap().differences.is_empty());
        assert!(compare("", &recorded).is_err());
    }

    #[test]
    fn a_record_binds_kernels_of_its_release() {
        let of = |file: &str| *RECORDS.iter().find(|record| record.file == file).unwrap();
        let arm = of("linux-6.1-aarch64.txt");
        assert_eq!(arm.binds("6.1.0-56-cloud-arm64"), Ok(()));
        assert_eq!(arm.binds("6.1"), Ok(()));
        let reason = "the answers are of 6.1, and this is 6.12.117+deb12-arm64-16k";
        assert_eq!(
            arm.binds("6.12.117+deb12-arm64-16k"),
            Err(reason.to_owned())
        );
        assert_eq!(of("linux-6.18-x86_64.txt").binds("6.18.44-fc-v669"), Ok(()));
    }
}

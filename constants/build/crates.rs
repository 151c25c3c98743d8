//! Writes the comparisons with crates, as calls of the macros in src/lib.rs.

use std::collections::BTreeMap;

use crate::Constant;
use crate::list::List;

pub fn linux(list: &List, constants: &[Constant]) -> String {
    let calls = list.linux_calls();
    let of_calls = |prefix: &str| {
        let lines = calls
            .iter()
            .map(|call| format!("    {prefix}{call} = ::syscalls::Sysno::{call} as i128;\n"));
        lines.collect::<String>()
    };
    let in_libc = comparisons(constants, &list.older_in_libc("linux")) + &of_calls("SYS_");
    let in_linux_raw_sys = comparisons(constants, &BTreeMap::new()) + &of_calls("__NR_");

    let only_in_headers = list.only_in_headers();
    let (unknown, known): (Vec<&str>, Vec<&str>) = constants
        .iter()
        .map(|constant| constant.name)
        .partition(|name| only_in_headers.contains(name));
    let known_constants = known
        .iter()
        .map(|name| format!("    \"{name}\" {name} {name};\n"));
    let known_calls = calls
        .iter()
        .map(|call| format!("    \"{call}\" SYS_{call} __NR_{call};\n"));
    let known: String = known_constants.chain(known_calls).collect();
    let unknown: String = unknown
        .iter()
        .map(|name| format!("    {name};\n"))
        .collect();

    format!(
        "compare! {{ in_libc, \"libc\", {{ ::libc::* }},\n{in_libc}}}\n\
         compare! {{ in_linux_raw_sys, \"linux-raw-sys\",\n\
         {{ ::linux_raw_sys::{{auxvec::*, errno::*, general::*, prctl::*}} }},\n{in_linux_raw_sys}}}\n\
         known! {{\n{known}}}\nunknown! {{\n{unknown}}}\n"
    )
}

pub fn bsd(list: &List, constants: &[Constant], system: &str) -> String {
    let in_libc = comparisons(constants, &list.older_in_libc(system));
    format!("compare! {{ in_libc, \"libc\", {{ ::libc::* }},\n{in_libc}}}\n")
}

fn comparisons(constants: &[Constant], older: &BTreeMap<&str, i64>) -> String {
    // A constant that is an expression in C has no name that a crate could know.
    let named = constants.iter().filter(|constant| {
        let mut letters = constant.expression.chars();
        letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    });
    let lines = named.map(|constant| {
        let Constant {
            expression, value, ..
        } = constant;
        match older.get(constant.name) {
            None => format!("    {expression} = {value};\n"),
            Some(older) => format!("    {expression} = {value}, {older};\n"),
        }
    });
    lines.collect()
}

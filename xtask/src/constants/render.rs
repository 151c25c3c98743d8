//! The text of the generated files.

use std::fmt::Write as _;

use super::found::{Alias, Constant, ErrorNumber};

pub(super) fn render_constants(constants: &[(Constant, Option<&'static str>)]) -> String {
    let mut out = String::from("constants! {\n");
    for (constant, architecture) in constants {
        if let Some(comment) = &constant.comment {
            let _ = writeln!(out, "    /// {comment}.");
        }
        if let Some(architecture) = architecture {
            let _ = writeln!(out, "    #[cfg(target_arch = \"{architecture}\")]");
        }
        let Constant {
            name,
            kind,
            literal,
            expression,
            ..
        } = constant;
        let _ = writeln!(
            out,
            "    {name}: {} = {literal} => {expression:?};",
            kind.name()
        );
    }
    out + "}\n"
}

pub(super) fn render_errnos(errnos: &[ErrorNumber], aliases: &[Alias]) -> String {
    let mut out = String::from("errnos! {\n    numbers: {\n");
    for ErrorNumber {
        name,
        number,
        meaning,
    } in errnos
    {
        let _ = writeln!(
            out,
            "        /// {meaning}.\n        {name} = {number}, {meaning:?};"
        );
    }
    out.push_str("    }\n    aliases: {\n");
    for Alias { name, of } in aliases {
        let _ = writeln!(out, "        {name} = {of};");
    }
    out + "    }\n}\n"
}

//! The registry of rawmap under a microscope: its sources, compiled with atomics that can be watched.
//!
//! | | |
//! |---|---|
//! | `stepped` | one thread: every store, and every load, of every operation is a moment at which a handler looks and changes |
//! | `differential` | the index against its plain form, at random, and a child that is forked after any of its stores |
//! | `models` | loom: every order in which few threads can run, and everything that they can see of each other |
//! | `mutants` | the same models with one order taken away: each one has to fail somewhere |
//!
//! Each part is a process of its own, since what fails here ends it.

#![allow(
    clippy::duplicate_mod,
    reason = "parts are compiled once more where models can look inside"
)]
#![allow(
    clippy::type_complexity,
    reason = "tables of what was seen, each used in one place"
)]

#[path = "../../arch/mod.rs"]
mod arch;
mod atomic;
mod differential;
#[allow(
    dead_code,
    unused_imports,
    reason = "the library's, of which little is used here"
)]
#[path = "../../src/errno.rs"]
mod errno;
#[allow(
    dead_code,
    unused_imports,
    reason = "the library's, of which little is used here"
)]
#[path = "../../src/fd.rs"]
mod fd;
#[allow(
    dead_code,
    unused_imports,
    reason = "the library's, of which little is used here"
)]
#[path = "../../src/flags/mod.rs"]
mod flags;
#[allow(
    dead_code,
    unused_imports,
    reason = "the library's, of which little is used here"
)]
mod os;
#[allow(
    dead_code,
    unused_imports,
    reason = "the library's, of which little is used here"
)]
#[path = "../../src/page.rs"]
mod page;
#[allow(
    dead_code,
    unused_imports,
    reason = "some of it is the library's, of which little is used here"
)]
mod parts;
#[allow(
    dead_code,
    reason = "what the registry needs of entries and links, of which a part is used here"
)]
mod plain;
mod processes;
#[allow(
    dead_code,
    unused_imports,
    reason = "the library's, of which little is used here"
)]
#[path = "../../src/raw.rs"]
mod raw;
#[allow(
    dead_code,
    unfulfilled_lint_expectations,
    unused_imports,
    reason = "the library's, of which little is used here"
)]
#[path = "../../src/registry/mod.rs"]
mod registry;
mod script;
mod site;
mod sleep;
#[allow(
    dead_code,
    unused_imports,
    reason = "the library's, of which little is used here"
)]
#[path = "../../src/space/mod.rs"]
mod space;
mod stepped;

use errno::{Errno, Result};
use fd::{BorrowedFd, RawFd};
use flags::*;
use page::page_size;

#[derive(clap::Parser)]
struct Arguments {
    #[command(subcommand)]
    part: Part,
    /// More of everything.
    #[arg(long, global = true)]
    long: bool,
}

#[derive(clap::Subcommand)]
enum Part {
    /// Everything.
    All,
    /// Every store of every operation.
    Writer,
    /// Every load of every question.
    Reader,
    /// The index against its plain form.
    Differential,
    /// All models.
    Models,
    /// All mutants of all models.
    Mutants,
    /// One model, alone.
    Model {
        name: String,
        /// A place whose order is taken away, or `tag`.
        #[arg(long)]
        without: Option<String>,
    },
}

fn main() -> anyhow::Result<()> {
    let Arguments { part, long } = clap::Parser::parse();
    match part {
        Part::All => {
            processes::part("writer", long)?;
            processes::part("reader", long)?;
            processes::part("differential", long)?;
            let places = processes::models(long)?;
            processes::mutants(&places, long)
        }
        Part::Writer => {
            stepped::writer::run(long);
            Ok(())
        }
        Part::Reader => {
            stepped::reader::run(long);
            Ok(())
        }
        Part::Differential => {
            differential::run(long);
            Ok(())
        }
        Part::Models => processes::models(long).map(drop),
        Part::Mutants => {
            let places = processes::models(long)?;
            processes::mutants(&places, long)
        }
        Part::Model { name, without } => processes::model(&name, without.as_deref(), long),
    }
}

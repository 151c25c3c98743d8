//! What was asked and how it came out, in the Test Anything Protocol.

use core::{
    fmt,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use rawmap::Errno;
use rawmap_bare::{
    anonymous, output,
    process::{self, Ended},
};

use crate::{place::Place, text::Text};

/// What every row's process counts, in memory that they share.
struct Counts {
    asked: AtomicU32,
    failed: AtomicU32,
}

/// The results so far.
#[derive(Clone, Copy)]
pub(crate) struct Report {
    counts: &'static Counts,
}

/// Something that a row needs and could not have.
pub(crate) struct Unable {
    what: &'static str,
    error: Errno,
}

impl Unable {
    pub(crate) const fn to(what: &'static str, error: Errno) -> Self {
        Self { what, error }
    }

    /// With a number from one of the program's own calls.
    pub(crate) fn because(what: &'static str, number: i32) -> Self {
        Self {
            what,
            error: Errno::from_raw_os_error(number).unwrap_or(Errno::EINVAL),
        }
    }
}

/// How a row is asked.
pub(crate) type Ask = fn(&Row<'_>) -> Result<(), Unable>;

/// A row that is being asked.
pub(crate) struct Row<'a> {
    number: u32,
    report: Report,
    /// What there is besides memory.
    pub(crate) place: &'a Place<'a>,
}

impl Report {
    pub(crate) fn new() -> Result<Self, i32> {
        let memory = anonymous::share(size_of::<Counts>())?.cast::<Counts>();
        // SAFETY: the memory is never unmapped, is zero, which these counts may be, and only they live in it.
        let counts = unsafe { &*memory };
        Ok(Self { counts })
    }

    fn asked(self) -> u32 {
        self.counts.asked.load(Relaxed)
    }

    /// Counts one more, and says how many there are. A row's process is the only one that runs meanwhile.
    fn count(counter: &AtomicU32) -> u32 {
        let count = counter.load(Relaxed) + 1;
        counter.store(count, Relaxed);
        count
    }

    /// Asks a row in a process of its own.
    pub(crate) fn row(self, number: u32, place: &Place<'_>, ask: Ask) {
        let row = Row {
            number,
            report: self,
            place,
        };
        let before = self.asked();
        let ended = process::child(|| {
            if let Err(unable) = ask(&row) {
                row.is(unable.what, Err(unable.error), Ok(()));
            }
            0
        });
        if ended != Ended::Exited(0) {
            row.is("the end of the row's process", ended, Ended::Exited(0));
        } else if self.asked() == before {
            row.holds("it was asked", false);
        }
    }

    /// The exit status: 0 if something was asked and everything was as expected.
    pub(crate) fn end(self) -> i32 {
        let asked = self.asked();
        print(format_args!("1..{asked}\n"));
        i32::from(asked == 0 || self.counts.failed.load(Relaxed) != 0)
    }
}

impl Row<'_> {
    /// One line of the protocol, and what belongs to it, by a single write.
    fn line(&self, verdict: &str, what: impl fmt::Display, rest: fmt::Arguments<'_>) {
        let number = Report::count(&self.report.counts.asked);
        print(format_args!(
            "{verdict} {number} - row {}: {what}{rest}\n",
            self.number
        ));
    }

    fn fails(&self, what: impl fmt::Display, why: fmt::Arguments<'_>) {
        Report::count(&self.report.counts.failed);
        self.line("not ok", what, format_args!("\n# {why}"));
    }

    /// What came has to be what is expected.
    pub(crate) fn is<T: PartialEq + fmt::Debug>(
        &self,
        what: impl fmt::Display,
        came: T,
        expected: T,
    ) {
        if came == expected {
            self.line("ok", what, format_args!(""));
        } else {
            self.fails(what, format_args!("expected {expected:?}, came {came:?}"));
        }
    }

    /// Something has to be true.
    pub(crate) fn holds(&self, what: impl fmt::Display, holds: bool) {
        self.is(what, holds, true);
    }

    /// What cannot be asked here.
    pub(crate) fn skip(&self, what: &str, reason: &str) {
        self.line("ok", what, format_args!(" # SKIP {reason}"));
    }
}

fn print(text: fmt::Arguments<'_>) {
    output::write(output::STANDARD_OUTPUT, Text::<512>::of(text).bytes());
}

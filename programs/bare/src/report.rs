//! What was asked and how it came out, in the Test Anything Protocol.

use crate::output::Line;

/// A test's rows: a line each, as they come, and the plan at the end.
#[derive(Default)]
pub struct Report {
    asked: usize,
    failed: usize,
}

impl Report {
    /// A row: what was expected, and whether it was so.
    #[inline(never)]
    pub fn row(&mut self, holds: bool, what: &str) {
        self.asked += 1;
        let verdict = if holds { "ok " } else { "not ok " };
        self.failed += usize::from(!holds);
        Line::new()
            .text(verdict)
            .number(self.asked)
            .text(" ")
            .text(what)
            .print();
    }

    /// The exit status: 0 if something was asked and everything was as expected.
    #[must_use]
    pub fn end(self) -> i32 {
        Line::new().text("1..").number(self.asked).print();
        i32::from(self.asked == 0 || self.failed != 0)
    }
}

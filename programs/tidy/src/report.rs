//! How the steps came out, in the Test Anything Protocol.

use rawmap_bare::output::Line;

use crate::step::Verdict;

/// The rows: a line each, as they come, and the plan at the end.
#[derive(Default)]
pub(crate) struct Report {
    steps: usize,
    failed: usize,
}

impl Report {
    /// A step, and what came of it.
    pub(crate) fn row(&mut self, name: &str, verdict: &Verdict) {
        self.steps += 1;
        let line = Line::new();
        let line = match verdict.complaint {
            None => line.text("ok "),
            Some(_) => line.text("not ok "),
        };
        let line = line.number(self.steps).text(" - ").text(name);
        let line = match verdict.complaint {
            None => line,
            Some(complaint) => {
                self.failed += 1;
                line.text(": ").text(complaint)
            }
        };
        if verdict.was_refused {
            line.text(" # refused").print();
        } else {
            line.print();
        }
    }

    /// Whether what all steps need is there.
    pub(crate) fn prepared(&mut self, is_there: bool) {
        let verdict = Verdict {
            complaint: (!is_there).then_some("it is not there"),
            was_refused: false,
        };
        self.row("what the steps need", &verdict);
    }

    /// The exit status: 0 if there were steps and every one was as it has to be.
    pub(crate) fn end(self) -> i32 {
        Line::new().text("1..").number(self.steps).print();
        i32::from(self.steps == 0 || self.failed != 0)
    }
}

//! Forms of the same thing that take turns, and the fastest round of each: whatever else the machine does only ever adds.

use std::time::Duration;

/// Runs one round, and says how long what is measured of it took.
pub(crate) type Form<'f> = Box<dyn FnMut() -> Duration + 'f>;

/// The fastest round of each, in seconds.
pub(crate) fn fastest(rounds: usize, forms: &mut [Form<'_>]) -> Vec<f64> {
    let mut fastest = vec![Duration::MAX; forms.len()];
    for round in 0..rounds {
        // Each round begins with another form, so that none always follows the same one.
        for turn in 0..forms.len() {
            let form = (round + turn) % forms.len();
            let time = forms[form]();
            fastest[form] = fastest[form].min(time);
        }
    }
    fastest.iter().map(Duration::as_secs_f64).collect()
}

//! Progress of something that takes a while, drawn where somebody looks at a terminal.

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::Output;

/// A bar over a number of steps; one that shows nothing when no terminal is there.
pub(crate) fn bar(output: &Output, steps: u64) -> ProgressBar {
    if !output.draws_progress() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(steps);
    // The template is our own text; were it wrong, the default style would do.
    if let Ok(style) = ProgressStyle::with_template("{bar:32} {percent:>3} %  {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

/// A count of bytes whose end is not known; one that shows nothing when no terminal is there.
pub(crate) fn bytes(output: &Output) -> ProgressBar {
    if !output.draws_progress() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) =
        ProgressStyle::with_template("{spinner} {bytes}  {bytes_per_sec}  {wide_msg}")
    {
        bar.set_style(style);
    }
    bar
}

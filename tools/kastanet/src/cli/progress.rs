//! A progress bar on standard error, for what takes more than a second.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};

/// Nothing is drawn before this.
const PATIENCE: Duration = Duration::from_secs(1);

/// A bar that shows itself when it is needed, and only on a terminal.
pub struct Progress {
    bar: ProgressBar,
    start: Instant,
}

impl Progress {
    /// A bar for `len` steps.
    pub fn new(len: usize, what: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(len as u64), ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{msg} [{bar:40}] {pos}/{len}, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        bar.set_message(what);
        Progress { bar, start: Instant::now() }
    }

    /// So many steps are done already.
    pub fn at(&self, steps: usize) {
        self.bar.set_position(steps as u64);
        self.bar.reset_eta();
    }

    /// One step is done, and there is news of it.
    pub fn step_with(&self, news: impl FnOnce() -> String) {
        if !self.bar.is_hidden() {
            self.bar.set_message(news());
        }
        self.step();
    }

    /// One step is done.
    pub fn step(&self) {
        if self.bar.is_hidden() && self.start.elapsed() > PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

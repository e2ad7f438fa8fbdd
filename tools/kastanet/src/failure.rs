//! What went wrong, said for people: one sentence, its causes, and what to do about it.

use crate::description::DescriptionError;
use crate::report::printable;
use crate::{onnx, tflite};
use std::fmt;

/// An error as the command line prints it; what a terminal would act upon is left out, for names
/// come from files.
///
/// ```
/// use kastanet_cli::failure::Failure;
///
/// let failure = Failure::new("cannot read `x.kst`").because("it is empty").help("pack it again");
/// assert_eq!(failure.to_string(), "cannot read `x.kst`: it is empty (pack it again)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What could not be done, and with what.
    pub message: String,
    /// Why, the nearest reason first.
    pub causes: Vec<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// The lines of a file that would do.
    pub example: Vec<String>,
}

impl Failure {
    /// A failure without causes.
    pub fn new(message: impl Into<String>) -> Self {
        Failure { message: printable(&message.into()), causes: vec![], help: None, example: vec![] }
    }

    /// Adds a cause.
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.causes.push(printable(&cause.to_string()));
        self
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(printable(&help.into()));
        self
    }

    /// Shows a file that would do.
    pub fn example(mut self, text: &str) -> Self {
        self.example = text.lines().map(printable).collect();
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for cause in &self.causes {
            write!(f, ": {cause}")?;
        }
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

/// A checkpoint that cannot be read.
impl From<tflite::ImportError> for Failure {
    fn from(error: tflite::ImportError) -> Self {
        let tflite::ImportError { file, fault } = error;
        Failure::new(format!("cannot use `{file}`")).because(&fault).help(fault.help())
    }
}

/// The same of an ONNX file.
impl From<onnx::ImportError> for Failure {
    fn from(error: onnx::ImportError) -> Self {
        let onnx::ImportError { file, fault } = error;
        Failure::new(format!("cannot use `{file}`")).because(&fault).help(fault.help())
    }
}

/// The same of a description.
impl From<DescriptionError> for Failure {
    fn from(error: DescriptionError) -> Self {
        let DescriptionError { file, fault } = error;
        Failure::new(format!("cannot use `{file}`")).because(&fault).help(fault.help())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_reach_the_terminal() {
        let name = "a\u{1b}[2J\u{9b}1m\r\n\u{202e}b";
        let failure = Failure::new(name).because(name).help(name).to_string();
        assert!(!failure.contains(|c: char| c.is_control() || c == '\u{202e}'), "{failure:?}");
        assert!(failure.contains("[2J"));
    }
}

//! What went wrong, said for people: one sentence, its causes, and what to do about it.

use crate::tflite::ImportError;
use std::fmt;

/// An error as the command line prints it.
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
}

impl Failure {
    /// A failure without causes.
    pub fn new(message: impl Into<String>) -> Self {
        Failure { message: message.into(), causes: vec![], help: None }
    }

    /// Adds a cause.
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a cause whose text may end in advice.
    ///
    /// Library errors say what is wrong, then, behind a semicolon, what to do: here it becomes
    /// the help.
    pub fn because_advised(self, cause: impl fmt::Display) -> Self {
        let text = cause.to_string();
        for (mark, kept) in [(". Supported: ", "Supported: "), ("; ", "")] {
            if let Some((cause, advice)) = text.split_once(mark) {
                return self.because(cause).help(format!("{kept}{advice}").to_lower_start());
            }
        }
        self.because(text)
    }
}

/// Sentences that become clauses.
trait LowerStart {
    /// The same with a small first letter.
    fn to_lower_start(self) -> String;
}

impl LowerStart for String {
    fn to_lower_start(self) -> String {
        let mut letters = self.chars();
        let first = letters.next().map(|letter| letter.to_ascii_lowercase());
        first.into_iter().chain(letters).collect()
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
impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        let failure = Failure::new(format!("cannot use `{}`", error.file));
        failure.because_advised(&error.fault)
    }
}

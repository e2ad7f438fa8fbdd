//! What went wrong, and what to do.

use super::Args;
use crate::failure::Failure;
use crate::pack::Error;
use crate::{lower, prune, words};

pub(super) fn failed(args: &Args, error: &Error) -> Failure {
    let failure = Failure::new(format!("cannot pack `{}`", args.checkpoint.display()));
    match error {
        Error::Prune(prune::Error::UnknownLayer { name, known }) => failure
            .because(format!("no convolution or fully connected layer is called `{name}`"))
            .help(format!(
                "layers that can be pruned: {} (depthwise filters are not)",
                words::list(known)
            )),
        Error::Prune(error) => failure.because(error).help("change --sparsity"),
        Error::Lower(lower::Error::UnknownLayer { name, known }) => failure
            .because(format!("no convolution or fully connected layer is called `{name}`"))
            .help(format!("layers that can have a format: {}", words::list(known))),
        Error::Lower(error) => failure
            .because(error)
            .help("change the model, or cut it so that this part runs outside"),
        Error::TooLarge { .. } | Error::Arena { .. } => {
            failure.because(error).help("give a smaller model")
        }
        error => failure.because(error),
    }
}

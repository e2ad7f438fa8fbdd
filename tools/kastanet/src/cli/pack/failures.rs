//! What went wrong, and what to do.

use super::Args;
use crate::failure::Failure;
use crate::pack::Error;
use crate::{lower, prune, trainable, words};

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
        Error::Normalisation(error) => failure.because(error).help(error.help()),
        Error::Trainable(error) => failure.because(error).help(advice(error)),
        Error::TooLarge { .. } | Error::Arena { .. } | Error::Training { .. } => {
            failure.because(error).help("give a smaller model")
        }
        error => failure.because(error),
    }
}

/// What to do about a network that cannot be trained.
fn advice(error: &trainable::Error) -> &'static str {
    use trainable::Error::*;
    match error {
        UnknownLayer { .. } | TooFewLayers { .. } => {
            "change --trainable or --backward (`kastanet inspect` shows the names)"
        }
        Entrances { .. } | Outputs { .. } | Unsupported { .. } => {
            "train fewer layers from the end (--trainable last:N), or change the model"
        }
        NoBackward { .. } | NoneBackward => {
            "leave --backward away, prune (--sparsity), or change --trainable"
        }
        Reserve { .. } => "give --reserve full, a larger top:R, or a smaller --backward",
        Weight { .. } => "convert the checkpoint with symmetric weights",
        Layer { .. } => "convert the checkpoint again",
        Training(_) => "change --backward, --sparsity or --trainable",
    }
}

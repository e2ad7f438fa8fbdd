//! Why a network cannot be trained.

use kastanet::train::ProgramError;

/// Why a network cannot be trained.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A density that is no share.
    #[error("layer `{layer}`: a density of {density} is not above 0 and at most 1")]
    Density {
        /// The layer.
        layer: String,
        /// What was asked for.
        density: f64,
    },
    /// Sets that are empty, too large, or of which the forward set is the larger.
    #[error(
        "layer `{layer}`: expected 1 <= forward <= backward <= {units} units, found {forward} and {backward}"
    )]
    Sets {
        /// The layer.
        layer: String,
        /// Units of the forward set; of N:M, weights of each group.
        forward: usize,
        /// Units of the backward set.
        backward: usize,
        /// Units that there are.
        units: usize,
    },
    /// Groups of which there is no such size.
    #[error("layer `{layer}`: groups of {group}, expected 2, 4, 8 or 16")]
    Group {
        /// The layer.
        layer: String,
        /// What was asked for.
        group: usize,
    },
    /// Scales or biases that are not one a row.
    #[error("layer `{layer}`: {found} {what}, expected {rows}")]
    Rows {
        /// The layer.
        layer: String,
        /// What there is of a row.
        what: &'static str,
        /// How many were given.
        found: usize,
        /// Rows.
        rows: usize,
    },
    /// Shapes that do not go together.
    #[error("operation {operation}: {what}")]
    Shape {
        /// The operation's number.
        operation: usize,
        /// What does not go with what.
        what: String,
    },
    /// A tensor of no elements, or of more than can be counted.
    #[error("operation {operation}: its tensors have {found} elements, expected 1 to {most}")]
    Elements {
        /// The operation's number.
        operation: usize,
        /// Elements of one of its tensors.
        found: usize,
        /// Elements that a tensor can have.
        most: usize,
    },
    /// A softmax that is not the network's last.
    #[error("operation {operation}: a softmax can only be the network's last")]
    Softmax {
        /// The operation's number.
        operation: usize,
    },
    /// An operation whose output nobody reads.
    #[error("operation {operation}: nothing reads its output")]
    Unread {
        /// Its number.
        operation: usize,
    },
    /// No layers.
    #[error("there are no layers to train")]
    NoLayers,
    /// Something that the records have no room for.
    #[error("{what} is {found}, a training program holds at most {most}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How large it is.
        found: usize,
        /// What would fit.
        most: usize,
    },
    /// The program was written but its reader refuses it.
    #[error("the reader refuses what was written ({0}); please report this")]
    Refused(ProgramError),
}

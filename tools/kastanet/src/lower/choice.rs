//! How weights are encoded: which format for which layer, and what decides where none is given.

use super::Error;
use crate::cost::Aim;
use crate::graph::Graph;
use crate::prune::prunable;
use kastanet::sparse::Format;

/// How to encode weights.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// The formats asked for.
    pub formats: Formats,
    /// What decides where none is given, and whether convolutions get scratch for four windows.
    pub aim: Aim,
}

/// The format of each convolution and fully connected layer; `None` chooses. Depthwise filters are
/// always dense.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Formats {
    /// For layers that are not named.
    pub uniform: Option<Format>,
    /// By layer name.
    pub layers: Vec<(String, Option<Format>)>,
}

impl Formats {
    /// The format asked for the layer called `name`.
    pub fn of(&self, name: &str) -> Option<Format> {
        let named = self.layers.iter().rev().find(|(layer, _)| layer == name);
        named.map_or(self.uniform, |&(_, format)| format)
    }

    /// Whether there is a layer of each name.
    pub(super) fn check(&self, graph: &Graph) -> Result<(), Error> {
        let layers = || graph.ops.iter().filter(|op| prunable(op).is_some()).map(|op| &op.name);
        match self.layers.iter().find(|(name, _)| layers().all(|layer| layer != name)) {
            None => Ok(()),
            Some((name, _)) => {
                let known = layers().cloned().collect();
                Err(Error::UnknownLayer { name: name.clone(), known })
            }
        }
    }
}

impl From<Option<Format>> for Formats {
    fn from(uniform: Option<Format>) -> Self {
        Formats { uniform, layers: vec![] }
    }
}

impl From<Format> for Formats {
    fn from(format: Format) -> Self {
        Some(format).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_goes_before_the_rest() {
        let layers = vec![("a".into(), Some(Format::Dense)), ("b".into(), None)];
        let formats = Formats { layers, ..Format::Rice.into() };
        let of = ["a", "b", "c"].map(|name| formats.of(name));
        assert_eq!(of, [Some(Format::Dense), None, Some(Format::Rice)]);
        assert_eq!(Formats::default().of("a"), None);
    }
}

//! What a description may say.

use super::error::Fault;
use serde::Deserialize;
use std::path::PathBuf;

/// A network, layer by layer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// The file of weights, as seen from the description.
    pub weights: PathBuf,
    /// How its arrays are ordered.
    #[serde(default)]
    pub layout: Layout,
    /// Height, width, channels; or length, channels; or how many numbers.
    pub input: Vec<usize>,
    /// The layers, in the order in which they run.
    #[serde(default, rename = "layer")]
    pub layers: Vec<Layer>,
    /// Arrays that no layer is to use; one that ends with `*` stands for all that begin so.
    #[serde(default)]
    pub unused: Vec<String>,
}

impl Description {
    /// Reads the text of a description.
    ///
    /// # Errors
    ///
    /// What is no TOML, or says something that is not known.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| 1 + lines_before(text, span.start));
            Fault::Syntax { line: line.unwrap_or(1), what: error.message().into() }
        })
    }
}

fn lines_before(text: &str, end: usize) -> usize {
    text.bytes().take(end).filter(|&byte| byte == b'\n').count()
}

/// How a framework orders the axes of arrays, and what it calls them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Outputs, inputs, height, width; flattened channel by channel.
    #[default]
    Pytorch,
    /// Height, width, inputs, outputs; flattened place by place.
    Keras,
    /// Outputs, height, width, inputs; flattened place by place.
    Tflite,
}

/// One layer: one of the keys that say what it does, and others that say how.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    pub name: Option<String>,
    pub from: Option<String>,
    pub conv: Option<String>,
    pub depthwise: Option<String>,
    pub linear: Option<String>,
    pub batch_norm: Option<String>,
    pub max_pool: Option<Numbers>,
    pub average_pool: Option<Numbers>,
    pub global_average_pool: Option<bool>,
    pub flatten: Option<bool>,
    pub add: Option<Names>,
    pub concat: Option<Names>,
    pub activation: Option<Activation>,
    pub stride: Option<Numbers>,
    pub padding: Option<Padding>,
    pub dilation: Option<Numbers>,
    pub ceil: Option<bool>,
    pub count_padding: Option<bool>,
    pub epsilon: Option<f32>,
    pub weight: Option<String>,
    pub bias: Option<String>,
    pub mean: Option<String>,
    pub variance: Option<String>,
}

/// What a layer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Conv,
    Depthwise,
    Linear,
    BatchNorm,
    MaxPool,
    AveragePool,
    GlobalAveragePool,
    Flatten,
    Add,
    Concat,
    Activation,
}

impl Kind {
    /// The key that says it.
    pub fn key(self) -> &'static str {
        match self {
            Kind::Conv => "conv",
            Kind::Depthwise => "depthwise",
            Kind::Linear => "linear",
            Kind::BatchNorm => "batch_norm",
            Kind::MaxPool => "max_pool",
            Kind::AveragePool => "average_pool",
            Kind::GlobalAveragePool => "global_average_pool",
            Kind::Flatten => "flatten",
            Kind::Add => "add",
            Kind::Concat => "concat",
            Kind::Activation => "activation",
        }
    }

    /// The other keys that it may have, beside `name`, `from` and `activation`.
    fn others(self) -> &'static [&'static str] {
        match self {
            Kind::Conv | Kind::Depthwise => &["stride", "padding", "dilation", "weight", "bias"],
            Kind::Linear => &["weight", "bias"],
            Kind::BatchNorm => &["epsilon", "weight", "bias", "mean", "variance"],
            Kind::MaxPool => &["stride", "padding", "ceil"],
            Kind::AveragePool => &["stride", "padding", "ceil", "count_padding"],
            _ => &[],
        }
    }
}

impl Layer {
    /// What it does, and the name of its arrays, if it has such.
    pub fn kind(&self, number: usize) -> Result<(Kind, Option<&str>), Fault> {
        let arrays = [
            (Kind::Conv, &self.conv),
            (Kind::Depthwise, &self.depthwise),
            (Kind::Linear, &self.linear),
            (Kind::BatchNorm, &self.batch_norm),
        ];
        let arrays = arrays.into_iter().filter_map(|(kind, name)| Some((kind, name.as_deref()?)));
        let plain = [
            (Kind::MaxPool, self.max_pool.is_some()),
            (Kind::AveragePool, self.average_pool.is_some()),
            (Kind::GlobalAveragePool, self.global_average_pool == Some(true)),
            (Kind::Flatten, self.flatten == Some(true)),
            (Kind::Add, self.add.is_some()),
            (Kind::Concat, self.concat.is_some()),
        ];
        let plain = plain.into_iter().filter(|(_, is_said)| *is_said).map(|(kind, _)| (kind, None));
        let said: Vec<(Kind, Option<&str>)> =
            arrays.map(|(kind, name)| (kind, Some(name))).chain(plain).collect();
        let (kind, name) = match (said.as_slice(), self.activation) {
            (&[one], _) => one,
            ([], Some(_)) => (Kind::Activation, None),
            (several, _) => {
                let keys = several.iter().map(|(kind, _)| kind.key()).collect();
                return Err(Fault::Kinds { number, keys });
            }
        };
        match self.keys().find(|key| !kind.others().contains(key)) {
            None => Ok((kind, name)),
            Some(key) => {
                let others = kind.others().join(", ");
                Err(Fault::Key { number, kind: kind.key(), key, others })
            }
        }
    }

    /// The keys that say how it does what it does.
    fn keys(&self) -> impl Iterator<Item = &'static str> {
        let keys = [
            ("stride", self.stride.is_some()),
            ("padding", self.padding.is_some()),
            ("dilation", self.dilation.is_some()),
            ("ceil", self.ceil.is_some()),
            ("count_padding", self.count_padding.is_some()),
            ("epsilon", self.epsilon.is_some()),
            ("weight", self.weight.is_some()),
            ("bias", self.bias.is_some()),
            ("mean", self.mean.is_some()),
            ("variance", self.variance.is_some()),
        ];
        keys.into_iter().filter(|(_, is_said)| *is_said).map(|(key, _)| key)
    }
}

/// A function behind a layer, or by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    None,
    Relu,
    Relu6,
    Sigmoid,
    Tanh,
    Softmax,
}

/// One number for all axes, or one each.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "expected a number from 0 on, or a list of such")]
pub enum Numbers {
    One(usize),
    Each(Vec<usize>),
}

impl Numbers {
    /// As many as there are axes of places; a list that is no such stays as it is.
    pub fn each(&self, places: usize) -> Vec<usize> {
        match self {
            Numbers::One(number) => vec![*number; places],
            Numbers::Each(numbers) => numbers.clone(),
        }
    }
}

/// What is added at the border.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "expected \"same\", \"valid\", a number from 0 on, or a list of such"
)]
pub enum Padding {
    Word(PaddingWord),
    Numbers(Numbers),
}

/// The same in a word.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PaddingWord {
    Same,
    Valid,
}

/// Names of earlier layers.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "expected the name of a layer, or a list of such")]
pub enum Names {
    One(String),
    Several(Vec<String>),
}

impl Names {
    /// All of them.
    pub fn all(&self) -> &[String] {
        match self {
            Names::One(name) => std::slice::from_ref(name),
            Names::Several(names) => names,
        }
    }
}

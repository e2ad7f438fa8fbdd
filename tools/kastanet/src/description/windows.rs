//! Layers that move a window over places: convolutions and pools.

use super::error::Fault;
use super::file::{Kind, Layout, Padding, PaddingWord};
use super::layers::{At, Made};
use super::order::{Role, Size, sizes, turned};
use crate::onnx::{Attribute, ProtoNode};

impl At<'_> {
    pub(super) fn conv(&mut self, made: &mut Made, output: &str) -> Result<(), Fault> {
        let (places, channels) = (self.places().len(), self.channels());
        if !(1..=2).contains(&places) {
            return Err(self.fault("it reads numbers without places, expected an image or a row"));
        }
        let name = self.array_name(Role::Weight);
        let window: &[Size] = match places {
            1 => &[("length", None)],
            _ => &[("height", None), ("width", None)],
        };
        let is_depthwise = self.kind == Kind::Depthwise;
        let sizes = sizes(self.layout, is_depthwise, channels, window);
        let array = self.array(&name, &sizes)?;
        let weights = turned(self.layout, is_depthwise, &array);
        let outputs = weights.shape[0];
        if is_depthwise && !outputs.is_multiple_of(channels) {
            return Err(self.fault(format!(
                "{name:?} has {outputs} outputs, expected a multiple of the {channels} channels"
            )));
        }
        let mut node = self.node("Conv", output);
        made.arrays.push((name.clone(), weights));
        node.inputs.push(name);
        if let Some((name, bias)) = self.vector(Role::Bias, outputs)? {
            node.inputs.push(name.clone());
            made.arrays.push((name, bias));
        }
        let groups = if is_depthwise { channels as i64 } else { 1 };
        node = node.with(Attribute::int("group", groups));
        if let Some(dilation) = &self.layer.dilation {
            node = node.with(Attribute::sizes("dilations", &dilation.each(places)));
        }
        made.push(self.window(node, 1, places)?);
        Ok(())
    }

    /// A node with the stride and padding that the layer says.
    fn window(
        &self,
        mut node: ProtoNode,
        stride: usize,
        places: usize,
    ) -> Result<ProtoNode, Fault> {
        let strides = self.layer.stride.as_ref().map(|stride| stride.each(places));
        node = node.with(Attribute::sizes("strides", &strides.unwrap_or(vec![stride; places])));
        let numbers = match &self.layer.padding {
            None | Some(Padding::Word(PaddingWord::Valid)) => return Ok(node),
            Some(Padding::Word(PaddingWord::Same)) => {
                return Ok(node.with(Attribute::word("auto_pad", "SAME_UPPER")));
            }
            Some(Padding::Numbers(numbers)) => numbers.each(places),
        };
        let pads = match numbers.len() {
            len if len == places => numbers.repeat(2),
            len if len == 2 * places => numbers,
            _ => {
                return Err(self.fault(format!(
                    "`padding` is {numbers:?}, expected {places} or {} numbers",
                    2 * places
                )));
            }
        };
        Ok(node.with(Attribute::sizes("pads", &pads)))
    }

    pub(super) fn pool(&self, made: &mut Made, output: &str) -> Result<(), Fault> {
        let places = self.places().len();
        let (kind, sizes) = match self.kind {
            Kind::MaxPool => ("MaxPool", &self.layer.max_pool),
            _ => ("AveragePool", &self.layer.average_pool),
        };
        let window = sizes.as_ref().map(|sizes| sizes.each(places)).unwrap_or_default();
        let mut node = self.node(kind, output).with(Attribute::sizes("kernel_shape", &window));
        let counts = self.layer.count_padding.unwrap_or(self.layout == Layout::Pytorch);
        if self.kind == Kind::AveragePool && counts {
            node = node.with(Attribute::int("count_include_pad", 1));
        }
        if self.layer.ceil == Some(true) {
            node = node.with(Attribute::int("ceil_mode", 1));
        }
        let mut node = self.window(node, 1, places)?;
        if self.layer.stride.is_none() {
            // Windows stand side by side.
            node.attributes.retain(|attribute| attribute.name != "strides");
            node = node.with(Attribute::sizes("strides", &window));
        }
        made.push(node);
        Ok(())
    }
}

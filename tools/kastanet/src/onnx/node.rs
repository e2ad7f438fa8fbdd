//! One node of the file, and its parameters.

use super::error::Fault;
use super::proto::{self, Attribute};

/// A node, and the version of the operators that it is of.
#[derive(Clone, Copy)]
pub struct Node<'m> {
    pub proto: &'m proto::Node,
    pub opset: i64,
}

impl<'m> Node<'m> {
    /// What cannot be done with it.
    pub fn fault(&self, what: impl Into<String>) -> Fault {
        let (node, kind) = (self.name().into(), self.proto.kind.clone());
        Fault::Node { node, kind, what: what.into() }
    }

    /// What it does, and where that is declared if ONNX does not.
    pub fn kind(&self) -> String {
        match self.proto.domain.as_str() {
            "" => self.proto.kind.clone(),
            domain => format!("{domain}.{}", self.proto.kind),
        }
    }

    /// Its name, or that of its output, which exporters that give no names call after it.
    pub fn name(&self) -> &'m str {
        match self.proto.name.as_str() {
            "" => self.proto.outputs.first().map_or("", |name| name.as_str()),
            name => name,
        }
    }

    /// The name of an input that is there.
    pub fn input(&self, index: usize) -> Option<&'m str> {
        self.proto.inputs.get(index).map(String::as_str).filter(|name| !name.is_empty())
    }

    fn attribute(&self, name: &str) -> Option<&'m Attribute> {
        self.proto.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// An integer.
    pub fn int(&self, name: &str, default: i64) -> i64 {
        self.attribute(name).map_or(default, |attribute| attribute.i)
    }

    /// A number.
    pub fn float(&self, name: &str, default: f32) -> f32 {
        self.attribute(name).map_or(default, |attribute| attribute.f)
    }

    /// Integers; `None` where they are left out.
    pub fn ints(&self, name: &str) -> Option<&'m [i64]> {
        self.attribute(name).map(|attribute| attribute.ints.as_slice())
    }

    /// Numbers; `None` where they are left out.
    pub fn floats(&self, name: &str) -> Option<&'m [f32]> {
        self.attribute(name).map(|attribute| attribute.floats.as_slice())
    }

    /// A word; empty where it is left out.
    pub fn word(&self, name: &str) -> &'m str {
        let bytes = self.attribute(name).map_or(&[][..], |attribute| &attribute.s);
        std::str::from_utf8(bytes).unwrap_or("?")
    }

    /// An array; `None` where it is left out.
    pub fn tensor(&self, name: &str) -> Option<&'m proto::Tensor> {
        self.attribute(name)?.t.as_ref()
    }

    /// Sizes of at least one, as many as `count`; ones where they are left out.
    pub fn sizes(&self, name: &str, count: usize) -> Result<Vec<usize>, Fault> {
        let Some(found) = self.ints(name) else { return Ok(vec![1; count]) };
        let sizes: Option<Vec<usize>> =
            found.iter().map(|&size| usize::try_from(size).ok()).collect();
        sizes.filter(|sizes| sizes.len() == count && !sizes.contains(&0)).ok_or_else(|| {
            self.fault(format!("`{name}` is {found:?}, expected {count} numbers from 1 on"))
        })
    }

    /// The index of an axis of `rank`, where a negative one counts from the last.
    pub fn axis(&self, axis: i64, rank: usize) -> Result<usize, Fault> {
        let index = if axis < 0 { axis + rank as i64 } else { axis };
        let index = usize::try_from(index).ok().filter(|&index| index < rank);
        index.ok_or_else(|| self.fault(format!("axis {axis} is none of {rank}")))
    }
}

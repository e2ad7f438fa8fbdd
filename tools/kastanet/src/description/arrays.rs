//! A layer's arrays: what they are called, and whether they fit.

use super::error::Fault;
use super::layers::At;
use super::order::{Role, Size};
use crate::graph::shape_string;
use crate::onnx::{Constant, Values};

impl At<'_> {
    /// The name of an array of its.
    pub(super) fn array_name(&self, role: Role) -> String {
        let said = match role {
            Role::Weight => &self.layer.weight,
            Role::Bias => &self.layer.bias,
            Role::Mean => &self.layer.mean,
            Role::Variance => &self.layer.variance,
        };
        let ending = role.ending(self.layout, self.kind);
        said.clone().unwrap_or_else(|| format!("{}{ending}", self.arrays))
    }

    /// An array of finite real numbers with these sizes.
    pub(super) fn array(&mut self, name: &str, sizes: &[Size]) -> Result<Constant, Fault> {
        let (layer, kind, tensor) = (self.name.to_owned(), self.kind.key(), name.to_owned());
        let Some(stored) = self.weights.get(name) else {
            return Err(Fault::Missing { layer, kind, tensor });
        };
        let fits = |(found, size): (&usize, &Size)| {
            *found > 0 && size.1.is_none_or(|expected| expected == *found)
        };
        let found = &stored.shape;
        if found.len() != sizes.len() || !found.iter().zip(sizes).all(fits) {
            let one = |size: &Size| size.1.map_or_else(|| size.0.into(), |n| n.to_string());
            let expected = sizes.iter().map(one).collect::<Vec<String>>().join("×");
            let found = shape_string(found);
            return Err(Fault::Shape { layer, kind, tensor, found, expected });
        }
        let Some(reals) = stored.reals() else {
            let found = stored.element.to_string();
            return Err(Fault::Type { layer, kind, tensor, found });
        };
        if let Some((place, &found)) = reals.iter().enumerate().find(|(_, real)| !real.is_finite())
        {
            return Err(Fault::NotFinite { layer, kind, tensor, found, place });
        }
        self.used.insert(tensor);
        Ok(Constant::new(stored.shape.clone(), Values::Real(reals)))
    }

    /// An array of one number for each channel; nothing where it is not there and need not be.
    pub(super) fn vector(
        &mut self,
        role: Role,
        len: usize,
    ) -> Result<Option<(String, Constant)>, Fault> {
        let name = self.array_name(role);
        let is_said = match role {
            Role::Weight => self.layer.weight.is_some(),
            Role::Bias => self.layer.bias.is_some(),
            Role::Mean | Role::Variance => true,
        };
        if self.weights.get(&name).is_none() && !is_said {
            return Ok(None);
        }
        let array = self.array(&name, &[("channels", Some(len))])?;
        Ok(Some((name, array)))
    }
}

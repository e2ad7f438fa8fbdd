//! The names in an image, read once.

use kastanet::image::Image;

/// The names of operators and tensors, by number.
pub struct Names<'a> {
    operators: Vec<&'a str>,
    tensors: Vec<Option<&'a str>>,
}

impl<'a> Names<'a> {
    /// The names in `image`; none in a stripped one.
    pub fn of(image: Image<'a>) -> Self {
        let (operators, tensors) = (image.operator_names(), image.tensor_names());
        Names { operators: operators.collect(), tensors: tensors.collect() }
    }

    /// The name of an operator.
    pub fn operator(&self, number: u16) -> Option<String> {
        self.operators.get(usize::from(number)).map(ToString::to_string)
    }

    /// The name of an input or output.
    pub fn tensor(&self, id: u16) -> Option<String> {
        self.tensors.get(usize::from(id)).copied().flatten().map(Into::into)
    }
}

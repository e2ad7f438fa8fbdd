//! The names in an image, read once.

use kastanet::image::Image;
use kastanet::image::record::section;

/// The lines of the names section: operators, then tensors.
pub struct Names<'a> {
    lines: Vec<&'a str>,
    operators: usize,
}

impl<'a> Names<'a> {
    /// The names in `image`; none in a stripped one.
    pub fn of(image: Image<'a>) -> Self {
        let text = image.section(section::NAMES).and_then(|bytes| str::from_utf8(bytes).ok());
        let lines = text.unwrap_or_default().lines().collect();
        Names { lines, operators: image.operator_count() }
    }

    /// As [`Image::operator_name`].
    pub fn operator(&self, number: u16) -> Option<String> {
        self.lines.get(usize::from(number)).map(ToString::to_string)
    }

    /// As [`Image::tensor_name`].
    pub fn tensor(&self, id: u16) -> Option<String> {
        let name = self.lines.get(self.operators + usize::from(id));
        name.filter(|name| !name.is_empty()).map(ToString::to_string)
    }
}

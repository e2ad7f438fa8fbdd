//! The same samples in every form: pictures of 12 rows, 10 columns and 3 colours, of 4 classes.

use super::{Place, npz};
use image::{ImageFormat, RgbImage};
use kastanet_cli::arrays::{Array, Element};
use std::io::{Cursor, Write};

/// How many there are.
pub const COUNT: usize = 96;
const NAMES: [&str; 4] = ["ant", "bee", "cat", "dog"];

/// The values of each sample, red, green and blue side by side: those of one quarter are larger.
pub fn values() -> Vec<Vec<u8>> {
    let mut seed = 1_u32;
    let mut random = move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 25) as u8
    };
    let sample = |sample: usize| (0..360).map(move |at| u8::from(at / 90 == sample % 4) * 120);
    (0..COUNT).map(|n| sample(n).map(|value| value + random()).collect()).collect()
}

/// The class of each, as a byte.
pub fn classes() -> Vec<u8> {
    (0..COUNT).map(|sample| (sample % 4) as u8).collect()
}

/// As unsigned bytes in an archive.
pub fn archive() -> Vec<u8> {
    let (shape, element) = (vec![COUNT, 12, 10, 3], Element::U8);
    let x = Array { shape, element, bytes: values().concat() };
    npz(&[("x", &x), ("y", &Array { shape: vec![COUNT], element, bytes: classes() })], true)
}

/// A picture in a format without loss.
pub fn picture(values: &[u8], width: u32, format: ImageFormat) -> Vec<u8> {
    let height = values.len() as u32 / 3 / width;
    let picture = RgbImage::from_raw(width, height, values.to_vec()).expect("so many values");
    let mut bytes = Cursor::new(vec![]);
    picture.write_to(&mut bytes, format).expect("it is encoded");
    bytes.into_inner()
}

/// A folder for each class, as `d`; the samples of a class keep their order.
pub fn pictures(place: &Place) {
    let formats = [ImageFormat::Png, ImageFormat::Bmp, ImageFormat::Pnm];
    for (number, values) in values().iter().enumerate() {
        let folder = place.path("d").join(NAMES[number % 4]);
        std::fs::create_dir_all(&folder).expect("a folder");
        let bytes = picture(values, 10, formats[number % 3]);
        std::fs::write(folder.join(format!("{number:03}.img")), bytes).expect("a file");
    }
    place.put("d/.hidden", b"no picture");
}

/// As a table, the class in front, called by its name, under a header.
pub fn table() -> Vec<u8> {
    let header: String = (0..360).map(|at| format!(";pixel{at}")).collect();
    let mut text = format!("\u{feff}Label{header}\r\n");
    for (values, class) in values().iter().zip(classes()) {
        let values: String = values.iter().map(|value| format!("; {value}.0")).collect();
        text += &format!("\"{}\"{values}\r\n", NAMES[usize::from(class)]);
    }
    text.into_bytes()
}

/// A table without a header, the class behind, as a number.
pub fn plain_table() -> Vec<u8> {
    let row = |(values, class): (&Vec<u8>, u8)| {
        values.iter().map(|value| format!("{value},")).collect::<String>() + &format!("{class}\n")
    };
    values().iter().zip(classes()).map(row).collect::<String>().into_bytes()
}

/// An IDX file.
pub fn idx(code: u8, dims: &[usize], elements: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, code, dims.len() as u8];
    bytes.extend(dims.iter().flat_map(|&dim| (dim as u32).to_be_bytes()));
    [bytes, elements.to_vec()].concat()
}

/// The same in gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    packed.write_all(bytes).expect("it is packed");
    packed.finish().expect("it is packed")
}

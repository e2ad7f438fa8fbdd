//! Which kind of file one is, as its first bytes tell.

use kastanet::image::record::MAGIC;
use std::path::Path;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A flash image.
    Image,
    /// A TFLite checkpoint.
    Tflite,
    /// A NumPy array.
    Npy,
    /// A NumPy archive, or another ZIP file: Keras and PyTorch write such.
    Zip,
    /// An ONNX checkpoint.
    Onnx,
    /// A safetensors checkpoint.
    Safetensors,
    /// A description of how a network uses weights.
    Description,
    /// A Keras checkpoint in HDF5.
    Hdf5,
    /// Nothing that is known here.
    Unknown,
}

impl Kind {
    /// Tells by the first bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let at =
            |start: usize, mark: &[u8]| bytes.get(start..).is_some_and(|b| b.starts_with(mark));
        match () {
            () if at(0, &MAGIC) => Kind::Image,
            () if at(4, b"TFL3") => Kind::Tflite,
            () if at(0, b"\x93NUMPY") => Kind::Npy,
            () if at(0, b"PK") => Kind::Zip,
            () if at(0, b"\x89HDF") => Kind::Hdf5,
            () if at(8, b"{\"") => Kind::Safetensors,
            // Field 1, the version, then field 2, the producer's name, as exporters write them.
            () if at(0, &[8]) && at(2, &[0x12]) => Kind::Onnx,
            () => Kind::Unknown,
        }
    }

    /// Tells by the first bytes, and where these do not tell by the name.
    pub fn of_file(path: &Path, bytes: &[u8]) -> Self {
        let extension = path.extension().and_then(|extension| extension.to_str());
        match (Kind::of(bytes), extension) {
            (Kind::Unknown, Some("onnx")) => Kind::Onnx,
            (Kind::Unknown, Some("safetensors")) => Kind::Safetensors,
            (Kind::Unknown, Some("toml")) => Kind::Description,
            (kind, _) => kind,
        }
    }

    /// What people call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Image => "a Kastanet image",
            Kind::Tflite => "a TFLite checkpoint",
            Kind::Npy => "a NumPy array",
            Kind::Zip => "a ZIP archive",
            Kind::Onnx => "an ONNX checkpoint",
            Kind::Safetensors => "a safetensors checkpoint",
            Kind::Description => "a description in TOML",
            Kind::Hdf5 => "an HDF5 checkpoint",
            Kind::Unknown => "of no known kind",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_kinds_apart() {
        assert_eq!(Kind::of(b"KAST\x01\0"), Kind::Image);
        assert_eq!(Kind::of(b"\x1c\0\0\0TFL3"), Kind::Tflite);
        assert_eq!(Kind::of(b"\x93NUMPY\x01"), Kind::Npy);
        assert_eq!(Kind::of(b"PK\x03\x04"), Kind::Zip);
        assert_eq!(Kind::of(b"\x02\x01\0\0\0\0\0\0{\"__meta"), Kind::Safetensors);
        assert_eq!(Kind::of(b"\x08\x07\x12\x07pytorch"), Kind::Onnx);
        assert_eq!(Kind::of(b"hello"), Kind::Unknown);
        assert_eq!(Kind::of(b""), Kind::Unknown);
    }
}

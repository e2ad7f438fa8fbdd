//! Fashion-MNIST: 60,000 pictures to learn from and 10,000 to be judged by, of 28 × 28 pixels and ten
//! classes (Xiao, Rasul and Vollgraf, 2017).

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use kastanet::train::Lanes;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Read;
use std::path::Path;

/// Samples of a batch, all taken at once.
pub const BATCH: usize = 64;

/// Pixels of a picture.
pub const PIXELS: usize = 784;

/// What pictures are called, their labels, and what both files are known by.
const FILES: [[&str; 2]; 4] = [
    [
        "train-images-idx3-ubyte.gz",
        "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
    ],
    [
        "train-labels-idx1-ubyte.gz",
        "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056",
    ],
    [
        "t10k-images-idx3-ubyte.gz",
        "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
    ],
    [
        "t10k-labels-idx1-ubyte.gz",
        "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
    ],
];

/// Pictures to learn from, and others.
pub struct Data {
    /// To learn from.
    pub train: Set,
    /// To be judged by.
    pub test: Set,
}

/// Pictures and what they show.
pub struct Set {
    /// Pixels, row after row, picture after picture.
    pub pixels: Vec<u8>,
    /// The class of each picture.
    pub labels: Vec<u8>,
}

/// Some pictures side by side.
pub struct Batch {
    /// Their pixels, of mean about 0 and deviation about 1.
    pub input: Vec<Lanes<BATCH>>,
    /// Their classes.
    pub classes: [u16; BATCH],
}

impl Data {
    /// The data set, of the files in `dir`.
    pub fn read(dir: &Path) -> Result<Self> {
        let [train, train_labels, test, test_labels] =
            FILES.map(|[name, hash]| file(&dir.join(name), hash));
        Ok(Data {
            train: Set {
                pixels: idx(&train?, 16, 60_000 * PIXELS)?,
                labels: idx(&train_labels?, 8, 60_000)?,
            },
            test: Set {
                pixels: idx(&test?, 16, 10_000 * PIXELS)?,
                labels: idx(&test_labels?, 8, 10_000)?,
            },
        })
    }
}

impl Set {
    /// Number of pictures.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Puts the pictures with these numbers into `batch`; lanes for which there is none keep theirs.
    pub fn take(&self, numbers: &[usize], batch: &mut Batch) {
        let values: [f32; 256] =
            std::array::from_fn(|pixel| (pixel as f32 / 255.0 - 0.286) / 0.353);
        for (lane, &number) in numbers.iter().enumerate() {
            batch.classes[lane] = self.labels[number].into();
            let pixels = &self.pixels[number * PIXELS..][..PIXELS];
            for (input, &pixel) in batch.input.iter_mut().zip(pixels) {
                input[lane] = values[usize::from(pixel)];
            }
        }
    }
}

impl Default for Batch {
    fn default() -> Self {
        Batch { input: vec![[0.0; BATCH]; PIXELS], classes: [0; BATCH] }
    }
}

/// What is in a compressed file, which must be the one that is meant.
fn file(path: &Path, hash: &str) -> Result<Vec<u8>> {
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    ensure!(found == hash, "{}: SHA-256 is {found}, expected {hash}", path.display());
    let mut content = Vec::new();
    GzDecoder::new(&bytes[..]).read_to_end(&mut content)?;
    Ok(content)
}

/// The elements of an IDX file, behind `head` bytes that say what they are.
fn idx(bytes: &[u8], head: usize, expected: usize) -> Result<Vec<u8>> {
    let found = bytes.len().saturating_sub(head);
    ensure!(found == expected, "a file of {found} elements, expected {expected}");
    Ok(bytes[head..].to_vec())
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Pictures whose class is the row of pixels that is lit.
    pub fn lit() -> Data {
        let set = |len: usize| Set {
            pixels: (0..len * PIXELS).map(|at| lit_pixel(at / PIXELS % 10, at % PIXELS)).collect(),
            labels: (0..len).map(|number| (number % 10) as u8).collect(),
        };
        Data { train: set(5 * BATCH + 3), test: set(BATCH + 6) }
    }

    fn lit_pixel(class: usize, at: usize) -> u8 {
        if at / 28 == 2 * class { 255 } else { 0 }
    }

    #[test]
    fn takes_pictures_into_lanes() {
        let (data, mut batch) = (lit(), Batch::default());
        data.train.take(&[13, 0], &mut batch);
        assert_eq!(batch.classes[..3], [3, 0, 0]);
        let [lit, dark] = [(1.0 - 0.286) / 0.353, -0.286 / 0.353];
        for (at, expected) in [(0, [dark, lit, 0.0]), (6 * 28 + 27, [lit, dark, 0.0])] {
            assert!(batch.input[at].iter().zip(expected).all(|(x, y)| (x - y).abs() < 1e-6));
        }
    }

    #[test]
    fn other_files_are_refused() {
        let path = std::env::temp_dir().join(format!("kastanet-{}.gz", std::process::id()));
        fs::write(&path, "other").unwrap();
        let error = file(&path, FILES[0][1]).unwrap_err().to_string();
        fs::remove_file(&path).unwrap();
        assert!(error.contains("SHA-256 is d9298a10d1b0"), "{error}");
        assert!(idx(&[0; 20], 16, 5).unwrap_err().to_string().contains("4 elements, expected 5"));
    }
}

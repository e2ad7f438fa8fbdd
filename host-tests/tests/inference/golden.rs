//! Images of past format versions stay readable, and today's writer still writes the same bytes.
//!
//! `KASTANET_OVERWRITE=1 cargo test -p host-tests --test inference golden` writes the golden images of the
//! current version anew; an image of an older version is never written again.

use host_tests::{device, generate};
use kastanet::image::{Image, VERSION};
use kastanet::network::Network;
use kastanet::sparse::Format;
use kastanet_cli::data::Normalisation;
use kastanet_cli::pack::{AlignedBytes, Options, pack};
use kastanet_cli::trainable::Trainable;
use std::path::PathBuf;

fn path(version: u16) -> PathBuf {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../src/image/golden");
    PathBuf::from(root).join(format!("worked-v{version}.kst"))
}

#[test]
fn every_version_is_read_and_gives_the_product() {
    for version in 1..=VERSION {
        let bytes = AlignedBytes::new(&std::fs::read(path(version)).unwrap());
        let image = Image::new_checked(&bytes).unwrap();
        assert_eq!(image.version(), version);
        let mut arena = AlignedBytes::zeroed(image.arena_len());
        let mut network = Network::new(image, &mut arena).unwrap();
        network.input_i8_mut(0).unwrap().copy_from_slice(&[1, -2, 3, -4, 5, -6]);
        network.infer().unwrap();
        assert_eq!(network.output_i8(0).unwrap(), [-25, 0, 1, 14]);
    }
}

#[test]
fn the_writer_writes_the_golden_image() {
    let options = Options { formats: Format::Delta4.into(), ..Options::default() };
    let written = pack(generate::worked(), &options).unwrap().image;
    let path = path(VERSION);
    if std::env::var_os("KASTANET_OVERWRITE").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    let golden = std::fs::read(&path).unwrap();
    assert!(written == golden, "the writer's bytes differ from {}", path.display());
}

/// The same with all of it trained.
#[test]
fn the_writer_writes_the_golden_trained_image() {
    let trainable = Some(Trainable::default());
    let options = Options { formats: Format::Delta4.into(), trainable, ..Options::default() };
    let written = pack(generate::worked(), &options).unwrap().image;
    let path = path(VERSION).with_file_name(format!("trained-v{VERSION}.kst"));
    if std::env::var_os("KASTANET_OVERWRITE").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    let golden = std::fs::read(&path).unwrap();
    assert!(written == golden, "the writer's bytes differ from {}", path.display());
}

/// The same with a mean of 10 and a standard deviation of 2.
#[test]
fn the_writer_writes_the_golden_normalised_image() {
    let normalisation = Normalisation::new(&[10.0], &[2.0]).ok();
    let options = Options { formats: Format::Delta4.into(), normalisation, ..Options::default() };
    let written = pack(generate::worked(), &options).unwrap().image;
    let path = path(VERSION).with_file_name(format!("normalised-v{VERSION}.kst"));
    if std::env::var_os("KASTANET_OVERWRITE").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    let golden = std::fs::read(&path).unwrap();
    assert!(written == golden, "the writer's bytes differ from {}", path.display());
}

/// One image a format: what the writer writes of the worked matrix gives its product. Blocks of 4
/// columns need two columns more than it has.
#[test]
fn every_format_is_read_and_gives_the_product() {
    for format in Format::ALL {
        let cols = if format == Format::Block1x4 { 8 } else { 6 };
        let options = Options { formats: format.into(), ..Options::default() };
        let written = pack(generate::worked_of(cols), &options).unwrap().image;
        let x = [1, -2, 3, -4, 5, -6, 7, -8].map(|x: i8| x as u8);
        let found = device::run(&written, &[vec![x[..cols].to_vec()]], 0xa5);
        let expected = [-25, 0, 1, 14].map(|y: i8| y as u8);
        assert_eq!(found, [expected], "{format:?}");
    }
}

//! Reports about damaged images: whatever the reader accepts can be told about.

use crate::common::samples::{self, COUNT};
use crate::common::{Place, random};
use image::ImageFormat;
use kastanet::image::record::section;
use kastanet::image::{Image, checksum};
use kastanet_cli::data::{self, Wanted};
use kastanet_cli::pack::AlignedBytes;
use kastanet_cli::page::Page;
use kastanet_cli::report::ImageReport;
use std::time::Instant;

/// Mutated images; more with `KASTANET_CASES`.
fn cases() -> usize {
    std::env::var("KASTANET_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1000)
}

/// Changes bytes of `part` and tells about what is accepted; gives how many are.
fn accepted(whole: &[u8], part: std::ops::Range<usize>) -> usize {
    let mut random = random();
    let mut accepted = 0;
    for _ in 0..cases() {
        let mut image = AlignedBytes::new(whole);
        for _ in 0..1 + random(3) {
            let byte = [0, 1, 0x7f, 0x80, 0xff, random(256) as u8][random(6)];
            image[part.start + random(part.len())] = byte;
        }
        let crc = checksum(&image).to_le_bytes();
        image[12..16].copy_from_slice(&crc);
        if let Ok(image) = Image::new_checked(&image) {
            let report = ImageReport::of(image);
            assert!(!report.to_string().is_empty());
            let page = Page { name: "m.kst", image, score: None, history: None, sweep: None };
            assert!(page.write().expect("a page").sections.len() == 3);
            accepted += 1;
        }
    }
    accepted
}

#[test]
fn damaged_images_can_be_reported() {
    let whole = Place::packed().get("m.kst");
    // The directory, tensors, operators and weight records come first.
    let accepted = accepted(&whole, 16..2000.min(whole.len()));
    assert!(accepted > cases() / 20, "only {accepted} of {} were accepted", cases());
}

#[test]
fn damaged_trained_parts_can_be_reported() {
    let place = Place::new();
    let args = ["--sparsity", "0.9", "--trainable", "all", "--strip"];
    place.run(&[&["pack", "m.tflite", "-o", "m.kst"], &args[..]].concat()).ok();
    let whole = place.get("m.kst");
    let bytes = AlignedBytes::new(&whole);
    let image = Image::new_checked(&bytes).expect("the image is good");
    let entries = image.sections().iter();
    let mut trainable = entries.filter(|entry| entry.kind.get() == section::TRAINABLE);
    let start = trainable.next().expect("it is there").offset.get() as usize;
    // Header, operations and layers, then scales and biases.
    assert_eq!(accepted(&whole, start..start + 1000), cases());
}

/// Samples in every form that a file has, damaged: refused with words, or read, and soon.
#[test]
fn damaged_samples_are_refused_or_read() {
    let place = Place::new();
    let values = samples::values();
    let idx = samples::idx(8, &[COUNT, 12, 10, 3], &values.concat());
    let wanted = Wanted { shape: vec![12, 10, 3], classes: data::Ask::Never };
    let picture = |format| samples::picture(&values[0], 10, format);
    let forms =
        [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Bmp, ImageFormat::Pnm].map(picture);
    std::fs::create_dir(place.path("d")).expect("a folder");
    let mut random = random();
    let rows = samples::plain_table().into_iter().take(6000).collect();
    let files = [samples::archive(), samples::gzip(&idx), idx, samples::table(), rows];
    let files = files.into_iter().map(|bytes| ("file", bytes));
    for (name, whole) in files.chain(forms.into_iter().map(|bytes| ("d/picture", bytes))) {
        let (mut read, start) = (0, Instant::now());
        for _ in 0..cases() / 10 {
            let mut bytes = whole.clone();
            for _ in 0..1 + random(3) {
                // Headers are where most can be wrong.
                let most = if random(2) == 0 { usize::MAX } else { 128 };
                let at = random(bytes.len().min(most));
                bytes[at] = [0, 1, 0x7f, 0x80, 0xff, random(256) as u8][random(6)];
            }
            if random(8) == 0 {
                bytes.truncate(random(whole.len()).max(1));
            }
            place.put(name, &bytes);
            let path = place.path(name.split('/').next().expect("a name"));
            match data::open(&path, &wanted, &mut |_| ()) {
                Ok(data) => {
                    assert_eq!(data.x.bytes.len() / data.x.element.size % 360, 0);
                    read += 1;
                }
                Err(failure) => assert!(failure.help.is_some(), "{failure}"),
            }
        }
        let seconds = start.elapsed().as_secs() as usize;
        assert!(seconds < 10 + cases() / 50, "{seconds} seconds for {name}");
        assert!(read < cases() / 10, "all of {name} were read");
    }
}

//! Reports about damaged images: whatever the reader accepts can be told about.

use crate::common::{Place, random};
use kastanet::image::record::section;
use kastanet::image::{Image, checksum};
use kastanet_cli::pack::AlignedBytes;
use kastanet_cli::page::Page;
use kastanet_cli::report::ImageReport;

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

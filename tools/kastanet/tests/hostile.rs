//! Reports about damaged images: whatever the reader accepts can be told about.

mod common;

use common::Place;
use kastanet::image::{Image, checksum};
use kastanet_cli::pack::AlignedBytes;
use kastanet_cli::report::ImageReport;

/// Mutated images; more with `KASTANET_CASES`.
fn cases() -> usize {
    std::env::var("KASTANET_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1000)
}

#[test]
fn damaged_images_can_be_reported() {
    let place = Place::packed();
    let whole = place.get("m.kst");
    let mut seed = 1_u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) as usize % below
    };
    // The directory, tensors, operators and weight records come first.
    let records = 2000.min(whole.len());
    let mut accepted = 0;
    for _ in 0..cases() {
        let mut image = AlignedBytes::new(&whole);
        for _ in 0..1 + random(3) {
            let byte = [0, 1, 0x7f, 0x80, 0xff, random(256) as u8][random(6)];
            image[16 + random(records - 16)] = byte;
        }
        let crc = checksum(&image).to_le_bytes();
        image[12..16].copy_from_slice(&crc);
        if let Ok(image) = Image::new_checked(&image) {
            let report = ImageReport::of(image);
            assert!(!report.to_string().is_empty());
            accepted += 1;
        }
    }
    assert!(accepted > cases() / 20, "only {accepted} of {} were accepted", cases());
}

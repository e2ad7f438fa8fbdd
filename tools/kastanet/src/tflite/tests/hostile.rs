//! Files that mean harm, or were harmed.

use super::*;
use crate::tflite::flatbuffer::{Flatbuffer, FlatbufferError};

/// Whatever is accepted is a good graph.
fn check(bytes: &[u8]) {
    if let Ok(graph) = read(bytes) {
        graph.validate().unwrap();
        let again = read(&build(&graph)).unwrap();
        assert_eq!(again.tensors, graph.tensors);
        assert_eq!(again.ops.len(), graph.ops.len());
    }
}

#[test]
fn every_truncation_is_refused() {
    let bytes = build(&small());
    for len in 0..bytes.len() {
        assert!(read(&bytes[..len]).is_err(), "{len} of {} bytes", bytes.len());
    }
}

#[test]
fn every_changed_byte_is_survived() {
    let bytes = build(&small());
    for at in 0..bytes.len() {
        for change in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
            let mut bytes = bytes.clone();
            bytes[at] ^= change;
            check(&bytes);
        }
    }
}

#[test]
fn every_changed_word_is_survived() {
    let bytes = build(&small());
    for at in (0..bytes.len() - 3).step_by(2) {
        let near = [at, bytes.len() - at, bytes.len()].map(|place| place as u32);
        let far = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, at.wrapping_neg() as u32];
        for word in near.into_iter().chain(far) {
            let mut bytes = bytes.clone();
            bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
            check(&bytes);
        }
    }
}

#[test]
fn many_changed_bytes_are_survived() {
    let bytes = build(&every_operator());
    let mut state = 1u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize % below
    };
    for _ in 0..2000 {
        let mut bytes = bytes.clone();
        for _ in 0..1 + random(8) {
            let at = random(bytes.len());
            bytes[at] = random(256) as u8;
        }
        check(&bytes);
    }
}

#[test]
fn a_root_that_points_to_itself_is_refused() {
    let mut bytes = build(&small());
    bytes[..4].copy_from_slice(&0u32.to_le_bytes());
    assert!(read(&bytes).is_err());
    bytes[..4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(read(&bytes), Err(Fault::Structure(FlatbufferError::OutOfFile { .. }))));
}

#[test]
fn vectors_are_not_read_without_end() {
    let text = "x".repeat(1 << 16);
    let bytes = write(*b"TEST", Node::Table(vec![(0, Node::string(&text).into())]));
    let file = Flatbuffer::new(&bytes);
    let root = file.root().unwrap();
    assert!((0..16).all(|_| root.string(0).is_ok_and(|found| found == text)));
    let refused = (0..2).find_map(|_| root.string(0).err());
    assert!(matches!(refused, Some(FlatbufferError::Repetitive { .. })));
}

#[test]
fn a_vector_longer_than_the_file_is_refused() {
    let mut bytes = write(*b"TEST", Node::Table(vec![(0, Node::i64s([7]).into())]));
    assert_eq!(Flatbuffer::new(&bytes).root().unwrap().i64s(0).unwrap(), [7]);
    let count = bytes.len() - 12;
    for len in [2, 0x2000_0000, 0x8000_0000, u32::MAX] {
        bytes[count..count + 4].copy_from_slice(&len.to_le_bytes());
        let file = Flatbuffer::new(&bytes);
        let found = file.root().unwrap().i64s(0);
        assert!(matches!(found, Err(FlatbufferError::OutOfFile { what: "a vector", .. })));
    }
}

#[test]
fn fields_left_out_have_their_defaults() {
    let bytes = write(*b"TEST", Node::Table(vec![(1, Value::U8(3))]));
    let file = Flatbuffer::new(&bytes);
    let root = file.root().unwrap();
    assert_eq!((root.u8(0), root.u8(1), root.u8(2)), (Ok(0), Ok(3), Ok(0)));
    assert_eq!((root.i32(0, -5), root.u64(9), root.f32(9)), (Ok(-5), Ok(0), Ok(0.0)));
    assert_eq!((root.has(0), root.has(1)), (Ok(false), Ok(true)));
    assert_eq!((root.string(0), root.i32s(9)), (Ok(String::new()), Ok(vec![])));
    assert!(root.table(0).unwrap().is_none());
    assert_eq!(root.tables(9).unwrap().len(), 0);
}

//! What the documentation draws, what formats cannot hold, what is chosen. That every format gives the
//! weights back is tested where the reader is.

use super::*;

#[test]
fn worked_matrix_is_the_documented_one() {
    let weights = [0, 5, 0, 0, -3, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 1, 0, 0, 2, -2, 0, 0];
    let of = |format| encode(format, &weights, 6).unwrap();
    let encoded = of(Format::Delta4);
    assert_eq!((encoded.counts, encoded.indices), (vec![2, 0, 2, 2], vec![0x21, 0x40, 0x02]));
    assert_eq!(of(Format::Delta8).indices, [1, 2, 0, 4, 2, 0]);
    assert_eq!(of(Format::Index8).indices, [1, 4, 0, 5, 2, 3]);
    assert_eq!(of(Format::Block4x1).counts, [6]);
    let encoded = of(Format::Nm);
    assert_eq!((encoded.parameter, encoded.indices), (0x22, vec![0x44, 0x44, 0x44, 0x4e]));
    let encoded = of(Format::Rice);
    assert_eq!((encoded.parameter, encoded.indices), (1, vec![0x0b, 0x93, 0x02]));
    assert!(encode(Format::Block1x4, &weights, 6).is_none());
}

#[test]
fn what_a_format_cannot_hold() {
    assert!(encode(Format::Nm, &[1, 1, 1, 0], 4).is_none());
    assert!(encode(Format::Nm, &[1, 1, 0, 0, 1], 5).is_none(), "2:4 with one column left");
    assert_eq!(encode(Format::Nm, &[0, 1, 0, 0, 1], 5).unwrap().parameter, 0x12, "1:4");
    assert!(encode(Format::Block1x4, &[1; 10], 5).is_none());
    assert!(Format::ALL.iter().all(|&format| encode(format, &[], 0).is_none()));
    let long = vec![1; 1 << 20];
    assert!(encode(Format::Delta8, &long, 1 << 20).is_none());
    assert!(encode(Format::Index8, &long, 1 << 20).is_some());
}

#[test]
fn smallest_prefers_what_is_cheaper_to_run() {
    assert_eq!(smallest(&[1; 64], 8).unwrap().format, Format::Dense);
    let mut sparse = [0; 640];
    sparse[100] = 1;
    assert_eq!(smallest(&sparse, 640).unwrap().format, Format::Rice);
    let in_block = |at: usize| (at / 256).is_multiple_of(4) && (at % 64).is_multiple_of(7);
    let blocks: Vec<i8> = (0..64 * 64).map(|at| i8::from(in_block(at))).collect();
    assert_eq!(smallest(&blocks, 64).unwrap().format, Format::Block4x1);
}

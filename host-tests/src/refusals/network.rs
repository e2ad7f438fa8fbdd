//! Ways in which a good image can be refused by the network.

use super::{Case, good};
use crate::editor::{Editor, Refusal};
use kastanet::image::{Image, OpKind};
use kastanet::layers::{self, Operator};
use kastanet::network::{Error, Network};
use kastanet_cli::pack::AlignedBytes;

/// All of them.
pub const CASES: &[Case<Error>] = crate::cases![
    arena_too_small arena_misaligned unknown_operator operator_not_linked bad_operator
];

/// What the network says after a change to the image.
fn after(change: impl FnOnce(&mut Editor)) -> Error {
    let mut image = good();
    change(&mut image);
    image.seal_crc();
    match image.run() {
        Err(Refusal::Network(error)) => error,
        other => panic!("not refused by the network: {other:?}"),
    }
}

/// What the network says of the image as it is, with this much arena from this byte on.
fn with_arena(start: usize, len: impl Fn(usize) -> usize) -> (usize, Option<Error>) {
    let bytes = AlignedBytes::new(&good().bytes);
    let image = Image::new_checked(&bytes).expect("the image is good");
    let len = len(image.arena_len());
    let mut arena = AlignedBytes::zeroed(start + len);
    (image.arena_len(), Network::new(image, &mut arena[start..]).err())
}

fn arena_too_small() -> Vec<Error> {
    let less = |by: fn(usize) -> usize| {
        let (needed, error) = with_arena(0, by);
        assert_eq!(error, Some(Error::ArenaTooSmall { needed, given: by(needed) }));
        error
    };
    assert_eq!(with_arena(0, |needed| needed).1, None, "as much as is needed");
    assert_eq!(with_arena(0, |needed| needed + 1).1, None, "more than is needed");
    [less(|_| 0), less(|needed| needed - 1), less(|needed| needed - 16)]
        .into_iter()
        .flatten()
        .collect()
}

fn arena_misaligned() -> Vec<Error> {
    let from = |start| {
        let (_, error) = with_arena(start, |needed| needed);
        assert_eq!(error, Some(Error::ArenaMisaligned), "from byte {start}");
        error
    };
    [1, 4, 8, 15].into_iter().filter_map(from).collect()
}

fn unknown_operator() -> Vec<Error> {
    let kind = |code| {
        let error = after(|image| image.op(1).kind = code);
        assert_eq!(error, Error::UnknownOperator { operator: 1, code });
        error
    };
    [0, OpKind::ALL.len() as u8 + 1, 255].map(kind).into()
}

/// The example has CONV_2D, TABLE, ADD, ADD.
fn operator_not_linked() -> Vec<Error> {
    static NONE: [&Operator; 0] = [];
    static NO_ADD: [&Operator; 2] = [&layers::TABLE, &layers::CONV_2D];
    static ENOUGH: [&Operator; 3] = [&layers::ADD, &layers::TABLE, &layers::CONV_2D];
    let bytes = AlignedBytes::new(&good().bytes);
    let image = Image::new_checked(&bytes).expect("the image is good");
    let mut arena = AlignedBytes::zeroed(image.arena_len());
    let mut with = |linked| Network::with_operators(image, &mut arena, linked).err();
    assert_eq!(with(&ENOUGH), None);
    let first = with(&NONE);
    assert_eq!(first, Some(Error::OperatorNotLinked { operator: 0, kind: OpKind::Conv2d }));
    let third = with(&NO_ADD);
    assert_eq!(third, Some(Error::OperatorNotLinked { operator: 2, kind: OpKind::Add }));
    [first, third].into_iter().flatten().collect()
}

/// The operator that is wrong is named, not another; what can be wrong is in
/// [`layers`](super::layers).
fn bad_operator() -> Vec<Error> {
    let weights = |operator: u16| {
        let error = after(|image| image.op(operator.into()).weights = 0.into());
        assert_eq!(error, Error::BadOperator { operator, error: layers::Error::BadWeights });
        error
    };
    (1..4).map(weights).collect()
}

//! Ways in which a training program can be refused.

use super::Case;
use kastanet::image::record::NONE;
use kastanet::train::record::{Header, Layer, NOWHERE, Operation};
use kastanet::train::{Function, Program, ProgramError as Error, Unit};
use kastanet_cli::training::{self, Builder, Window};
use zerocopy::{FromBytes, IntoBytes};

/// All of them.
pub const CASES: &[Case<Error>] = crate::cases![
    missing bad_length bad_header bad_operation bad_tensor bad_layer bad_sets
];

/// A program, in parts that can be changed.
struct Parts {
    header: Header,
    operations: Vec<Operation>,
    layers: Vec<Layer>,
    data: Vec<u8>,
}

/// A convolution, a sum with its input's like, a pool, groups and blocks of weights.
fn good() -> Parts {
    let mut net = Builder::new([4, 4, 2]);
    let sparse = || training::Layer::sparse(0.25, 0.5);
    let x = net.conv(net.input(), Window::new(2, [1, 1]), Function::Relu, training::Layer::dense());
    let groups = sparse().unit(Unit::Group(4));
    let y = net.conv(x, Window::new(2, [3, 3]), Function::None, groups);
    let x = net.add(x, y);
    let x = net.max_pool(x, Window::pool([2, 2]));
    let y = net.fully_connected(x, 3, Function::None, sparse().unit(Unit::Block4x1));
    parts(&net.finish(y, Function::Softmax).expect("a good network"))
}

fn parts(bytes: &[u8]) -> Parts {
    let (header, rest) = Header::ref_from_prefix(bytes).expect("a header");
    let count = header.operations.get().into();
    let (operations, rest) =
        <[Operation]>::ref_from_prefix_with_elems(rest, count).expect("operations");
    let count = header.layers.get().into();
    let (layers, data) = <[Layer]>::ref_from_prefix_with_elems(rest, count).expect("layers");
    let (operations, layers) = (operations.to_vec(), layers.to_vec());
    Parts { header: *header, operations, layers, data: data.to_vec() }
}

impl Parts {
    fn bytes(&self) -> Vec<u8> {
        let (operations, layers) = (self.operations.as_bytes(), self.layers.as_bytes());
        [self.header.as_bytes(), operations, layers, &self.data].concat()
    }
}

fn refusal(bytes: &[u8]) -> Error {
    Program::new_checked(bytes).map(drop).expect_err("the program is refused")
}

/// What each change is refused with.
fn after(changes: &[fn(&mut Parts)]) -> Vec<Error> {
    assert!(Program::new_checked(&good().bytes()).is_ok());
    let refused = |change: &fn(&mut Parts)| {
        let mut parts = good();
        change(&mut parts);
        refusal(&parts.bytes())
    };
    changes.iter().map(refused).collect()
}

fn missing() -> Vec<Error> {
    vec![refusal(&[])]
}

fn bad_length() -> Vec<Error> {
    let bytes = good().bytes();
    let longer = [&bytes[..], &[0]].concat();
    let cuts = [1, 39, 40, 40 + 67, 40 + 5 * 68 + 51, bytes.len() - 1];
    let mut all: Vec<Error> = cuts
        .iter()
        .map(|&len| {
            let error = refusal(&bytes[..len]);
            assert_eq!(error, Error::BadLength { given: len as u32 });
            error
        })
        .collect();
    all.push(refusal(&longer));
    all.extend(after(&[|p| p.header.data_len = 7.into(), |p| p.header.layers = 60_000.into()]));
    all
}

fn bad_header() -> Vec<Error> {
    after(&[
        |p| p.header.recompute = 2,
        |p| p.header.last = 6,
        |p| p.header.input[1] = 0.into(),
        |p| p.header.input[0] = u32::MAX.into(),
        |p| p.header.output[1] = (1 << 30).into(),
        |p| p.header.output[2] = NOWHERE.into(),
        |p| p.header.floats = 3.into(),
        |p| {
            *p = Parts { operations: vec![], layers: vec![], data: vec![], ..good() };
            (p.header.operations, p.header.layers) = (0.into(), 0.into());
            p.header.data_len = 0.into();
        },
    ])
}

fn bad_operation() -> Vec<Error> {
    after(&[
        |p| p.operations[0].kind = 0,
        |p| p.operations[0].kind = 10,
        |p| p.operations[2].function = 6,
        |p| p.operations[4].function = Function::Softmax as u8,
        |p| p.operations[1].flags = 8,
        |p| p.operations[1].reserved = 1,
        |p| p.operations[1].reserved2 = 1.into(),
        |p| p.operations[1].reserved3[1] = 1,
        |p| p.operations[0].layer = NONE.into(),
        |p| p.operations[0].layer = 1.into(),
        |p| p.operations[2].layer = 0.into(),
        |p| p.operations[0].y.gradient = NOWHERE.into(),
        |p| p.operations[0].x_dims[0] = 0.into(),
        |p| p.operations[1].stride[0] = 0.into(),
        |p| p.operations[2].x2_dims[0] = 3.into(),
        |p| p.operations[3].pad[0] = 2.into(),
    ])
}

fn bad_tensor() -> Vec<Error> {
    after(&[
        |p| p.operations[0].y.value = p.operations[0].x.value,
        |p| p.operations[0].y.gradient = p.operations[0].y.value,
        |p| p.operations[2].x2.gradient = p.operations[2].x.gradient,
        |p| p.operations[0].x.value = NOWHERE.into(),
        |p| p.operations[3].y.value = p.header.floats,
    ])
}

fn bad_layer() -> Vec<Error> {
    after(&[
        |p| p.layers[0].rows = 3.into(),
        |p| p.layers[1].cols = 17.into(),
        |p| p.layers[0].kind = 3,
        |p| p.layers[1].unit = 4,
        |p| p.layers[1].group = 3,
        |p| p.layers[2].group = 4,
        |p| p.layers[0].reserved = 1,
        |p| p.layers[0].scales = NOWHERE.into(),
        |p| p.layers[2].bias = (p.data.len() as u32).into(),
        |p| p.data.iter_mut().for_each(|byte| *byte = 0xff),
        |p| {
            p.layers.push(p.layers[2]);
            p.header.layers = 4.into();
        },
    ])
}

fn bad_sets() -> Vec<Error> {
    after(&[
        |p| p.layers[1].forward = 0.into(),
        |p| p.layers[1].backward = 5.into(),
        |p| p.layers[2].forward = (p.layers[2].backward.get() + 1).into(),
        |p| p.layers[2].backward = 9.into(),
    ])
}

//! Fully connected networks as training programs, without any planning.
use kastanet::image::record::NONE;
use kastanet::train::record::{Header, Layer, NOWHERE, Operation, Slot};
use zerocopy::{FromZeros, IntoBytes};

pub struct Spec {
    pub kind: u8,
    pub unit: u8,
    pub group: u8,
    pub forward: u32,
    pub backward: u32,
}

/// The section's bytes.
pub fn program(sizes: &[usize], specs: &[Spec]) -> Vec<u8> {
    let layers = sizes.len() - 1;
    let mut next = sizes[0] as u32;
    let mut take = |len: usize| {
        let at = next;
        next += len as u32;
        at
    };
    let mut slots = vec![Slot { value: 0.into(), gradient: NOWHERE.into() }];
    for &size in &sizes[1..] {
        slots.push(Slot { value: take(size).into(), gradient: take(size).into() });
    }
    let mut operations = vec![];
    let mut records = vec![];
    let mut data: Vec<f32> = vec![];
    for layer in 0..layers {
        let (inputs, outputs) = (sizes[layer], sizes[layer + 1]);
        let mut operation = Operation::new_zeroed();
        operation.kind = 1;
        operation.function = u8::from(layer + 1 < layers);
        operation.flags = 2;
        operation.layer = (layer as u16).into();
        operation.x = slots[layer];
        operation.x2 = Slot { value: NOWHERE.into(), gradient: NOWHERE.into() };
        operation.y = slots[layer + 1];
        operation.x_dims = [1, 1, inputs as u16].map(Into::into);
        operation.y_dims = [1, 1, outputs as u16].map(Into::into);
        operations.push(operation);
        let spec = &specs[layer];
        let mut record = Layer::new_zeroed();
        record.rows = (outputs as u32).into();
        record.cols = (inputs as u32).into();
        (record.kind, record.unit, record.group) = (spec.kind, spec.unit, spec.group);
        record.forward = spec.forward.into();
        record.backward = spec.backward.into();
        record.weights = NONE.into();
        record.format = 0xff;
        record.scales = (data.len() as u32 * 4).into();
        data.extend(vec![1.0; outputs]);
        record.bias = (data.len() as u32 * 4).into();
        data.extend(vec![0.0; outputs]);
        records.push(record);
    }
    let last = slots[layers];
    let header = Header {
        operations: (layers as u16).into(),
        layers: (layers as u16).into(),
        first: 0.into(),
        boundary: NONE.into(),
        last: 0,
        recompute: 0,
        table: 500.into(),
        floats: next.into(),
        input: [0.into(), (sizes[0] as u32).into()],
        output: [last.value, (sizes[layers] as u32).into(), last.gradient],
        data_len: (data.len() as u32 * 4).into(),
    };
    [header.as_bytes(), operations.as_bytes(), records.as_bytes(), data.as_bytes()].concat()
}

//! Files that say the same in other ways.

use super::*;
use crate::tflite::schema::{
    buffer, depthwise, operator as op, operator_code as code, quantization, tensor as schema,
};

#[test]
fn operator_codes_are_in_either_field() {
    let old = changed(&operator_code(0), |c| {
        c.retain(|(field, _)| *field != code::BUILTIN_CODE);
    });
    let new = changed(&operator_code(0), |c| {
        c.retain(|(field, _)| *field != code::DEPRECATED_BUILTIN_CODE);
    });
    assert_eq!(read(&old).unwrap(), read(&new).unwrap());
}

#[test]
fn a_bias_may_be_left_out() {
    let absent = changed(&operator(0), |o| set(o, op::INPUTS, Node::i32s([0, 1, -1])));
    assert_eq!(read(&absent).unwrap().ops[0].inputs, [Some(0), Some(1), None]);
    let short = changed(&operator(0), |o| set(o, op::INPUTS, Node::i32s([0, 1])));
    assert_eq!(read(&short).unwrap().ops[0].bias(), None);
}

#[test]
fn the_dimension_of_a_vectors_scales_does_not_matter() {
    let path = [tensor(2), vec![(schema::QUANTIZATION, None)]].concat();
    let odd = changed(&path, |q| set(q, quantization::QUANTIZED_DIMENSION, Value::I32(3)));
    assert_eq!(anonymous(read(&odd).unwrap()), anonymous(small()));
}

#[test]
fn zero_points_left_out_are_zero() {
    let path = [tensor(1), vec![(schema::QUANTIZATION, None)]].concat();
    let none = changed(&path, |q| q.retain(|(field, _)| *field != quantization::ZERO_POINT));
    assert_eq!(anonymous(read(&none).unwrap()), anonymous(small()));
}

#[test]
fn an_open_batch_is_one() {
    let open = changed(&tensor(0), |t| set(t, schema::SHAPE_SIGNATURE, Node::i32s([-1, 3, 2, 2])));
    assert_eq!(anonymous(read(&open).unwrap()), anonymous(small()));
}

#[test]
fn a_tensor_without_a_name_gets_one() {
    let nameless = changed(&tensor(3), |t| t.retain(|(field, _)| *field != schema::NAME));
    assert_eq!(read(&nameless).unwrap().tensors[3].name, "tensor 3");
}

#[test]
fn a_multiplier_left_out_follows_from_the_shapes() {
    let graph = every_operator();
    let index = graph.ops.iter().position(|op| op.kind.name() == "DEPTHWISE_CONV_2D").unwrap();
    let mut root = tree(&graph);
    let fields = table(&mut root, &[operator(index), vec![(op::OPTIONS, None)]].concat());
    fields.retain(|(field, _)| *field != depthwise::MULTIPLIER);
    let found = read(&write(IDENTIFIER, root)).unwrap();
    assert_eq!(found.ops[index].kind, graph.ops[index].kind);
}

#[test]
fn constants_may_lie_behind_the_flatbuffer() {
    let data = small().tensors[1].data.clone().unwrap();
    let at = |offset| {
        let mut bytes = changed(&[(model::BUFFERS, Some(1))], |b| {
            let size = Value::U64(data.len() as u64);
            *b = vec![(buffer::OFFSET, Value::U64(offset)), (buffer::SIZE, size)];
        });
        bytes.extend(&data);
        bytes
    };
    let end = at(0).len() - data.len();
    assert_eq!(anonymous(read(&at(end as u64)).unwrap()), anonymous(small()));
    assert!(matches!(read(&at(end as u64 + 1)), Err(Fault::Structure(_))));
}

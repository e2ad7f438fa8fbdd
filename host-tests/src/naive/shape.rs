//! PAD, PADV2 and CONCATENATION: values move, none changes.

use super::node::{Node, places};

/// The input with a border of zeros, or of the one value of input 2.
pub fn pad(node: &Node<'_>) -> Vec<i64> {
    let (input, widths) = (node.ints(0), node.ints(1));
    let value = match node.bytes(2) {
        Some(_) => node.ints(2).data[0],
        None => node.output_quant().1,
    };
    let output = places(&node.output().shape).map(|place| {
        let inner = place.iter().enumerate().map(|(dim, &i)| {
            let inner = i.checked_sub(widths.at(&[dim, 0]) as usize)?;
            (inner < input.shape[dim]).then_some(inner)
        });
        inner.collect::<Option<Vec<_>>>().map_or(value, |inner| input.at(&inner))
    });
    output.collect()
}

/// The inputs one after another along `axis`; their scales are taken to be the output's.
pub fn concatenation(node: &Node<'_>, axis: i32) -> Vec<i64> {
    let inputs: Vec<_> = (0..node.op.inputs.len()).map(|index| node.ints(index)).collect();
    let axis = axis.rem_euclid(inputs[0].shape.len() as i32) as usize;
    let output = places(&node.output().shape).map(|mut place| {
        let mut rest = inputs.iter();
        loop {
            let input = rest.next().expect("the sizes add up");
            match place[axis].checked_sub(input.shape[axis]) {
                Some(behind) => place[axis] = behind,
                None => return input.at(&place),
            }
        }
    });
    output.collect()
}

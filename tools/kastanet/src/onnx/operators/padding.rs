//! What windows do at the border.

use super::super::error::Fault;
use super::super::node::Node;
use crate::graph::Padding;

/// The padding that a node says: in a word where there is one for it.
pub fn padding(
    node: Node<'_>,
    places: usize,
    image: [usize; 2],
    (reach, stride): ([usize; 2], [usize; 2]),
) -> Result<Padding, Fault> {
    match node.word("auto_pad") {
        "SAME_UPPER" => return Ok(Padding::Same),
        "SAME_LOWER" => return Ok(same_lower(image, reach, stride)),
        "VALID" => return Ok(Padding::Valid),
        "" | "NOTSET" => {}
        other => return Err(node.fault(format!("`auto_pad` is {other}"))),
    }
    let pads = node.ints("pads").map_or_else(|| vec![0; 2 * places], <[i64]>::to_vec);
    let sizes: Option<Vec<usize>> = pads.iter().map(|&pad| usize::try_from(pad).ok()).collect();
    let (before, mut after) = match sizes.as_deref() {
        Some(&[left, right]) if places == 1 => ([0, left], [0, right]),
        Some(&[top, left, bottom, right]) if places == 2 => ([top, left], [bottom, right]),
        _ => return Err(node.fault(format!("`pads` is {pads:?}, expected {} sizes", 2 * places))),
    };
    if node.int("ceil_mode", 0) != 0 {
        for axis in [0, 1] {
            let size = image[axis].saturating_add(before[axis]).saturating_add(after[axis]);
            let over = size.saturating_sub(reach[axis]) % stride[axis];
            // Windows that would begin in the padding behind the image are left out.
            let last =
                size.saturating_sub(reach[axis]) / stride[axis] * stride[axis] + stride[axis];
            if over > 0 && last < image[axis].saturating_add(before[axis]) {
                after[axis] = after[axis].saturating_add(stride[axis] - over);
            }
        }
    }
    if [0, 1].into_iter().any(|axis| before[axis].max(after[axis]) >= reach[axis]) {
        return Err(node.fault(format!(
            "`pads` is {pads:?}, a window reaches over {reach:?}: some would be empty"
        )));
    }
    Ok(in_a_word(Padding::Explicit { before, after }, image, (reach, stride)))
}

/// As many windows as SAME has, the odd zero being before the image.
fn same_lower(image: [usize; 2], reach: [usize; 2], stride: [usize; 2]) -> Padding {
    let zeros = |axis: usize| {
        let windows = image[axis].div_ceil(stride[axis]);
        let end = windows.saturating_sub(1).saturating_mul(stride[axis]);
        end.saturating_add(reach[axis]).saturating_sub(image[axis])
    };
    let [height, width] = [0, 1].map(zeros);
    let before = [height.div_ceil(2), width.div_ceil(2)];
    let after = [height / 2, width / 2];
    in_a_word(Padding::Explicit { before, after }, image, (reach, stride))
}

/// The word for a padding, if there is one that gives the same windows.
fn in_a_word(
    explicit: Padding,
    image: [usize; 2],
    (reach, stride): ([usize; 2], [usize; 2]),
) -> Padding {
    let places = |padding: Padding| {
        [0, 1].map(|axis| padding.along(axis, image[axis], reach[axis], stride[axis]))
    };
    let words = [Padding::Valid, Padding::Same];
    let word = words.into_iter().find(|&word| places(word) == places(explicit));
    word.unwrap_or(explicit)
}

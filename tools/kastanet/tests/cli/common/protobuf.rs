//! ONNX models byte by byte, so that they can say what no exporter writes.

/// A number with its field.
fn number(field: u32, value: i64) -> Vec<u8> {
    let mut bytes = varint(u64::from(field) << 3);
    bytes.extend(varint(value.cast_unsigned()));
    bytes
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = vec![];
    while value >= 128 {
        bytes.push(value as u8 | 128);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// Bytes with their field.
fn bytes(field: u32, content: &[u8]) -> Vec<u8> {
    let mut bytes = varint(u64::from(field) << 3 | 2);
    bytes.extend(varint(content.len() as u64));
    bytes.extend(content);
    bytes
}

/// An array: its name, the number of its type, its sizes, its bytes.
pub fn array(name: &str, element: i64, dims: &[i64], raw: &[u8]) -> Vec<u8> {
    let mut message: Vec<u8> = dims.iter().flat_map(|&dim| number(1, dim)).collect();
    message.extend([number(2, element), bytes(8, name.as_bytes()), bytes(9, raw)].concat());
    bytes(5, &message)
}

/// An array of real numbers.
pub fn reals(name: &str, dims: &[i64], values: &[f32]) -> Vec<u8> {
    let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    array(name, 1, dims, &raw)
}

/// A node, whose name is that of its output; names stand between spaces.
pub fn node(kind: &str, inputs: &str, output: &str) -> Vec<u8> {
    let mut message: Vec<u8> =
        inputs.split_whitespace().flat_map(|input| bytes(1, input.as_bytes())).collect();
    message.extend([bytes(2, output.as_bytes()), bytes(4, kind.as_bytes())].concat());
    bytes(1, &message)
}

/// An input or an output (11 or 12) of real numbers.
fn border(field: u32, name: &str, dims: &[i64]) -> Vec<u8> {
    let dims: Vec<u8> = dims.iter().flat_map(|&dim| bytes(1, &number(1, dim))).collect();
    let tensor = [number(1, 1), bytes(2, &dims)].concat();
    bytes(field, &[bytes(1, name.as_bytes()), bytes(2, &bytes(1, &tensor))].concat())
}

/// An input of real numbers.
pub fn input(name: &str, dims: &[i64]) -> Vec<u8> {
    border(11, name, dims)
}

/// A file with these parts and an output `y`.
pub fn model(parts: &[Vec<u8>]) -> Vec<u8> {
    let graph = [parts.concat(), border(12, "y", &[])].concat();
    [number(1, 8), bytes(8, &number(2, 17)), bytes(7, &graph)].concat()
}

//! Writes a FlatBuffer, front to back.
//!
//! What is to be written is built first, as a tree of [`Node`]s. Writing it puts each table before
//! its children, as distances point forwards only, and fills in the distances as it goes.

/// A part of a FlatBuffer that others point to.
pub enum Node {
    /// Fields by number, in any order.
    Table(Vec<(u16, Value)>),
    /// A vector of things that other places hold.
    Nodes(Vec<Node>),
    /// A vector of scalars: how many, their bytes, and the alignment of the first.
    Scalars(usize, Vec<u8>, usize),
}

/// A field of a table.
pub enum Value {
    /// An 8-bit number or a truth value.
    U8(u8),
    /// A 32-bit number.
    I32(i32),
    /// A 32-bit index.
    U32(u32),
    /// A 64-bit number, which the fields that we write have no use for.
    #[cfg(test)]
    U64(u64),
    /// A float.
    F32(f32),
    /// Something elsewhere.
    Node(Node),
}

impl Node {
    /// A string, with the zero behind it that the format demands.
    pub fn string(text: &str) -> Node {
        let bytes = [text.as_bytes(), &[0]].concat();
        Node::Scalars(text.len(), bytes, 4)
    }

    /// A vector of bytes, aligned for any kind of tensor.
    pub fn bytes(bytes: &[u8]) -> Node {
        Node::Scalars(bytes.len(), bytes.to_vec(), 16)
    }

    /// A vector of signed 32-bit numbers.
    pub fn i32s(values: impl IntoIterator<Item = i32>) -> Node {
        Node::scalars(values, i32::to_le_bytes)
    }

    /// A vector of signed 64-bit numbers.
    pub fn i64s(values: impl IntoIterator<Item = i64>) -> Node {
        Node::scalars(values, i64::to_le_bytes)
    }

    /// A vector of floats.
    pub fn f32s(values: impl IntoIterator<Item = f32>) -> Node {
        Node::scalars(values, f32::to_le_bytes)
    }

    fn scalars<T, const N: usize>(
        values: impl IntoIterator<Item = T>,
        bytes: fn(T) -> [u8; N],
    ) -> Node {
        let bytes: Vec<u8> = values.into_iter().flat_map(bytes).collect();
        Node::Scalars(bytes.len() / N, bytes, N.max(4))
    }
}

impl From<Node> for Value {
    fn from(node: Node) -> Value {
        Value::Node(node)
    }
}

impl Value {
    fn size(&self) -> usize {
        match self {
            Value::U8(_) => 1,
            #[cfg(test)]
            Value::U64(_) => 8,
            _ => 4,
        }
    }
}

/// The bytes of a FlatBuffer with this root.
pub fn write(identifier: [u8; 4], root: Node) -> Vec<u8> {
    let mut out = [[0; 4], identifier].concat();
    put_node(&mut out, 0, root);
    out
}

/// Writes a node behind everything else, and its distance at `from`.
fn put_node(out: &mut Vec<u8>, from: usize, node: Node) {
    match node {
        Node::Table(fields) => put_table(out, from, fields),
        Node::Nodes(nodes) => {
            let at = put_vector(out, from, nodes.len(), &vec![0; 4 * nodes.len()], 4);
            for (index, node) in nodes.into_iter().enumerate() {
                put_node(out, at + 4 * index, node);
            }
        }
        Node::Scalars(count, bytes, align) => {
            put_vector(out, from, count, &bytes, align);
        }
    }
}

/// Writes a vector so that its elements are aligned; the place of the first.
fn put_vector(out: &mut Vec<u8>, from: usize, count: usize, bytes: &[u8], align: usize) -> usize {
    let at = (out.len() + 4).next_multiple_of(align);
    out.resize(at - 4, 0);
    point(out, from, at - 4);
    out.extend((count as u32).to_le_bytes());
    out.extend(bytes);
    at
}

fn put_table(out: &mut Vec<u8>, from: usize, mut fields: Vec<(u16, Value)>) {
    // Wide fields first leave no gaps; eight bytes before them keep the widest aligned.
    fields.sort_by_key(|(_, value)| std::cmp::Reverse(value.size()));
    let count = fields.iter().map(|&(field, _)| usize::from(field) + 1).max().unwrap_or(0);
    let vtable = out.len().next_multiple_of(2);
    let at = (vtable + 4 + 2 * count).next_multiple_of(8);
    out.resize(at + 8, 0);
    point(out, from, at);
    set(out, at, &((at - vtable) as i32).to_le_bytes());
    let mut children = Vec::new();
    for (field, value) in fields {
        let place = out.len();
        set(out, vtable + 4 + 2 * usize::from(field), &((place - at) as u16).to_le_bytes());
        match value {
            Value::U8(value) => out.push(value),
            Value::I32(value) => out.extend(value.to_le_bytes()),
            Value::U32(value) => out.extend(value.to_le_bytes()),
            #[cfg(test)]
            Value::U64(value) => out.extend(value.to_le_bytes()),
            Value::F32(value) => out.extend(value.to_le_bytes()),
            Value::Node(node) => {
                out.extend([0; 4]);
                children.push((place, node));
            }
        }
    }
    set(out, vtable, &((4 + 2 * count) as u16).to_le_bytes());
    let len = out.len() - at;
    set(out, vtable + 2, &(len as u16).to_le_bytes());
    for (place, node) in children {
        put_node(out, place, node);
    }
}

fn point(out: &mut [u8], from: usize, to: usize) {
    set(out, from, &((to - from) as u32).to_le_bytes());
}

fn set(out: &mut [u8], at: usize, bytes: &[u8]) {
    out[at..at + bytes.len()].copy_from_slice(bytes);
}

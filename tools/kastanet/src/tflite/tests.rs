//! Files made for tests: the tree of a good file, changed in one place, then written.

use super::build::tree;
use super::error::{Fault, ImportError};
use super::schema::{IDENTIFIER, model, subgraph};
use super::writer::{Node, Value, write};
use super::{build, import};
use crate::graph::Graph;
use crate::graph::sample::{every_operator, small};

mod constants;
mod faults;
mod hostile;
mod variants;

type Fields = Vec<(u16, Value)>;

/// A step on the way down the tree: a field of a table, then perhaps an element of a vector.
type Step = (u16, Option<usize>);

/// The table at the end of a path.
fn table<'n>(root: &'n mut Node, path: &[Step]) -> &'n mut Fields {
    let fields = match root {
        Node::Table(fields) => fields,
        _ => panic!("no table"),
    };
    let Some((&(field, index), rest)) = path.split_first() else { return fields };
    let (_, value) = fields.iter_mut().find(|(number, _)| *number == field).expect("a field");
    match (value, index) {
        (Value::Node(Node::Nodes(nodes)), Some(index)) => table(&mut nodes[index], rest),
        (Value::Node(node), None) => table(node, rest),
        _ => panic!("no node"),
    }
}

/// Sets a field, or adds it.
fn set(fields: &mut Fields, field: u16, value: impl Into<Value>) {
    fields.retain(|(number, _)| *number != field);
    fields.push((field, value.into()));
}

fn operator_code(index: usize) -> Vec<Step> {
    vec![(model::OPERATOR_CODES, Some(index))]
}

fn tensor(index: usize) -> Vec<Step> {
    vec![(model::SUBGRAPHS, Some(0)), (subgraph::TENSORS, Some(index))]
}

fn operator(index: usize) -> Vec<Step> {
    vec![(model::SUBGRAPHS, Some(0)), (subgraph::OPERATORS, Some(index))]
}

/// The small graph's file after a change of the table at `path`.
fn changed(path: &[Step], change: impl FnOnce(&mut Fields)) -> Vec<u8> {
    let mut root = tree(&small());
    change(table(&mut root, path));
    write(IDENTIFIER, root)
}

fn read(bytes: &[u8]) -> Result<Graph, Fault> {
    import("sample", bytes).map_err(|ImportError { file, fault }| {
        assert_eq!(file, "sample");
        *fault
    })
}

fn fault(path: &[Step], change: impl FnOnce(&mut Fields)) -> Fault {
    read(&changed(path, change)).expect_err("the file is wrong")
}

/// The graph without what a file does not hold.
fn anonymous(mut graph: Graph) -> Graph {
    graph.source.clear();
    graph.ops.iter_mut().for_each(|op| op.name.clear());
    graph
}

#[test]
fn what_is_built_is_imported() {
    for graph in [small(), every_operator()] {
        let found = import("again", &build(&graph)).unwrap();
        assert_eq!(found.source, "again");
        assert_eq!(anonymous(found), anonymous(graph));
    }
}

#[test]
fn building_is_repeatable() {
    let bytes = build(&every_operator());
    let again = build(&import("sample", &bytes).unwrap());
    assert_eq!(bytes, again);
}

#[test]
fn operators_are_named_after_layers() {
    let mut graph = small();
    graph.tensors[1].name =
        "model/bn/FusedBatchNormV3;model/stem/Conv2D1;model/other/Conv2D".into();
    graph.tensors[4].name = "Identity".into();
    let names = |graph: &Graph| {
        let graph = import("sample", &build(graph)).unwrap();
        graph.ops.into_iter().map(|op| op.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&graph), ["stem", "softmax"]);
    graph.tensors[4].name = "model/stem/Softmax".into();
    assert_eq!(names(&graph), ["stem", "stem_1"]);
    graph.tensors[1].name = "arith.constant".into();
    graph.tensors[3].name = "net/first/block/out;other".into();
    assert_eq!(names(&graph), ["block", "stem"]);
    graph.tensors[4].name = "ü".repeat(9999);
    assert_eq!(names(&graph)[1], "ü".repeat(48));
}

#[test]
fn operators_without_layers_are_named_after_their_kind() {
    let mut graph = small();
    let mut name = |weights: &str, output: &str| {
        graph.tensors[1].name = weights.into();
        graph.tensors[3].name = output.into();
        import("sample", &build(&graph)).unwrap().ops.remove(0).name
    };
    assert_eq!(name("Conv2D_1", "Relu_1;add_1;Conv2D_1;Const_61"), "conv2d");
    assert_eq!(name("model/Conv2D", "model/Relu"), "conv2d");
    assert_eq!(name("w", "sequential/stem/Relu;sequential/stem/BiasAdd"), "stem");
    assert_eq!(name("w", "net/act/Relu6;net/bn/FusedBatchNormV3;net/stem/BiasAdd"), "stem");
    assert_eq!(name("w", "model_1/stem/BiasAdd/ReadVariableOp/resource"), "stem");
    assert_eq!(name("model/conv2d_5/Conv2D", "Identity"), "conv2d_5");
    assert_eq!(name("w", "Relu;model/add/add"), "add");
    assert_eq!(name("w", "stem"), "stem");
}

//! Whether plans hold, told by following what lies in each float through a step.

use super::graph::{Graph, Tensor};
use super::*;
use kastanet::train::record::{Header, NOWHERE, Operation as Record, Slot};
use kastanet::train::{Function, Kind, Program, ProgramError, Unit};
use zerocopy::FromBytes;
use zerocopy::little_endian::U32;

/// What a float holds: a buffer's value, or its gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Held {
    Value(usize),
    Gradient(usize),
}

/// The activations while a step is run.
struct Memory {
    floats: Vec<Option<Held>>,
}

impl Memory {
    fn write(&mut self, at: u32, tensor: Tensor, held: Held) {
        self.floats[at as usize..][..tensor.elements()].fill(Some(held));
    }

    fn read(&self, at: u32, tensor: Tensor, held: Held) {
        let found = &self.floats[at as usize..][..tensor.elements()];
        assert!(found.iter().all(|float| *float == Some(held)), "{held:?} is gone: {found:?}");
    }

    fn read_value(&self, slot: Slot, tensor: Tensor) {
        self.read(slot.value.get(), tensor, Held::Value(tensor.buffer));
    }

    fn read_gradient(&self, slot: Slot, tensor: Tensor) {
        self.read(slot.gradient.get(), tensor, Held::Gradient(tensor.buffer));
    }

    fn forward(&mut self, operation: &Operation, record: &Record) {
        self.read_value(record.x, operation.x);
        operation.x2.inspect(|&x2| self.read_value(record.x2, x2));
        if operation.kind == Kind::Place && record.flags & 1 == 0 {
            self.read_value(record.y, operation.y);
        }
        self.write(record.y.value.get(), operation.y, Held::Value(operation.y.buffer));
    }

    fn back(&mut self, operation: &Operation, record: &Record) {
        if record.y.gradient.get() == NOWHERE {
            assert_eq!((record.x.gradient.get(), record.flags >> 1), (NOWHERE, 0));
            return;
        }
        self.read_gradient(record.y, operation.y);
        if operation.function != Function::None {
            self.read_value(record.y, operation.y);
        }
        let slots = [record.x, record.x2];
        for (index, input) in operation.inputs().enumerate() {
            let clears = record.flags >> (index + 1) & 1 == 1;
            match (slots[index].gradient.get(), operation.kind) {
                (NOWHERE, _) => assert!(!clears),
                (_, Kind::MaxPool) => self.read_value(record.x, operation.x),
                (_, Kind::Mul) => {
                    self.read_value(slots[1 - index], operation.inputs().nth(1 - index).unwrap());
                }
                _ => (),
            }
            self.add(slots[index], input, clears);
        }
    }

    /// What is cleared has not been added to before, what is not has been.
    fn add(&mut self, slot: Slot, tensor: Tensor, clears: bool) {
        let (at, held) = (slot.gradient.get(), Held::Gradient(tensor.buffer));
        match clears {
            _ if at == NOWHERE => (),
            false => self.read(at, tensor, held),
            true => {
                assert!(!self.floats.contains(&Some(held)));
                self.write(at, tensor, held);
            }
        }
    }

    /// Nothing that is left of gradients counts.
    fn forget_gradients(&mut self) {
        let gradients =
            self.floats.iter_mut().filter(|float| matches!(float, Some(Held::Gradient(_))));
        gradients.for_each(|float| *float = None);
    }

    fn loss(&mut self, graph: &Graph, [value, _, gradient]: [U32; 3]) {
        self.read_value(Slot { value, gradient }, graph.output);
        self.write(gradient.get(), graph.output, Held::Gradient(graph.output.buffer));
    }

    fn update(&self, graph: &Graph, operation: &Operation, record: &Record) {
        let Some(layer) = operation.layer else { return };
        self.read_gradient(record.y, operation.y);
        if graph.layers[layer].sets != Sets::Frozen {
            self.read_value(record.x, operation.x);
        }
    }
}

/// Runs a step of `graph` on what its bytes say, with gradients kept and recomputed; gives the floats of each.
fn follow(graph: &Graph) -> [usize; 2] {
    [Gradients::Kept, Gradients::Recomputed].map(|gradients| follow_with(graph, gradients))
}

fn follow_with(graph: &Graph, gradients: Gradients) -> usize {
    let plan = plan(graph, gradients);
    let bytes = write(graph, &plan).unwrap();
    let (header, rest) = Header::ref_from_prefix(&bytes).unwrap();
    let count = header.operations.get().into();
    let (records, _) = <[Record]>::ref_from_prefix_with_elems(rest, count).unwrap();
    let mut memory = Memory { floats: vec![None; header.floats.get() as usize] };
    let steps: Vec<(&Operation, &Record)> = graph.operations.iter().zip(records).collect();
    memory.write(header.input[0].get(), graph.input, Held::Value(graph.input.buffer));
    steps.iter().for_each(|(operation, record)| memory.forward(operation, record));
    assert_eq!(header.output[1].get() as usize, graph.output.elements());
    memory.loss(graph, header.output);
    steps.iter().rev().for_each(|(operation, record)| memory.back(operation, record));
    if header.recompute == 1 {
        memory.forget_gradients();
        memory.loss(graph, header.output);
    }
    for (operation, record) in steps.iter().rev() {
        if header.recompute == 1 {
            memory.back(operation, record);
        }
        memory.update(graph, operation, record);
    }
    assert!(plan.floats >= plan.lower_bound);
    plan.floats
}

const RELU: Function = Function::Relu;

fn mlp() -> Graph {
    let mut net = Builder::new([1, 1, 30]);
    let x = net.fully_connected(net.input(), 20, RELU, Layer::sparse(0.1, 0.3));
    let x = net.fully_connected(x, 10, RELU, Layer::sparse(0.2, 0.2).unit(Unit::Block4x1));
    let y = net.fully_connected(x, 5, Function::None, Layer::dense().without_bias());
    net.graph(y, Function::Softmax).unwrap()
}

fn residual() -> Graph {
    let mut net = Builder::new([9, 8, 3]);
    let window = Window::new(8, [3, 3]);
    let sparse = || Layer::sparse(0.25, 0.5).unit(Unit::Group(4));
    let x = net.conv(net.input(), window.stride([2, 2]), RELU, Layer::frozen());
    let y = net.conv(x, window, RELU, sparse());
    let y = net.conv(y, window.dilation([2, 1]), Function::None, sparse());
    let x = net.add(x, y);
    let x = net.function(x, RELU);
    let y = net.fully_connected(x, 4, Function::None, Layer::dense());
    net.graph(y, Function::Softmax).unwrap()
}

fn depthwise() -> Graph {
    let mut net = Builder::new([8, 8, 2]);
    let six = Function::Relu6;
    let x = net.pad(net.input(), [[0, 1], [0, 1], [0, 0]]);
    let x = net.depthwise(x, Window::new(4, [3, 3]).stride([2, 2]).valid(), six, Layer::dense());
    let x = net.conv(x, Window::new(6, [1, 1]), six, Layer::sparse(0.5, 1.0));
    let x = net.max_pool(x, Window::new(0, [3, 3]).stride([2, 2]));
    let x = net.average_pool(x, Window::pool([2, 2]));
    let x = net.reshape(x, [1, 1, 6]);
    let y = net.fully_connected(x, 3, Function::None, Layer::counts(1, 18));
    net.graph(y, Function::Logistic).unwrap()
}

fn concatenated() -> Graph {
    let mut net = Builder::new([4, 4, 3]);
    let conv = |channels| Window::new(channels, [1, 1]);
    let a = net.conv(net.input(), conv(2), RELU, Layer::dense());
    let b = net.conv(a, conv(3), RELU, Layer::dense());
    let x = net.concatenate(&[a, net.input(), b, a], 2);
    let x = net.concatenate(&[x, x], 0);
    let x = net.function(x, Function::Tanh);
    let y = net.fully_connected(x, 2, Function::None, Layer::sparse(0.1, 0.2));
    net.graph(y, Function::None).unwrap()
}

fn branches() -> Graph {
    let mut net = Builder::new([1, 1, 12]);
    let gate = net.fully_connected(net.input(), 6, Function::Logistic, Layer::frozen());
    let x = net.fully_connected(net.input(), 6, RELU, Layer::sparse(0.5, 0.5));
    let x = net.mul(gate, x);
    let x = net.mul(x, x);
    let x = net.reshape(x, [2, 3, 1]);
    let mean = net.average_pool(x, Window::pool([2, 3]));
    let scaled = net.mul(net.input(), mean);
    let y = net.fully_connected(scaled, 3, Function::None, Layer::dense());
    net.graph(y, Function::Softmax).unwrap()
}

#[test]
fn nothing_that_is_needed_is_overwritten() {
    for graph in [mlp(), residual(), depthwise(), concatenated(), branches()] {
        follow(&graph);
    }
}

#[test]
fn a_chain_takes_what_it_must() {
    // All values, and the gradients of all outputs, are there at the update.
    assert_eq!(follow(&mlp())[0], 30 + 2 * (20 + 10 + 5) - 5);
}

/// The next number below `below`.
fn random(seed: &mut u32, below: usize) -> usize {
    *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    (*seed >> 8) as usize % below
}

/// A network of chance in which everything is read.
fn chance(seed: &mut u32) -> Graph {
    let mut net = Builder::new([4, 4, 2]);
    let mut open = vec![net.input()];
    let layers = [Layer::dense(), Layer::frozen(), Layer::sparse(0.5, 1.0)];
    for _ in 0..random(seed, 12) + 1 {
        let mut pick = |seed: &mut u32| {
            let at = random(seed, open.len());
            if random(seed, 2) == 0 { open.swap_remove(at) } else { open[at] }
        };
        let function = [Function::None, RELU, Function::Tanh][random(seed, 3)];
        let layer = layers[random(seed, 3)].clone();
        let (x, window) = (pick(seed), Window::new(2, [3, 2]));
        let new = match random(seed, 9) {
            0 => net.conv(x, window, function, layer),
            1 => net.depthwise(x, window, function, layer),
            2 => net.max_pool(x, window),
            3 => net.average_pool(x, window),
            4 => net.function(x, function),
            5 => {
                let x = net.fully_connected(x, 32, function, layer);
                net.reshape(x, [4, 4, 2])
            }
            6 => {
                let x = net.concatenate(&[x, x], 1);
                net.max_pool(x, Window::pool([1, 2]))
            }
            kind => {
                let x2 = if open.is_empty() { x } else { open[random(seed, open.len())] };
                if kind == 7 { net.add(x, x2) } else { net.mul(x, x2) }
            }
        };
        open.push(new);
    }
    let all = net.concatenate(&open, 2);
    let y = net.fully_connected(all, 3, Function::None, layers[random(seed, 3)].clone());
    net.graph(y, Function::Softmax).unwrap()
}

#[test]
fn recomputed_gradients_of_a_chain_are_there_two_at_a_time() {
    let mut net = Builder::new([1, 1, 8]);
    let x = net.input();
    let x = (0..10).fold(x, |x, _| net.fully_connected(x, 8, RELU, Layer::dense()));
    let graph = net.graph(x, Function::None).unwrap();
    assert_eq!(follow(&graph), [10 * 8 + 10 * 8, 11 * 8 + 2 * 8]);
    assert_eq!(smaller(&graph).kept, Gradients::Recomputed);
    assert_eq!(smaller(&mlp()).kept, Gradients::Kept);
}

#[test]
fn networks_of_chance_hold_too() {
    let mut seed = 1;
    for _ in 0..300 {
        follow(&chance(&mut seed));
    }
}

#[test]
fn functions_go_into_the_operation_before() {
    let functions = |graph: &Graph| -> Vec<(Kind, Function)> {
        graph.operations.iter().map(|operation| (operation.kind, operation.function)).collect()
    };
    assert_eq!(functions(&residual())[3], (Kind::Add, RELU));
    let concatenated = functions(&concatenated());
    assert_eq!(concatenated[concatenated.len() - 2], (Kind::Identity, Function::Tanh));
    assert_eq!(functions(&branches())[3], (Kind::Identity, Function::None));
}

#[test]
fn what_does_not_depend_on_weights_has_no_gradient() {
    let graph = concatenated();
    let gradients = plan(&graph, Gradients::Kept).gradients;
    assert_eq!(gradients[graph.input.buffer], None);
    assert_eq!(gradients.iter().flatten().count(), gradients.len() - 1);
    let depthwise = depthwise();
    assert_eq!(plan(&depthwise, Gradients::Kept).gradients[depthwise.operations[0].y.buffer], None);
}

#[test]
fn records_say_what_was_built() {
    let graph = depthwise();
    let bytes = write(&graph, &plan(&graph, Gradients::Kept)).unwrap();
    let program = Program::new_checked(&bytes).unwrap();
    assert_eq!((program.operation_count(), program.boundary()), (6, None));
    let layers: Vec<_> = program
        .layers()
        .map(|layer| (layer.grid.rows, layer.grid.cols, layer.forward, layer.backward))
        .collect();
    assert_eq!(layers, [(4, 9, 36, 36), (6, 4, 12, 24), (3, 6, 1, 18)]);
    let short = Program::new_checked(&bytes[..bytes.len() - 1]).err();
    assert_eq!(short, Some(ProgramError::BadLength { given: bytes.len() as u32 - 1 }));
}

/// What `finish` says of a network that `build` makes of an input of 4 × 4 × 2.
fn refusal(build: impl FnOnce(&mut Builder, Tensor) -> Tensor) -> String {
    let mut net = Builder::new([4, 4, 2]);
    let x = net.input();
    let y = build(&mut net, x);
    net.finish(y, Function::None).unwrap_err().to_string()
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let none = Function::None;
    assert_eq!(
        refusal(|net, x| net.conv(x, Window::new(1, [5, 1]).valid(), none, Layer::dense())),
        "operation 0: a window of 5 × 1 does not fit 4 × 4 × 2"
    );
    assert_eq!(
        refusal(|net, x| net.depthwise(x, Window::new(3, [1, 1]), none, Layer::dense())),
        "operation 0: 3 outputs are no multiple of 2 channels"
    );
    assert_eq!(
        refusal(|net, x| {
            let y = net.reshape(x, [2, 8, 2]);
            net.concatenate(&[x, y], 2)
        }),
        "operation 0: 4 × 4 × 2 and 2 × 8 × 2 do not join along dimension 2"
    );
    assert_eq!(
        refusal(|net, x| {
            let y = net.max_pool(x, Window::pool([2, 2]));
            net.add(x, y)
        }),
        "operation 1: 4 × 4 × 2 and 2 × 2 × 2 do not go together"
    );
    assert_eq!(
        refusal(|net, x| net.reshape(x, [4, 4, 1])),
        "operation 0: 4 × 4 × 2 and 4 × 4 × 1 have not as many elements"
    );
    assert_eq!(
        refusal(|net, x| net.max_pool(x, Window::pool([2, 2]).dilation([2, 2]))),
        "operation 0: a pool has no dilation"
    );
    for window in [Window::pool([0, 1]), Window::pool([1, 1]).stride([1, 0])] {
        assert!(refusal(|net, x| net.average_pool(x, window)).contains("does not fit"));
    }
}

#[test]
fn networks_that_cannot_be_trained_are_refused() {
    let none = Function::None;
    assert_eq!(refusal(|net, x| net.function(x, RELU)), Error::NoLayers.to_string());
    assert_eq!(
        refusal(|net, x| {
            let y = net.fully_connected(x, 3, none, Layer::dense());
            net.function(y, RELU);
            y
        }),
        "operation 1: nothing reads its output"
    );
    assert_eq!(
        refusal(|net, x| net.fully_connected(x, 3, Function::Softmax, Layer::dense())),
        "operation 0: a softmax can only be the network's last"
    );
    assert_eq!(
        refusal(|net, x| net.fully_connected(x, 0, none, Layer::dense())),
        "operation 0: its tensors have 0 elements, expected 1 to 2147483647"
    );
    assert_eq!(
        refusal(|net, x| net.fully_connected(x, 1 << 20, none, Layer::dense())),
        "a dimension is 1048576, a training program holds at most 65535"
    );
    assert_eq!(
        refusal(|net, x| net.fully_connected(x, usize::MAX, none, Layer::dense())),
        "the number of weights is 18446744073709551615, a training program holds at most 2147483647"
    );
    assert_eq!(
        refusal(|net, x| net.fully_connected(x, 9, none, Layer::sparse(0.5, 0.1).named("fc"))),
        "layer `fc`: expected 1 <= forward <= backward <= 288 units, found 144 and 29"
    );
}

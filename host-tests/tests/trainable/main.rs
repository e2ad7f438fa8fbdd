//! Images with a part that is trained: what it computes, how it learns, and that nothing can be done to it.

mod deploy;
mod hostile;
mod numbers;
mod same;
mod slopes;

use host_tests::random::Rng;
use kastanet::image::Image;
use kastanet::image::record::section;
use kastanet::sparse::Pattern;
use kastanet::train::{Program, Recipe, Source, Training, Tuner};
use kastanet_cli::graph::{Graph, TensorId};
use kastanet_cli::pack::{AlignedBytes, Options, Packed};
use kastanet_cli::prune::{Sparsity, Unit};
use kastanet_cli::trainable::{Reserve, Trainable, Which};

/// Some way to prune, and to train what is left.
fn options(rng: &mut Rng) -> Options {
    let pattern = rng.pick(&[Pattern::OneOf4, Pattern::TwoOf4, Pattern::OneOf8, Pattern::OneOf16]);
    let blocks = [Unit::Block4x1, Unit::Block1x4];
    let unit = rng.pick(&[Unit::Weight, Unit::Weight, blocks[0], blocks[1], Unit::Nm(pattern)]);
    // N:M says itself how much is pruned.
    let sparsities = if unit == Unit::Nm(pattern) { [0.0; 4] } else { [0.0, 0.3, 0.6, 0.8] };
    let sparsity = Sparsity::uniform(rng.pick(&sparsities));
    let reserve = rng.pick(&[Reserve::Full, Reserve::Top(0.9), Reserve::None]);
    let layers = if rng.one_in(2) { Which::All } else { Which::Last(1) };
    let trainable = Some(Trainable { layers, reserve, ..Trainable::default() });
    Options { sparsity, unit, trainable, ..Options::default() }
}

/// What is needed to run the trained part of an image.
struct Part<'a> {
    image: Image<'a>,
    program: Program<'a>,
    recipe: Recipe,
    memory: AlignedBytes,
}

impl<'a> Part<'a> {
    /// Of an image in `bytes`. The memory holds large numbers at first.
    fn new(bytes: &'a AlignedBytes) -> Self {
        let image = Image::new_checked(bytes).expect("the image is good");
        let section = image.section(section::TRAINABLE).expect("there is such a section");
        let program = Program::new_checked(section).expect("the program is good");
        let recipe = Recipe::of(&program);
        let mut memory = AlignedBytes::zeroed(Tuner::<f32, 1>::bytes(&program, &recipe).all);
        memory.fill(0x5a);
        Part { image, program, recipe, memory }
    }

    fn tuner(&mut self) -> Tuner<'a, '_, f32, 1> {
        let source = Source::of_image(self.image);
        Tuner::new(self.program, source, self.recipe, &mut self.memory).expect("a tuner")
    }

    fn trainings(&self) -> Vec<Training> {
        self.program.layers().map(|layer| layer.training).collect()
    }
}

/// The part of a graph that is trained.
struct Trained<'a> {
    graph: &'a Graph,
    /// Its first operator.
    first: usize,
    /// The tensor that enters.
    entrance: TensorId,
    /// The weights of its layers.
    weights: Vec<TensorId>,
}

impl<'a> Trained<'a> {
    fn new(packed: &'a Packed, part: &Part<'_>) -> Self {
        let (graph, first) = (&packed.graph, part.program.first_operator().into());
        let ops = &graph.ops[first..];
        let inputs = ops.iter().flat_map(|op| op.inputs.iter().flatten().copied());
        let mut enters = inputs.filter(|id| {
            let computed = ops.iter().any(|op| op.outputs.contains(id));
            !computed && graph.tensors[*id].data.is_none()
        });
        let entrance = enters.next().expect("something enters");
        Trained {
            graph,
            first,
            entrance,
            weights: ops.iter().filter_map(|op| op.weights()).collect(),
        }
    }

    /// Numbers to start from.
    fn input(&self, rng: &mut Rng) -> Vec<f32> {
        let count = self.graph.tensors[self.entrance].elements();
        (0..count).map(|_| rng.unit() as f32 * 2.0 - 1.0).collect()
    }
}

//! The boards' scenario on the host: a life in which power is cut ends as one in which it never was.

use crate::history::Cell;
use host_tests::nor::{Driver, Nor};
use host_tests::random::Rng;
use kastanet::continual::Buffer;
use kastanet::image::Image;
use kastanet::image::record::section;
use kastanet::persist::index_len;
use kastanet::train::{Extremes, Program, Tuner};
use kastanet_boards_common::adapt::{Cut, Outcome, Part, Plan, Room, Settings, Windows, live};
use kastanet_cli::arrays::{Array, to_npz};
use kastanet_cli::description::{self, Description, Weights};
use kastanet_cli::pack::{AlignedBytes, Options, pack};
use kastanet_cli::prune::Sparsity;
use kastanet_cli::quantise::{Samples, calibrated};
use kastanet_cli::trainable::Trainable;

/// Windows of classes that lie apart; those of the new wearer are turned round.
struct Made {
    len: usize,
    classes: u8,
}

impl Windows for Made {
    fn count(&self, part: Part) -> u32 {
        match part {
            Part::New | Part::Known => 24,
            Part::NewTest | Part::KnownTest => 30,
        }
    }

    fn read(&mut self, part: Part, number: u32, into: &mut [i8]) -> Option<u8> {
        let is_new = matches!(part, Part::New | Part::NewTest);
        let class = (number % u32::from(self.classes)) as u8;
        let mut centre = Rng::new(u64::from(class) + if is_new { 100 } else { 0 });
        let mut noise = Rng::new(u64::from(number) * 4 + part as u64);
        if into.len() != self.len {
            return None;
        }
        for byte in into {
            let value = centre.range(0, 200) as i32 - 100 + noise.range(0, 30) as i32 - 15;
            *byte = value.clamp(-128, 127) as i8;
        }
        Some(class)
    }
}

const INPUTS: usize = 24;
const HIDDEN: usize = 48;
const CLASSES: usize = 5;

/// A network of two layers with weights of chance, half of which are used.
fn image() -> AlignedBytes {
    let mut rng = Rng::new(7);
    let mut array = |rows: usize, cols: usize| {
        let scale = (2.0 / cols as f32).sqrt();
        let draw = |_| (0..6).map(|_| rng.unit() as f32 - 0.5).sum::<f32>() * scale;
        Array::from_f32(vec![rows, cols], &(0..rows * cols).map(draw).collect::<Vec<f32>>())
    };
    let (hidden, output) = (array(HIDDEN, INPUTS), array(CLASSES, HIDDEN));
    let weights = to_npz(&[("hidden.weight", &hidden), ("output.weight", &output)]).unwrap();
    let text = format!(
        "weights = \"w.npz\"\ninput = [{INPUTS}]\n[[layer]]\nlinear = \"hidden\"\nactivation = \"relu\"\n\
         [[layer]]\nlinear = \"output\"\nactivation = \"softmax\"\n"
    );
    let description = Description::parse(&text).unwrap();
    let weights = Weights::npz("w.npz", &weights).unwrap();
    let graph = description::import("w.toml", &description, &weights).unwrap();
    let samples: Vec<f32> = (0..50 * INPUTS).map(|_| rng.unit() as f32 * 2.0 - 1.0).collect();
    let samples = Array::from_f32(vec![50, INPUTS], &samples);
    let graph = calibrated(&graph, &Samples::new(&graph, &samples).unwrap(), || ()).unwrap();
    let trainable = Some(Trainable::default());
    let options = Options { sparsity: Sparsity::uniform(0.5), trainable, ..Options::default() };
    AlignedBytes::new(&pack(graph, &options).unwrap().image)
}

fn run(image: &AlignedBytes, cut: Option<Cut>) -> (Outcome, String, Vec<u8>) {
    let image = Image::new_checked(image).unwrap();
    let section = image.section(section::TRAINABLE).unwrap();
    let program = Program::new_checked(section).unwrap();
    let settings = Settings { epochs: 6, rate: 0.02, seed: 3 };
    let plan = Plan { settings, commits: 8, cut };
    let bytes = Tuner::<f32, 1>::bytes(&program, &settings.recipe(&program, 1));
    let len = program.inputs();
    let mut buffer: Buffer<288, 12, 5> = Buffer::new(0);
    let replay = buffer.view(len);
    let mut room = Room {
        memory: &mut AlignedBytes::zeroed(bytes.all),
        arena: &mut AlignedBytes::zeroed(image.arena_len()),
        deployed: &mut AlignedBytes::zeroed(1 << 16),
        index: &mut vec![0; index_len(bytes.saved + replay.saved_len())],
        window: &mut vec![0; len],
        replay,
        extremes: &mut vec![Extremes::default(); program.layer_count()],
    };
    let flash = Cell::new(Nor::<4, 1024>::new(32, 5));
    let mut windows = Made { len, classes: program.outputs() as u8 };
    let mut text = String::new();
    let flash_and_region = (Driver(&flash), 0..32 << 10);
    let outcome = live::<f32>(image, &mut windows, flash_and_region, &mut room, (plan, &mut text));
    let outcome = outcome.unwrap_or_else(|error| panic!("{error}\n{text}"));
    let deployed = room.deployed[..outcome.deployed as usize].to_vec();
    (outcome, text, deployed)
}

#[test]
fn power_that_is_cut_changes_nothing_at_the_end() {
    let image = image();
    let (whole, text, deployed) = run(&image, None);
    let [before, after, after_int8] = whole.new.map(|[right, _]| right);
    assert!(after > before + 8 && after.abs_diff(after_int8) < 3, "{text}");
    assert!(whole.known[1][0] > 20, "{text}");
    let mut cuts = 0;
    for commit in 0..8 {
        for bytes in [0, 4, 33, 200, 900] {
            let (outcome, text, image) = run(&image, Some(Cut { commit, bytes }));
            // Where the commit was shorter, there was no cut.
            cuts += outcome.cuts;
            assert_eq!((outcome.new, outcome.known), (whole.new, whole.known), "{text}");
            assert!(image == deployed, "{text}");
        }
    }
    assert!(cuts >= 32, "{cuts}");
}

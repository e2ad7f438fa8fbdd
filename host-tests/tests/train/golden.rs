//! The traces that `host-tests/oracle/topkast_golden.py` has written.

use crate::mlp::{self, Spec};
use kastanet::image::crc32;
use kastanet::train::{
    Clip, Optimizer, Penalty, Program, Recipe, Reserve, Schedule, Source, Target, Tuner,
};
use serde_json::Value as Json;
use std::path::Path;

struct Numbers(u32);

impl Numbers {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    fn value(&mut self, bits: u32) -> f32 {
        ((self.next() >> (32 - bits)) as f32 - (1u64 << (bits - 1)) as f32)
            / (1u64 << (bits - 1)) as f32
    }
}

fn float(json: &Json) -> f32 {
    json.as_f64().unwrap_or(0.0) as f32
}

fn every(json: &Json) -> u32 {
    json.as_u64().map_or(u32::MAX, |n| n as u32)
}

fn recipe(case: &Json) -> Recipe {
    let optimizer = match case["optimizer"].as_str().unwrap() {
        "sgd" => Optimizer::Sgd,
        "momentum" => Optimizer::Momentum { momentum: float(&case["momentum"]) },
        "adam" => Optimizer::Adam {
            beta1: float(&case["beta1"]),
            beta2: float(&case["beta2"]),
            epsilon: float(&case["epsilon"]),
        },
        other => panic!("{other}"),
    };
    let rate = float(&case["lr"]);
    let schedule = match case["schedule"].as_str().unwrap() {
        "constant" => Schedule::Constant { rate },
        "step" => Schedule::Step {
            rate,
            factor: float(&case["gamma"]),
            every: every(&case["gamma_every"]),
        },
        "cosine" => Schedule::Cosine { rate, steps: every(&case["schedule_steps"]) },
        other => panic!("{other}"),
    };
    Recipe {
        optimizer,
        schedule,
        exploration: float(&case["exploration"]),
        penalty: if case["penalty"] == "l1" { Penalty::L1 } else { Penalty::L2 },
        weight_decay: float(&case["weight_decay"]),
        clip: case["clip"].as_f64().map_or(Clip::None, |clip| Clip::Value(clip as f32)),
        refresh_forward_every: every(&case["refresh_forward_every"]),
        refresh_backward_every: every(&case["refresh_backward_every"]),
        explore_until: every(&case["explore_until"]),
        reserve: Reserve::Exact,
        ..Recipe::default()
    }
}

/// A mask's bytes.
fn bitmap(members: impl Iterator<Item = usize>, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len.div_ceil(8)];
    members.for_each(|at| bytes[at / 8] |= 1 << (at % 8));
    bytes
}

/// Counts of a layer; of N:M, of each of its groups.
fn spec(case: &Json, unit: u8, layer: &Json) -> Spec {
    let [forward, backward, group] = match unit {
        3 => [0, 1, 2].map(|at| every(&case["nm"][at])),
        _ => [every(&layer["k_a"]), every(&layer["k_b"]), 0],
    };
    Spec { kind: 0, unit, group: group as u8, forward, backward }
}

fn check(path: &Path) {
    let case: Json = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let name = case["name"].as_str().unwrap();
    let sizes: Vec<usize> =
        case["sizes"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
    let unit = ["1x1", "4x1", "1x4", "nm"].iter().position(|&u| case["unit"] == u).unwrap() as u8;
    let layers = case["layers"].as_array().unwrap();
    let specs: Vec<Spec> = layers.iter().map(|layer| spec(&case, unit, layer)).collect();
    let bytes = mlp::program(&sizes, &specs);
    let program = Program::new_checked(&bytes).unwrap();
    let recipe = recipe(&case);
    let needed = Tuner::<f32, 1>::bytes(&program, &recipe).all;
    let mut memory = vec![0u32; needed.div_ceil(4)];
    let mut tuner = Tuner::<f32, 1>::new(
        program,
        Source::default(),
        recipe,
        zerocopy::IntoBytes::as_mut_bytes(&mut memory[..]),
    )
    .unwrap();
    let mut numbers = Numbers(every(&case["seed"]));
    let bits = every(&case["weight_bits"]);
    for (number, layer) in layers.iter().enumerate() {
        let scale =
            f32::from_bits(u32::from_str_radix(layer["scale"].as_str().unwrap(), 16).unwrap());
        let (inputs, outputs) = (sizes[number], sizes[number + 1]);
        let weights: Vec<f32> =
            (0..inputs * outputs).map(|_| numbers.value(bits) * scale).collect();
        let biases: Vec<f32> = (0..outputs).map(|_| numbers.value(24) * 0.1).collect();
        tuner.set_weights(number, &weights, &biases).unwrap();
    }
    for (step, log) in case["steps_log"].as_array().unwrap().iter().enumerate() {
        let input: Vec<[f32; 1]> = (0..sizes[0]).map(|_| [numbers.value(24)]).collect();
        let label = (numbers.next() >> 8) as usize % sizes[sizes.len() - 1];
        let outcome = tuner.step(&input, Target::Classes(&[label as u16])).unwrap();
        let loss = log[0].as_f64().unwrap();
        assert!(
            (f64::from(outcome.losses[0]) - loss).abs() < 2e-6,
            "{name} step {step}: {} {loss}",
            outcome.losses[0]
        );
        for number in 0..layers.len() {
            let (inputs, outputs) = (sizes[number], sizes[number + 1]);
            let live: Vec<_> = tuner.live_weights(number).collect();
            for (set, members) in [
                live.iter()
                    .filter(|w| w.is_forward)
                    .map(|w| w.row * inputs + w.col)
                    .collect::<Vec<_>>(),
                live.iter().map(|w| w.row * inputs + w.col).collect(),
            ]
            .into_iter()
            .enumerate()
            {
                let found =
                    format!("{:08x}", crc32(&bitmap(members.into_iter(), inputs * outputs)));
                assert_eq!(
                    found,
                    log[1 + 2 * number + set].as_str().unwrap(),
                    "{name} step {step} layer {number} set {set}"
                );
            }
        }
    }
    for (number, last) in case["last"].as_array().unwrap().iter().enumerate() {
        let mut theta = vec![0.0; sizes[number] * sizes[number + 1]];
        tuner.weights(number, |row, col, weight| theta[row * sizes[number] + col] = weight);
        let text = last["theta"].as_str().unwrap();
        for (at, &weight) in theta.iter().enumerate() {
            let bits = u32::from_str_radix(&text[at * 8..at * 8 + 8], 16).unwrap();
            assert!(
                (weight - f32::from_bits(bits)).abs() < 1e-5,
                "{name} layer {number} weight {at}: {weight} {}",
                f32::from_bits(bits)
            );
        }
    }
}

#[test]
fn traces() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/train");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        check(&path);
    }
}

//! What learning costs on a board: instructions, time, energy, wear.

use super::Board;
use kastanet::image::{Image, OpKind};
use kastanet::train::{Program, Training};
use kastanet_boards_common::adapt::Outcome;
use serde::Serialize;

/// Instructions of a step for each product of a live weight: multiply, add, find the place, choose the sets. Measured
/// on an emulated Cortex-M4F, where a step of 256-128-10 takes 248,173 for some 13,500 products.
const PER_PRODUCT: f64 = 18.0;

/// What an adaptation costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// Instructions of a step, estimated.
    pub instructions_per_step: f64,
    /// Seconds of all steps.
    pub seconds: f64,
    /// Energy of steps and erasures, in joules.
    pub joules: f64,
    /// Bytes written to flash, and pages erased.
    pub written: [u32; 2],
    /// How often it can adapt so until a page has been erased as often as it may be.
    pub adaptations: f64,
}

impl Cost {
    /// Of what a device has done.
    pub(super) fn of(
        program: &Program<'_>,
        image: Image<'_>,
        board: &Board,
        outcome: &Outcome,
    ) -> Self {
        let instructions_per_step = PER_PRODUCT * products(program, image);
        let instructions = instructions_per_step * f64::from(outcome.steps);
        let [_, bytes, pages] = outcome.written;
        let seconds = instructions * board.cycles_per_instruction / (board.megahertz * 1e6);
        let joules = instructions * board.nanojoules_per_instruction * 1e-9
            + f64::from(pages) * board.microjoules_per_erase * 1e-6;
        // Pages of the log take turns.
        let log_pages = f64::from(outcome.log_pages.max(1));
        let adaptations = f64::from(board.endurance) * log_pages / f64::from(pages.max(1));
        Cost { instructions_per_step, seconds, joules, written: [bytes, pages], adaptations }
    }

    /// Years until wear-out, with so many adaptations a day.
    pub fn years(&self, per_day: f64) -> f64 {
        self.adaptations / (per_day * 365.25)
    }
}

/// Products of a step: forward and back through the forward set, and the gradient of the backward set.
fn products(program: &Program<'_>, image: Image<'_>) -> f64 {
    let is_weighted =
        |kind| matches!(kind, OpKind::Conv2d | OpKind::DepthwiseConv2d | OpKind::FullyConnected);
    let first = usize::from(program.first_operator());
    let weighted = image.operators().skip(first).filter(|op| op.kind().is_some_and(is_weighted));
    let places = weighted.map(|op| {
        let dims = op.output().map_or([1; 4], |tensor| tensor.dims());
        (dims[1] * dims[2]) as f64
    });
    let layers = program.layers().zip(places).enumerate();
    layers
        .map(|(number, (layer, places))| {
            let size = layer.grid.unit.size() as f64;
            let [forward, backward] =
                [layer.forward, layer.backward].map(|units| units as f64 * size);
            let back = if number == 0 { 0.0 } else { forward };
            let learns = if layer.training == Training::Frozen { 0.0 } else { backward };
            places * (forward + back + learns)
        })
        .sum()
}

//! Which bytes of the arena are in use, operator by operator.

use super::frame::{Section, across, key, numbers};
use super::label;
use crate::report::{ImageReport, number};
use maud::{Markup, html};

/// Pixels from the arena's first byte to its last.
const HEIGHT: f64 = 220.0;

/// Bytes in use for a while.
struct Block {
    name: String,
    class: &'static str,
    /// First and last time: 0 before the first operator, 1 + its number while one runs.
    life: [usize; 2],
    offset: usize,
    len: usize,
}

/// The section.
pub fn section(report: &ImageReport) -> Section {
    let times = report.operators.len() + 2;
    let blocks = blocks(report);
    let live: Vec<usize> = (0..times).map(|time| in_use(&blocks, time)).collect();
    let most = live.iter().copied().max().unwrap_or(0);
    let peak = live.iter().position(|&bytes| bytes == most).unwrap_or(0);
    let body = html! {
        div.axes { (picture(&blocks, times, (peak, report.arena_bytes))) }
        ul.keys {
            (key("purple", "inputs")) (key("blue", "activations")) (key("green", "outputs"))
            (key("orange", "scratch of an operator"))
        }
        (table(&blocks, report))
    };
    let says = format!(
        "Across: operators as they run, inputs before the first. Upwards: the arena's {} bytes. Dashed: its end, \
         and where most of it is in use, {} bytes: {}.",
        number(report.arena_bytes),
        number(most),
        when(report, peak)
    );
    Section { id: "ram", title: "RAM", says, body }
}

/// What happens at a time.
fn when(report: &ImageReport, time: usize) -> String {
    let op = time.checked_sub(1).and_then(|number| report.operators.get(number));
    match op {
        Some(op) => format!("{} {}", op.number, label(op.name.as_deref(), op.kind.clone())),
        None if time == 0 => "inputs".into(),
        None => "outputs".into(),
    }
}

/// What is in the arena, in the order in which it is written: what takes bytes over lies on top.
fn blocks(report: &ImageReport) -> Vec<Block> {
    let (inputs, outputs) = (&report.inputs, &report.outputs);
    let tensors = report.tensors.iter().filter_map(|tensor| {
        let class = match () {
            () if inputs.iter().any(|input| input.id == tensor.id) => "purple",
            () if outputs.iter().any(|output| output.id == tensor.id) => "green",
            () => "blue",
        };
        let name = label(tensor.name.as_deref(), format!("tensor {}", tensor.id));
        let life = tensor.life?.map(usize::from);
        Some(Block { name, class, life, offset: tensor.offset, len: tensor.bytes })
    });
    let scratch = report.operators.iter().filter(|op| op.scratch_bytes > 0).map(|op| {
        let time = usize::from(op.number) + 1;
        let name = format!("scratch of operator {}", op.number);
        let (offset, len) = (op.scratch_offset, op.scratch_bytes);
        Block { name, class: "orange", life: [time, time], offset, len }
    });
    let mut blocks: Vec<Block> = tensors.chain(scratch).collect();
    blocks.sort_by_key(|block| block.life[0]);
    blocks
}

/// Bytes that something lies in at a time.
fn in_use(blocks: &[Block], time: usize) -> usize {
    let live = blocks.iter().filter(|block| (block.life[0]..=block.life[1]).contains(&time));
    let mut ranges: Vec<_> =
        live.map(|block| (block.offset, block.offset.saturating_add(block.len))).collect();
    ranges.sort_unstable();
    let (mut sum, mut end) = (0_usize, 0);
    for (start, stop) in ranges {
        sum = sum.saturating_add(stop.saturating_sub(start.max(end)));
        end = end.max(stop);
    }
    sum
}

fn picture(blocks: &[Block], times: usize, (peak, arena): (usize, usize)) -> Markup {
    let x = |time: usize| across(time as f64 / times as f64);
    let high = |bytes: usize| HEIGHT * (bytes as f64 / arena.max(1) as f64).min(1.0);
    let up = |bytes: usize| format!("{:.1}", HEIGHT - high(bytes));
    let title = "What lies where in the arena while each operator runs";
    html! {
        svg.map role="img" aria-label=(title) height=(HEIGHT) {
            title { (title) }
            @for bytes in ticks(arena) {
                line.rule x1="0" x2="100%" y1=(up(bytes)) y2=(up(bytes)) {}
                text x="-8" y=(up(bytes)) dy="4" text-anchor="end" { (number(bytes)) }
            }
            @for block in blocks {
                @let [first, last] = block.life;
                @let top = block.offset.saturating_add(block.len);
                rect.edge.(block.class) x=(x(first)) width=(x((last + 1).saturating_sub(first)))
                    y=(up(top)) height=(format!("{:.1}", (high(top) - high(block.offset)).max(2.0))) {
                    title { (block.name) ": " (number(block.len)) " bytes" }
                }
            }
            rect.dashed x=(x(peak)) width=(x(1)) y="-6" height=(HEIGHT + 6.0) {}
            line.dashed x1="0" x2="100%" y1="0" y2="0" {}
            @for number in marked(times) {
                text x=(across((number as f64 + 1.5) / times as f64)) y=(HEIGHT + 16.0) text-anchor="middle" { (number) }
            }
        }
    }
}

/// Numbers of operators that stand below the picture: every one, or some.
fn marked(times: usize) -> impl Iterator<Item = usize> {
    let operators = times.saturating_sub(2);
    let step = [1, 2, 5, 10, 20, 50, 100, 200, 500].into_iter().find(|step| operators / step <= 12);
    (0..operators).step_by(step.unwrap_or(1000))
}

/// Round numbers of bytes up to `most`.
fn ticks(most: usize) -> impl Iterator<Item = usize> {
    let tens = (0..9).map(|power| 10_usize.saturating_pow(power));
    let step = tens.flat_map(|ten| [ten, 2 * ten, 5 * ten]).find(|step| most / step <= 5);
    let step = step.unwrap_or(usize::MAX);
    (0..=most / step).map(move |tick| tick * step)
}

fn table(blocks: &[Block], report: &ImageReport) -> Markup {
    let row = |block: &Block| {
        let [first, last] = block.life.map(|time| when(report, time));
        [block.name.clone(), first, last, number(block.offset), number(block.len)]
    };
    numbers(["What", "From", "To", "Offset", "Bytes"], 3, blocks.iter().map(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(life: [usize; 2], offset: usize, len: usize) -> Block {
        Block { name: String::new(), class: "blue", life, offset, len }
    }

    #[test]
    fn bytes_that_are_shared_count_once() {
        let blocks = [block([0, 2], 0, 100), block([2, 3], 0, 100), block([1, 2], 80, 40)];
        let live: Vec<usize> = (0..5).map(|time| in_use(&blocks, time)).collect();
        assert_eq!(live, [100, 120, 120, 100, 0]);
    }

    #[test]
    fn ticks_are_few_and_round() {
        let of = |most| ticks(most).collect::<Vec<_>>();
        assert_eq!(of(0), [0]);
        assert_eq!(of(3360), [0, 1000, 2000, 3000]);
        assert_eq!(of(49_296), [0, 10_000, 20_000, 30_000, 40_000]);
        assert!(of(usize::MAX).len() < 2000);
        assert_eq!(marked(2).count(), 0);
        assert!(
            [3, 14, 60, 2050].into_iter().all(|times| (1..=13).contains(&marked(times).count()))
        );
    }
}

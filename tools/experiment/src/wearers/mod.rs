//! A smartwatch meets a wearer that it has never seen, on the other wrist: ten times, each wearer the new one once.
//!
//! Networks are pretrained on nine wearers, packed, and adapted by what runs on the boards
//! (`kastanet_boards_common::adapt`).

mod device;
mod network;
mod pretrain;
mod recordings;

use crate::record;
use anyhow::Result;
use device::{How, Outcome};
use kastanet_boards_common::adapt::Settings;
use rayon::prelude::*;
use recordings::{Recordings, WEARERS};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What the experiment is called by.
pub const NAME: &str = "wearers";

/// Steps of pretraining.
const STEPS: u32 = 3000;

const HOWS: [How; 5] = [How::Untuned, How::NewAlone, How::FixedMask, How::Replay, How::ReplayBf16];

/// What came of one wearer and one way to adapt.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// Who was new.
    pub wearer: usize,
    /// How it adapted.
    pub how: How,
    /// Whether the network is sparse.
    pub sparse: bool,
    /// Of seeds 0, 1 and so on.
    pub outcomes: Vec<Outcome>,
}

/// Runs it; results go into `results`.
pub fn run(recordings: &Path, results: &Path, seeds: u64) -> Result<Vec<Record>> {
    let recordings = Recordings::read(recordings)?;
    let jobs = (0..WEARERS).flat_map(|wearer| [(wearer, true), (wearer, false)]);
    let jobs: Vec<(usize, bool)> = jobs.collect();
    let work = |&(wearer, sparse): &(usize, bool)| {
        let fold = recordings.without(wearer);
        let parameters = pretrain::pretrain(&fold, STEPS, wearer as u64, sparse)?;
        let image = device::image(&fold, &parameters, sparse)?;
        let hows = HOWS.iter().filter(|how| sparse || **how == How::Replay);
        let records = hows.map(|&how| {
            let seeds =
                (0..seeds).map(|seed| Settings { seed: seed as u32, ..Settings::default() });
            let outcomes = seeds.map(|settings| device::adapt(&fold, &image, how, settings));
            let outcomes = outcomes.collect::<Result<Vec<_>>>()?;
            let record = Record { wearer, how, sparse, outcomes };
            eprintln!("{}", serde_json::to_string(&record)?);
            Ok(record)
        });
        records.collect::<Result<Vec<_>>>()
    };
    let records: Vec<Vec<Record>> =
        jobs.par_iter().with_max_len(1).map(work).collect::<Result<_>>()?;
    let records = records.concat();
    record::write(results, NAME, &records)?;
    Ok(records)
}

/// A line for each way, of all wearers.
pub fn table(records: &[Record]) -> String {
    let mut text = String::from(
        "| | new wearer, int8 | floats | worst wearer | the other nine, int8 | floats | bytes of RAM |\n|---|---|---|---|---|---|---|\n",
    );
    let ways = HOWS.iter().map(|how| (how, true)).chain([(&How::Replay, false)]);
    for (how, sparse) in ways {
        let found = records.iter().filter(|record| record.how == *how && record.sparse == sparse);
        let of = |record: &Record, f: fn(&Outcome) -> f64| {
            record.outcomes.iter().map(f).sum::<f64>() / record.outcomes.len() as f64
        };
        let all = |f: fn(&Outcome) -> f64| -> Vec<f64> {
            found.clone().map(|record| of(record, f)).collect()
        };
        let mean = |f| {
            let all = all(f);
            all.iter().sum::<f64>() / all.len() as f64
        };
        let worst = all(|outcome| outcome.new[1]).into_iter().fold(f64::INFINITY, f64::min);
        let ram =
            found.clone().filter_map(|record| record.outcomes.first()).map(|o| o.tuner + o.buffer);
        text += &format!(
            "| {} | {:.1} | {:.1} | {worst:.1} | {:.1} | {:.1} | {} |\n",
            told(*how, sparse),
            mean(|o| o.new[1]),
            mean(|o| o.new[0]),
            mean(|o| o.known[1]),
            mean(|o| o.known[0]),
            ram.max().unwrap_or(0),
        );
    }
    text
}

fn told(how: How, sparse: bool) -> &'static str {
    match (how, sparse) {
        (How::Untuned, _) => "as shipped",
        (How::NewAlone, _) => "new windows alone",
        (How::FixedMask, _) => "with replay, a fixed mask",
        (How::Replay, true) => "**with replay**",
        (How::ReplayBf16, _) => "the same in bf16",
        (How::Replay, false) => "dense, with replay",
    }
}

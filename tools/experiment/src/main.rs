//! Top-KAST beside other ways to train with few weights.
mod data;
mod method;
mod network;
mod run;
mod setup;
use rayon::prelude::*;
use setup::*;
fn main() -> anyhow::Result<()> {
    let data =
        data::Data::read(std::path::Path::new("/tmp/w/fm/usr/share/datasets/fashion-mnist"))?;
    let mut ways = vec![Way::Dense];
    for density in [0.05, 0.02] {
        ways.extend([
            Way::TopKast(TopKast::two_rate(density, 0.5)),
            Way::TopKast(TopKast::together(density, 2.0 * density, 100)),
            Way::TopKast(TopKast::together(density, 0.5, 100)),
            Way::TopKast(TopKast::two_rate(density, 2.0 * density)),
            Way::Static { density },
            Way::Set { density },
            Way::Rigl { density },
            Way::Gradual { density },
        ]);
    }
    let jobs: Vec<_> = ways.iter().flat_map(|w| (0..3u64).map(move |s| (*w, s))).collect();
    let results: Vec<_> = jobs
        .par_iter()
        .with_max_len(1)
        .map(|(w, s)| {
            let start = std::time::Instant::now();
            let o = run::run(&Setup::new(*w), *s, &data).unwrap();
            eprintln!(
                "{w:?} {s} {:.2} skipped {} {:.1} s",
                o.accuracy,
                o.skipped,
                start.elapsed().as_secs_f64()
            );
            o.accuracy
        })
        .collect();
    for (w, r) in ways.iter().zip(results.chunks(3)) {
        let m = r.iter().sum::<f64>() / 3.0;
        println!("{w:?}: {m:.2} {r:?}");
    }
    Ok(())
}

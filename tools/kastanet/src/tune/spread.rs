//! How many weights of each layer are used.
//!
//! ```text
//! uniform   d of each layer
//! erk       min(1, ε·r) of each, r = Σ dimensions / Π dimensions, with ε such that all together are d of all
//! ```

use super::{Options, Spread};
use crate::graph::{Graph, Op};
use crate::prune::prunable;
use std::collections::BTreeMap;

/// The density of each layer that can be pruned, by name; of a graph's layers that have none of their own.
pub fn densities(graph: &Graph, options: &Options) -> BTreeMap<String, f64> {
    let layers = graph.ops.iter().filter(|op| prunable(op).is_some());
    let own = |op: &&Op| options.densities.contains_key(&op.name);
    let others: Vec<(&str, &[usize])> = layers
        .filter(|op| !own(op))
        .filter_map(|op| Some((op.name.as_str(), graph.input(op, 1)?.shape.as_slice())))
        .collect();
    let shapes: Vec<&[usize]> = others.iter().map(|(_, shape)| *shape).collect();
    let found = match options.spread {
        Spread::Erk => erk(&shapes, options.density),
        Spread::Uniform | Spread::Global => vec![options.density; shapes.len()],
    };
    let found = others.iter().map(|(name, _)| (*name).to_string()).zip(found);
    found.chain(options.densities.clone()).collect()
}

/// Densities by the Erdős–Rényi kernel. A layer that would be more than dense is dense, and the others share the rest.
fn erk(shapes: &[&[usize]], density: f64) -> Vec<f64> {
    let size = |shape: &[usize]| shape.iter().product::<usize>().max(1) as f64;
    let raw = |shape: &[usize]| {
        shape.iter().filter(|&&dim| dim > 1).sum::<usize>().max(1) as f64 / size(shape)
    };
    let mut wanted = density * shapes.iter().map(|shape| size(shape)).sum::<f64>();
    let mut dense = vec![false; shapes.len()];
    loop {
        let rest = || shapes.iter().zip(&dense).filter(|(_, dense)| !**dense).map(|(s, _)| *s);
        let epsilon = wanted / rest().map(|shape| raw(shape) * size(shape)).sum::<f64>();
        let over =
            shapes.iter().zip(&dense).position(|(s, dense)| !dense && epsilon * raw(s) > 1.0);
        match over {
            Some(layer) => {
                dense[layer] = true;
                wanted -= size(shapes[layer]);
            }
            None => {
                let share = |(shape, &dense): (&&[usize], &bool)| match dense {
                    true => 1.0,
                    false => epsilon * raw(shape),
                };
                return shapes.iter().zip(&dense).map(share).collect();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_share_what_there_is() {
        let shapes: [&[usize]; 3] = [&[8, 5, 5, 1], &[16, 5, 5, 8], &[10, 256]];
        let found = erk(&shapes, 0.1);
        let sizes = [200.0, 3200.0, 2560.0];
        let all: f64 = found.iter().zip(sizes).map(|(share, size)| share * size).sum();
        assert!((all - 596.0).abs() < 1e-6, "{found:?}");
        // Σ dimensions are 18, 34 and 266.
        assert!((found[0] / found[1] - (18.0 / 200.0) / (34.0 / 3200.0)).abs() < 1e-9, "{found:?}");
        let found = erk(&shapes, 0.8);
        assert_eq!((found[0], found[2]), (1.0, 1.0));
        assert!((found[1] - (0.8 * 5960.0 - 2760.0) / 3200.0).abs() < 1e-9, "{found:?}");
        assert_eq!(erk(&shapes, 1.0), [1.0; 3]);
        assert_eq!(erk(&[], 0.5), [0.0; 0]);
    }
}

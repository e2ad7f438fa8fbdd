//! `kastanet simulate`.

use crate::common::{Place, Run};

const BOARD: &str = "name = \"small\"\nram = 262144\nflash = 1048576\npage = 4096\nendurance = 10000\n\
    megahertz = 64.0\ncycles_per_instruction = 1.3\nnanojoules_per_instruction = 0.2\n\
    microjoules_per_erase = 1500.0\n";

/// The demo's files, its dense network packed so that all of it learns, and a board.
fn place() -> Place {
    let place = Place::new();
    place.run(&["demo", "--write", "."]).ok();
    let pack = "pack watch_dense.tflite --sparsity 0.9 --sparsity dense=0 --sparsity conv2d=0.5 \
        --trainable all --recompute -o l.kst";
    place.run(&pack.split_whitespace().collect::<Vec<_>>()).ok();
    place.put("board.toml", BOARD.as_bytes());
    place
}

fn simulate(place: &Place, args: &str) -> Run {
    place.run(&format!("simulate {args}").split_whitespace().collect::<Vec<_>>())
}

#[test]
fn a_wearer_it_has_never_seen() {
    let place = place();
    let args =
        "l.kst --stream stranger.npz --known train.npz --known-test test.npz --board board.toml";
    let said = simulate(&place, &format!("{args} --epochs 2 --json")).json();
    let share = |key: &str, at: usize| said[key][at].as_f64().expect("a share");
    assert!(share("accuracy", 0) < 0.4 && share("accuracy", 2) > 0.85, "{said}");
    assert!((share("accuracy", 1) - share("accuracy", 2)).abs() < 0.02, "{said}");
    assert!(share("known_accuracy", 2) > 0.7, "{said}");
    // 262 windows twice, each with a known one.
    assert_eq!(said["steps"], 1048);
    let number = |value: &serde_json::Value| value.as_u64().expect("a number");
    let ram = &said["ram"];
    let parts = ["tuner", "replay", "arena", "deployed", "rest"].map(|part| number(&ram[part]));
    assert_eq!(parts.iter().sum::<u64>(), number(&said["ram_all"]));
    assert_eq!(number(&ram["deployed"]), number(&said["deployed_bytes"]));
    assert_eq!(number(&ram["replay"]), 12 + 7 * 8 + 64 * 602);
    // What `pack` has said of a step.
    let inspected = place.run(&["inspect", "l.kst", "--json"]).json();
    assert_eq!(number(&ram["tuner"]), number(&inspected["training_bytes"]));
    let text = simulate(&place, &format!("{args} --epochs 1 --bf16")).ok();
    assert!(text.contains("years") && text.contains("as deployed"), "{text}");
}

#[test]
fn the_same_numbers_whatever_is_asked() {
    let place = place();
    let args = "l.kst --stream test.npz --board board.toml --epochs 1 --json";
    let [one, other] = [simulate(&place, args).json(), simulate(&place, args).json()];
    assert_eq!(one, other);
    // More commits write more, and end where fewer do.
    let often = simulate(&place, &format!("{args} --commits 20")).json();
    assert_eq!(often["accuracy"], one["accuracy"]);
    let written = |said: &serde_json::Value| said["cost"]["written"][0].as_u64();
    assert!(written(&often) > written(&one));
}

#[test]
fn what_does_not_fit_is_refused() {
    let place = place();
    let refused = |args: &str, words: &[&str]| {
        simulate(&place, args).fails(words);
    };
    let stream = "--stream test.npz";
    place.run(&["pack", "watch_sparse.tflite", "-o", "plain.kst"]).ok();
    refused(&format!("plain.kst {stream} --board board.toml"), &["plain.kst", "--trainable all"]);
    place.put("part.toml", BOARD.replace("page = 4096\n", "").as_bytes());
    refused(&format!("l.kst {stream} --board part.toml"), &["part.toml", "page"]);
    place.put("none.toml", BOARD.replace("4096", "0").as_bytes());
    refused(&format!("l.kst {stream} --board none.toml"), &["none.toml", "page", "above 0"]);
    place.put("odd.toml", BOARD.replace("4096", "3000").as_bytes());
    refused(&format!("l.kst {stream} --board odd.toml"), &["3000", "powers of two"]);
    place.put("tiny.toml", BOARD.replace("262144", "65536").as_bytes());
    refused(&format!("l.kst {stream} --board tiny.toml"), &["RAM", "65,536", "--replay"]);
    place.put("flat.toml", BOARD.replace("1048576", "65536").as_bytes());
    refused(&format!("l.kst {stream} --board flat.toml"), &["flash", "65,536"]);
    refused(&format!("l.kst {stream} --board board.toml --rate 900"), &["did not live", "rate"]);
    refused("l.kst --stream l.kst --board board.toml", &["l.kst"]);
}

//! `cargo xtask test`: every check, each with its time; all failures are collected.

use crate::no_panic;
use crate::process::run;
use crate::qemu::{self, BOARDS, Board};
use crate::setup::{self, TARGETS};
use crate::size;
use crate::tree::Tree;
use anyhow::{Result, ensure};
use lexopt::prelude::*;
use std::io::{Write, stdout};
use std::process::Stdio;
use std::thread::{self, available_parallelism};
use std::time::Instant;

/// A check belongs to a step, by whose name it is selected.
struct Check {
    step: Step,
    name: String,
    /// Whether it builds in its lane alone, so that others of its step can run beside it.
    has_lane: bool,
    run: Run,
}

type Run = Box<dyn Fn(&Tree) -> Result<()> + Send + Sync>;

/// The most checks that run side by side: each compiles what it needs for itself.
const LANES: usize = 4;

#[derive(Clone, Copy, PartialEq)]
enum Step {
    Fmt,
    Clippy,
    Doc,
    Test,
    Report,
    Miri,
    Build,
    NoPanic,
    Size,
    Qemu,
}

impl Step {
    const ALL: [(Step, &str, &str); 10] = [
        (Step::Fmt, "fmt", "the sources are formatted"),
        (Step::Clippy, "clippy", "no warnings: the crate, the tools, the boards"),
        (Step::Doc, "doc", "the documentation builds, every link leads somewhere"),
        (Step::Test, "test", "tests on the host, with TFLite Micro as the oracle"),
        (Step::Report, "report", "pages of `kastanet report` and `sweep` in Chromium"),
        (Step::Miri, "miri", "the host's primitives and what stands before them, interpreted"),
        (Step::Build, "build", "the crate for every embedded target, with no feature"),
        (
            Step::NoPanic,
            "no_panic",
            "nothing from an image's bytes to its outputs can panic, nor can training",
        ),
        (Step::Size, "size", "the runtime takes no more flash than it may"),
        (Step::Qemu, "qemu", "the boards' programs in QEMU"),
    ];
}

/// `cargo xtask test`.
pub fn command(tree: &Tree, mut args: lexopt::Parser) -> Result<()> {
    let mut steps = Vec::new();
    while let Some(arg) = args.next()? {
        match arg {
            Long("list") => return list(),
            Value(name) => steps.push(step(&name.to_string_lossy())?),
            other => return Err(other.unexpected().into()),
        }
    }
    let selected = |check: &Check| steps.is_empty() || steps.contains(&check.step);
    run_all(tree, &checks().into_iter().filter(selected).collect::<Vec<_>>())
}

fn list() -> Result<()> {
    for (_, name, what) in Step::ALL {
        println!("{name:<8} {what}");
    }
    Ok(())
}

fn step(name: &str) -> Result<Step> {
    let found = Step::ALL.iter().find(|(_, known, _)| *known == name);
    let names = Step::ALL.map(|(_, name, _)| name).join(", ");
    found
        .map(|(step, _, _)| *step)
        .ok_or_else(|| crate::usage(format!("no step `{name}`; the steps are {names}")))
}

fn run_all(tree: &Tree, checks: &[Check]) -> Result<()> {
    let mut failed = Vec::new();
    let beside = |a: &Check, b: &Check| a.step == b.step && a.has_lane && b.has_lane;
    for checks in checks.chunk_by(beside) {
        failed.extend(side_by_side(tree, checks));
    }
    for name in &failed {
        println!("failed: {name}");
    }
    println!("{} passed, {} failed", checks.len() - failed.len(), failed.len());
    stdout().flush()?;
    anyhow::ensure!(failed.is_empty(), "checks failed: {}", failed.join(", "));
    Ok(())
}

/// Runs checks, on a machine with several processors several at once; gives the names of those that fail.
fn side_by_side<'c>(tree: &Tree, checks: &'c [Check]) -> Vec<&'c str> {
    let lanes = available_parallelism().map_or(1, usize::from).min(LANES).min(checks.len());
    // A board is always in the same lane, where it finds again what was compiled for it.
    let lane = |lane| {
        let tree = tree.lane(lane);
        let all = checks.iter().skip(lane).step_by(lanes);
        all.filter(|check| !passes(&tree, check)).map(|check| &*check.name).collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..lanes).map(|number| scope.spawn(move || lane(number))).collect();
        lanes.into_iter().flat_map(|lane| lane.join().expect("checks do not panic")).collect()
    })
}

/// Runs a check and says what came of it.
fn passes(tree: &Tree, check: &Check) -> bool {
    println!("==> {}", check.name);
    let start = Instant::now();
    let result = (check.run)(tree);
    let seconds = start.elapsed().as_secs_f32();
    match &result {
        Ok(()) => println!("ok  {} ({seconds:.1} s)\n", check.name),
        Err(error) => println!("FAILED {} ({seconds:.1} s): {error:#}\n", check.name),
    }
    result.is_ok()
}

fn checks() -> Vec<Check> {
    let mut checks = vec![
        check(Step::Fmt, "fmt", |tree| run(&mut tree.cargo(&["fmt", "--all", "--check"]))),
        check(Step::Fmt, "fmt boards", |tree| {
            // Without `--all`, which would go on to the crate and the tools.
            run(&mut tree.boards_cargo(&["fmt", "--check"]))
        }),
        check(Step::Clippy, "clippy", |tree| clippy(tree.cargo(&["clippy", "--workspace"]))),
        check(Step::Clippy, "clippy boards on the host", |tree| {
            let packages = ["common", "decode", "panics"];
            let packages = packages.map(|name| format!("-pkastanet-boards-{name}"));
            let mut command = tree.boards_cargo(&["clippy"]);
            command.args(packages);
            clippy(command)
        }),
    ];
    // The loops of a Cortex-M7 and, but for what it lacks, of an M33 are those of an M4.
    let has_own = |board: &&Board| !["m7", "m33"].contains(&board.name);
    checks.extend(BOARDS.iter().filter(has_own).map(|board| {
        check(Step::Clippy, &format!("clippy {}", board.name), |tree| clippy_board(tree, board))
    }));
    checks.push(check(Step::Doc, "doc", |tree| {
        let args = ["doc", "--quiet", "--workspace", "--no-deps"];
        run(tree.cargo(&args).env("RUSTDOCFLAGS", "-Dwarnings"))
    }));
    checks.push(check(Step::Test, "test", host_tests));
    checks.push(check(Step::Test, "test boards/common", |tree| {
        run(&mut tree.boards_cargo(&["test", "--quiet", "-p", "kastanet-boards-common"]))
    }));
    checks.push(check(Step::Report, "report", pages));
    checks.extend(INTERPRETED.map(|(name, args)| {
        in_lane(check(Step::Miri, &format!("miri {name}"), |tree| miri(tree, args)))
    }));
    checks.push(check(Step::Build, "build", build));
    checks.extend(BOARDS.iter().map(|board| {
        let name = format!("no_panic {}", board.name);
        in_lane(check(Step::NoPanic, &name, |tree| no_panic::check(tree, board)))
    }));
    checks.push(check(Step::Size, "size", size::check));
    checks.extend(BOARDS.iter().map(|board| {
        let name = format!("qemu {}", board.name);
        in_lane(check(Step::Qemu, &name, |tree| qemu::check(tree, board)))
    }));
    checks
}

fn check(
    step: Step,
    name: &str,
    run: impl Fn(&Tree) -> Result<()> + Send + Sync + 'static,
) -> Check {
    Check { step, name: name.into(), has_lane: false, run: Box::new(run) }
}

fn in_lane(check: Check) -> Check {
    Check { has_lane: true, ..check }
}

fn clippy(mut command: std::process::Command) -> Result<()> {
    run(command.args(["--quiet", "--all-targets", "--", "-Dwarnings"]))
}

/// The crate, of which only a board's compiler sees the loops of its core, and on one board of each
/// architecture its programs: those alone, as firmware has no test harness.
fn clippy_board(tree: &Tree, board: &Board) -> Result<()> {
    setup::targets()?;
    let mut command = tree.cargo(&["clippy", "--quiet", "-p", "kastanet"]);
    run(board.aim(&mut command).args([
        "--features",
        "defmt,micromath,persist,continual",
        "--",
        "-Dwarnings",
    ]))?;
    if !["m4", "rv32v"].contains(&board.name) {
        return Ok(());
    }
    let args = ["clippy", "--quiet", "--lib", "--bins"];
    let mut command = board.cargo(tree, "load", &args);
    let packages = ["qemu", "no-panic", "size"];
    command.args(packages.map(|name| format!("-pkastanet-boards-{name}")));
    run(command.args(["--", "-Dwarnings"]))
}

fn host_tests(tree: &Tree) -> Result<()> {
    let python = setup::oracle(tree)?;
    let mut command = tree.cargo(&["test", "--workspace", "--no-fail-fast"]);
    command.env("KASTANET_ORACLE", "required").env("KASTANET_ORACLE_PYTHON", python);
    run(&mut command)
}

/// Pages as a browser shows them: a test that is left out where there is none.
fn pages(tree: &Tree) -> Result<()> {
    let browser = setup::chromium(tree)?;
    // With the tests of the workspace, so that nothing is compiled anew.
    let mut command = tree.cargo(&["test", "--quiet", "--workspace", "--test", "cli"]);
    command.args(["--", "--ignored", "browser::"]).env("KASTANET_CHROMIUM", &browser.program);
    if let Some(libraries) = &browser.libraries {
        command.env("KASTANET_CHROMIUM_LIBRARIES", libraries);
    }
    let output = command.stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}");
    ensure!(output.status.success(), "the pages are not as they should be");
    // A filter that matches nothing is no success.
    ensure!(!text.contains("running 0 tests"), "no test is called `browser::`");
    Ok(())
}

/// Tests of what is `unsafe` on a host, which nothing in `portable` is, parted so that they take about as long.
const INTERPRETED: [(&str, &[&str]); 3] = [
    ("primitives", &["-phost-tests", "--test=lanes", "native::primitives"]),
    ("lanes", &["-phost-tests", "--test=lanes", "--", "--skip=portable", "--skip=primitives"]),
    ("wide", &["-pkastanet", "--features=train,std", "--lib", "wide::"]),
];

/// Undefined behaviour in `unsafe` code, which a right result may hide.
fn miri(tree: &Tree, args: &[&str]) -> Result<()> {
    let mut command = std::process::Command::new("rustup");
    command.args(["run", setup::miri()?, "cargo", "miri", "test"]);
    command.args(args);
    command.current_dir(&tree.root).env("CARGO_TARGET_DIR", tree.target.join("miri"));
    // The processor is interpreted, too: any host has it.
    let features = if cfg!(target_arch = "x86_64") { "-Ctarget-feature=+avx2" } else { "" };
    let output = command.env("RUSTFLAGS", features).stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}");
    ensure!(output.status.success(), "Miri ended with {}", output.status);
    // A filter that matches nothing is no success.
    ensure!(!text.contains("running 0 tests"), "no test is called `{}`", args.join(" "));
    Ok(())
}

fn build(tree: &Tree) -> Result<()> {
    setup::targets()?;
    // With all features, and with the loops of its core, each board's clippy compiles it.
    let mut command = tree.cargo(&["check", "--quiet", "-p", "kastanet"]);
    run(command.args(TARGETS.iter().flat_map(|target| ["--target", target])))
}

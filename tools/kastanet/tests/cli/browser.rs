//! Pages in a browser: `cargo xtask test report`, which has Chromium at hand, runs what is here.

use crate::common::Place;
use crate::common::pages::{NAME, full, texts};
use scraper::Html;
use serde_json::Value;
use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// What looks at a page: in a frame of a phone's width or of a desktop's, through the eyes of a script.
const HARNESS: &str = include_str!("browser.html");

/// A browser that takes longer does not answer.
const LIMIT: Duration = Duration::from_secs(60);

/// Chromium's answer: the document after it has run the scripts, and what it complained about.
fn chromium(place: &Place, page: &str, is_dark: bool) -> (String, String) {
    let [out, err] = ["out.html", "err.txt"].map(|name| place.path(name));
    let browser = std::env::var_os("KASTANET_CHROMIUM").expect("KASTANET_CHROMIUM names a browser");
    let mut command = Command::new(browser);
    if let Some(libraries) = std::env::var_os("KASTANET_CHROMIUM_LIBRARIES") {
        command.env("LD_LIBRARY_PATH", libraries);
    }
    command.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
    ]);
    command.args([
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]);
    command.args(["--enable-logging=stderr", "--window-size=1400,1000", "--dump-dom"]);
    command.arg(format!(
        "--user-data-dir={}",
        place.path(&format!("profile-{page}-{is_dark}")).display()
    ));
    command.arg(format!("--blink-settings=preferredColorScheme={}", u8::from(!is_dark)));
    command.arg(format!("file://{}", place.path(page).display()));
    command.env("HOME", place.dir.path()).env_remove("DBUS_SESSION_BUS_ADDRESS");
    let file = |path: &Path| File::create(path).expect("a file");
    let mut child = command.stdout(file(&out)).stderr(file(&err)).spawn().expect("a browser");
    let start = Instant::now();
    while child.try_wait().expect("a status").is_none() {
        if start.elapsed() > LIMIT {
            let _ = child.kill();
            panic!("no answer after {LIMIT:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let text =
        |path: &Path| String::from_utf8_lossy(&std::fs::read(path).expect("output")).into_owned();
    (text(&out), text(&err))
}

/// What the harness sees of a page.
fn seen(place: &Place, name: &str, is_dark: bool) -> Value {
    let page = String::from_utf8(place.get(name)).expect("text");
    let quoted = page.replace('&', "&amp;").replace('"', "&quot;");
    place.put("look.html", HARNESS.replace("PAGE", &quoted).as_bytes());
    let (document, said) = chromium(place, "look.html", is_dark);
    let complaints: Vec<&str> = said.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(complaints.is_empty(), "{name}: {complaints:?}");
    let seen = texts(&Html::parse_document(&document), "#seen");
    let seen = seen.first().unwrap_or_else(|| panic!("no document: {said}"));
    serde_json::from_str(seen).unwrap_or_else(|_| panic!("the script ended early: {seen}\n{said}"))
}

fn check(place: &Place, name: &str, is_dark: bool) {
    let seen = seen(place, name, is_dark);
    assert_eq!(seen["hit"], Value::Null, "markup of a name was run");
    for frame in ["phone", "desktop"] {
        let seen = &seen[frame];
        let number = |key: &str| seen[key].as_f64().expect("a number");
        assert_eq!(seen["dark"], is_dark, "{name}");
        assert_eq!(seen["loaded"], 0, "{name} loads something else");
        assert!(
            number("overflow") <= 0.0,
            "{name} in {frame}: {} pixels too wide: {}",
            seen["overflow"],
            seen["widest"]
        );
        assert!(
            number("contrast") >= 4.5,
            "{name}: letters {} against {}",
            seen["letters"],
            seen["contrast"]
        );
        let pictures = seen["pictures"].as_array().expect("pictures");
        assert!(pictures.len() >= 2, "{name}: {} pictures", pictures.len());
        for picture in pictures {
            let size = ["width", "height"].map(|key| picture[key].as_f64().expect("a number"));
            assert!(size.iter().all(|&size| size >= 10.0), "{name} in {frame}: {picture}");
            assert!(picture["marks"].as_u64() > Some(0), "{name} in {frame}: {picture}");
            assert!(
                picture["smallest"].as_f64().is_none_or(|letters| letters >= 8.5),
                "{name} in {frame}: {picture}"
            );
        }
    }
}

#[test]
#[ignore = "needs Chromium: cargo xtask test report"]
fn pages_are_seen() {
    let place = full();
    let labels = String::from_utf8(place.get("labels.txt")).expect("text");
    assert!(labels.contains(NAME));
    for is_dark in [false, true] {
        check(&place, "full.html", is_dark);
        check(&place, "s.html", is_dark);
    }
    // The harness would see what is wrong.
    let page = String::from_utf8(place.get("full.html")).expect("text");
    let wide = page.replace(
        "<main>",
        "<main><p style='width:900px'>wide</p><script>parent.hit = 1</script><svg></svg>",
    );
    place.put("wide.html", wide.as_bytes());
    let seen = seen(&place, "wide.html", false);
    assert_eq!(seen["hit"], 1);
    assert!(seen["phone"]["overflow"].as_f64() > Some(400.0), "{seen}");
    assert_eq!(seen["phone"]["pictures"][0]["marks"], 0);
}

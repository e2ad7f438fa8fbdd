//! `kastanet report`: pages as a parser of HTML reads them.

use crate::common::pages::{NAME, full, parsed, selector, texts};
use crate::common::{Place, models, npz};
use kastanet_cli::arrays::Array;
use scraper::Html;

/// Numbers of a table's column, in a section.
fn column(page: &Html, section: &str, column: usize) -> Vec<u64> {
    let css = format!("#{section} tbody td:nth-child({column})");
    let number = |text: String| text.replace(',', "").parse().expect("a number");
    texts(page, &css).into_iter().map(number).collect()
}

#[test]
fn a_page_says_what_the_other_commands_say() {
    let place = full();
    let page = parsed(&place, "full.html");
    let sections = ["layers", "flash", "ram", "confusion", "history", "sweep"];
    let report =
        "report m.kst --data d.npz --weights w.safetensors --sweep s.json -o x.html --json";
    let told = place.run(&report.split(' ').collect::<Vec<_>>()).json();
    assert_eq!(told["sections"], serde_json::json!(sections));
    assert_eq!(told["page_bytes"].as_u64(), Some(place.get("x.html").len() as u64));
    assert_eq!(place.get("x.html"), place.get("full.html"), "the same page again");
    let score = place.run(&["eval", "m.kst", "--data", "d.npz", "--json"]).json();
    assert_eq!(told["accuracy"], score["accuracy"]);
    let inspected = place.run(&["inspect", "m.kst", "--json"]).json();
    let shown = texts(&page, ".figure strong");
    let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
    let accuracy = format!("{:.1} %", 100.0 * score["accuracy"].as_f64().expect("a share"));
    let thousands = |key: &str| {
        let number = inspected[key].as_u64().expect("a number");
        if number < 1000 {
            number.to_string()
        } else {
            format!("{},{:03}", number / 1000, number % 1000)
        }
    };
    assert_eq!(shown[..3], [&accuracy, &thousands("flash_bytes"), &thousands("arena_bytes")]);
    let of = |list: &str, key: &str| -> Vec<u64> {
        let list = inspected[list].as_array().expect("a list");
        list.iter().map(|one| one[key].as_u64().expect("a number")).collect()
    };
    assert_eq!(column(&page, "layers", 7), of("layers", "bytes"));
    assert_eq!(column(&page, "layers", 5), of("layers", "nonzeros"));
    assert_eq!(column(&page, "flash", 3), of("sections", "length"));
    let rows = score["confusion"].as_array().expect("rows");
    let drawn = rows.iter().flat_map(|row| row.as_array().expect("a row"));
    let drawn = drawn.filter(|count| count.as_u64() != Some(0)).count();
    assert_eq!(page.select(&selector("#confusion svg rect[fill-opacity]")).count(), drawn);
    assert_eq!(texts(&page, "#history tbody tr").len(), 4);
    assert_eq!(texts(&page, "#sweep tbody tr").len(), 8);
}

#[test]
fn pictures_have_marks_and_say_what_they_are() {
    let place = full();
    for name in ["full.html", "s.html"] {
        let page = parsed(&place, name);
        let pictures: Vec<_> = page.select(&selector("svg")).collect();
        assert!(pictures.len() >= 2);
        for picture in pictures {
            let marks = picture.select(&selector("rect, path, circle, polyline, polygon")).count();
            assert!(marks > 0, "{}", picture.html());
            let figure = picture.parent().and_then(scraper::ElementRef::wrap).expect("a parent");
            let says = [picture, figure].iter().any(|e| {
                e.attr("role") == Some("img")
                    && e.attr("aria-label").is_some_and(|label| !label.is_empty())
            });
            assert!(says, "{}", picture.html());
        }
        // What each section draws can be read as a table, too.
        let (section, table) = (selector("main section"), selector("details table"));
        let mut sections = page.select(&section);
        assert!(sections.all(|section| section.select(&table).count() == 1));
    }
}

#[test]
fn a_page_needs_nothing_else() {
    let place = full();
    for name in ["full.html", "s.html"] {
        let page = parsed(&place, name);
        assert_eq!(
            page.select(&selector("script, link, img, iframe, image, use, object, base")).count(),
            0
        );
        for element in page.select(&selector("*")) {
            for (attribute, value) in element.value().attrs() {
                assert!(!attribute.starts_with("on"), "{attribute}={value}");
                assert!(attribute != "src" && (attribute != "href" || value.starts_with('#')));
            }
        }
        let text = String::from_utf8(place.get(name)).expect("text");
        assert!(!text.contains("url(") && !text.contains("@import") && !text.contains("https:"));
    }
}

#[test]
fn names_are_no_markup() {
    let place = full();
    let page = parsed(&place, "full.html");
    let name: String = NAME.chars().take(20).collect();
    assert!(texts(&page, "#confusion td").iter().any(|text| text.starts_with(&name)));
    // Names of operators and tensors, of the image's file, and what a sweep's file says.
    place.put("n.tflite", &models::layer(NAME));
    let file = "<script>parent.hit = 1<!--.kst";
    place.run(&["pack", "n.tflite", "-o", file]).ok();
    let sweep = String::from_utf8(place.get("s.json")).expect("text");
    let quoted = serde_json::to_string(NAME).expect("a text");
    let sweep = sweep
        .replace("\"cnn.onnx\"", &quoted)
        .replace("\"block4x1\"", &quoted)
        .replace("\"m4\"", &quoted);
    place.put("n.json", sweep.as_bytes());
    place.run(&["report", file, "--sweep", "n.json", "-o", "n.html"]).ok();
    let page = parsed(&place, "n.html");
    assert_eq!(page.select(&selector("script, img, title + title")).count(), 0);
    assert_eq!(texts(&page, "h1"), [file]);
    let heads = texts(&page, "#layers h3");
    assert!(heads.iter().any(|text| text.contains("<")), "{heads:?}");
    assert!(texts(&page, "#sweep .keys").concat().contains(&name));
}

#[test]
fn only_what_is_given_is_shown() {
    let place = Place::packed();
    let told = place.run(&["report", "m.kst", "-o", "r.html", "--json"]).json();
    assert_eq!(told["sections"], serde_json::json!(["layers", "flash", "ram"]));
    assert!(told["accuracy"].is_null());
    let text = place.run(&["report", "m.kst", "-o", "r.html"]).ok();
    assert!(text.contains("r.html: layers, flash, ram") && text.contains("flash "), "{text}");
    // Weights that say nothing about their run, as those of other programs.
    place.put("w.safetensors", b"\x02\0\0\0\0\0\0\0{}");
    let told =
        place.run(&["report", "m.kst", "--weights", "w.safetensors", "-o", "r.html", "--json"]);
    assert_eq!(told.json()["sections"], serde_json::json!(["layers", "flash", "ram"]));
    let html = parsed(&place, "r.html");
    assert_eq!(texts(&html, "#layers .layers li").len(), texts(&html, "#layers tbody tr").len());
}

#[test]
fn says_what_cannot_be_shown() {
    let place = Place::packed();
    let report = |more: &[&str]| place.run(&[&["report", "m.kst", "-o", "r.html"], more].concat());
    place.put("w.safetensors", b"nothing of the kind");
    report(&["--weights", "w.safetensors"]).fails(&["w.safetensors", "no safetensors file"]);
    let header = br#"{"__metadata__":{"kastanet.run":"{\"epochs\":7}"}}"#;
    let file = [&(header.len() as u64).to_le_bytes()[..], header].concat();
    place.put("w.safetensors", &file);
    report(&["--weights", "w.safetensors"]).fails(&["its run, `kastanet.run`", "tune again"]);
    place.put("s.json", b"{}");
    report(&["--sweep", "s.json"]).fails(&["s.json", "it is no sweep", "kastanet sweep"]);
    let point = r#"{"density":0.1,"unit":"weight","optimised":"size","accuracy":7,"flash_bytes":1,
        "arena_bytes":1,"weights":1,"nonzeros":1,"instructions":1}"#;
    let sweep = r#"{"checkpoint":"","target":"","samples":1,"inputs":"","points":["#;
    place.put("s.json", format!("{sweep}{point}]}}").as_bytes());
    report(&["--sweep", "s.json"]).fails(&["a share is 7"]);
    let x = Array::from_f32(vec![1, 2], &[0.0; 2]);
    place.put("d.npz", &npz(&[("x", &x)], false));
    report(&["--data", "d.npz"]).fails(&["d.npz", "`y`"]);
    place.run(&["report", "m.tflite", "-o", "r.html"]).fails(&["it is a checkpoint"]);
    place.run(&["report", "m.kst", "-o", "m.kst"]).fails(&["it is an input as well"]);
    assert!(!place.files().contains(&"r.html".to_string()));
}

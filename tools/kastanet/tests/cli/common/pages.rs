//! Pages as `kastanet report` writes them.

use super::Place;
use crate::tune;
use scraper::{Html, Selector};

/// What would be markup, if a page let it.
pub const NAME: &str =
    "</title></svg><script>parent.hit = 1</script><img src=x onerror='parent.hit = 1'>\"";

/// A place with `full.html`, on which there is everything; `d.npz` was the data, `m.kst` is the image, and
/// `s.html` shows the sweep alone.
pub fn full() -> Place {
    let place = tune::place();
    place.put("r.toml", b"density = 0.2\nepochs = 4\nrate = 0.02\nbatch = 32\n");
    place.put("labels.txt", [NAME, "left", "right", NAME].join("\n").as_bytes());
    let run = |args: &str| place.run(&args.split(' ').collect::<Vec<_>>()).ok();
    run("tune cnn.onnx --data d.npz --recipe r.toml -o w.safetensors");
    run("pack cnn.onnx --weights w.safetensors --calibrate d.npz --labels labels.txt -o m.kst");
    run("sweep cnn.onnx --data d.npz --test d.npz --recipe r.toml --densities 0.1,0.3 \
         --units weight,block4x1 --max-flash 1M -o s.json --report s.html");
    run("report m.kst --data d.npz --weights w.safetensors --sweep s.json -o full.html");
    place
}

/// A page, which has no error that a browser would have to mend.
pub fn parsed(place: &Place, name: &str) -> Html {
    let text = String::from_utf8(place.get(name)).expect("a page is text");
    let page = Html::parse_document(&text);
    assert!(page.errors.is_empty(), "{name}: {:?}", page.errors);
    page
}

pub fn selector(css: &str) -> Selector {
    Selector::parse(css).expect("a selector")
}

/// The text of each element.
pub fn texts(page: &Html, css: &str) -> Vec<String> {
    page.select(&selector(css)).map(|element| element.text().collect()).collect()
}

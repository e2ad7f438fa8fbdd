//! `--labels`: names of the classes.

use crate::failure::Failure;
use crate::graph::Graph;
use crate::{files, words};
use std::path::Path;

/// The file that `--labels` names; nothing where it is a list.
pub(super) fn file(text: &str) -> Option<&Path> {
    let path = Path::new(text);
    let names_file = !text.contains(',') && (path.extension().is_some() || text.contains('/'));
    (path.is_file() || names_file).then_some(path)
}

/// A list, or the lines of a file.
pub(super) fn read(text: &str) -> Result<Vec<String>, Failure> {
    let list = match file(text) {
        Some(path) => String::from_utf8(files::read(path)?).map_err(|_| {
            Failure::new(format!("cannot read labels from `{text}`"))
                .because("it is not text in UTF-8")
                .help("give a text file with one label a line")
        })?,
        None => text.replace(',', "\n"),
    };
    // Editors on Windows put a mark before the text.
    let list = list.strip_prefix('\u{feff}').unwrap_or(&list);
    let labels = list.lines().map(|label| label.trim().to_string());
    let labels: Vec<String> = labels.filter(|label| !label.is_empty()).collect();
    match labels.is_empty() {
        false => Ok(labels),
        true => Err(Failure::new(format!("no labels in `{}`", words::short(text)))
            .help("give a list with commas, or a text file with one label a line")),
    }
}

/// As many labels as the first output has values.
pub(super) fn check(
    checkpoint: &Path,
    text: &str,
    labels: &[String],
    graph: &Graph,
) -> Result<(), Failure> {
    let output = graph.outputs.first().and_then(|&id| graph.tensors.get(id));
    let Some(output) = output else { return Ok(()) };
    let (expected, found) = (output.elements(), labels.len());
    if expected == found {
        return Ok(());
    }
    let (checkpoint, text) = (checkpoint.display(), words::short(text));
    let fit = if found == 1 { "does not fit" } else { "do not fit" };
    let found = words::count(found, "label");
    let mut failure = Failure::new(format!("{found} in `{text}` {fit} `{checkpoint}`")).because(
        format!("its first output `{}` has {expected} values", words::short(&output.name)),
    );
    if labels.len() == 1 && file(&text).is_none() {
        failure = failure.because(format!("`{text}` was taken as a list, there is no such file"));
    }
    Err(failure.help("give one label for each, in order"))
}

//! Lists, texts and numbers cut to what a message holds.

use std::fmt::Display;

/// Entries of a list that are said.
const MOST_ENTRIES: usize = 12;

/// Letters of a text that are said.
const MOST_LETTERS: usize = 160;

/// The entries with commas between them; of a long list the first, and how many follow.
///
/// ```
/// assert_eq!(kastanet_cli::words::list(["a", "b"]), "a, b");
/// assert!(kastanet_cli::words::list(0..100).ends_with("11 and 88 more"));
/// ```
pub fn list<T: Display>(entries: impl IntoIterator<Item = T>) -> String {
    let mut entries = entries.into_iter();
    let said: Vec<String> =
        entries.by_ref().take(MOST_ENTRIES).map(|entry| short(&entry.to_string())).collect();
    match entries.count() {
        0 => said.join(", "),
        more => format!("{} and {more} more", said.join(", ")),
    }
}

/// The text, or its beginning where it is long.
pub fn short(text: &str) -> String {
    match text.char_indices().nth(MOST_LETTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.into(),
    }
}

/// A number in few letters: `0.5`, `1e-30`.
pub fn real(number: f32) -> String {
    match number.abs() {
        size if size == 0.0 || (1e-6..1e9).contains(&size) => number.to_string(),
        _ => format!("{number:e}"),
    }
}

/// How many there are of something: `1 label`, `2 labels`.
pub fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// Bytes as two digits each: `00ff`.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_what_is_long() {
        assert_eq!(list(Vec::<u8>::new()), "");
        assert_eq!(list(1..=12), "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12");
        assert!(list(1..=13).ends_with(", 12 and 1 more"));
        assert_eq!(hex(&[0, 0xa5, 255]), "00a5ff");
        assert_eq!(short("é"), "é");
        assert_eq!(short(&"é".repeat(500)).chars().count(), MOST_LETTERS + 1);
        assert_eq!([0.0, 0.5, 3e38, 1e-40].map(real), ["0", "0.5", "3e38", "1e-40"]);
        assert_eq!([count(1, "label"), count(2, "label")], ["1 label", "2 labels"]);
    }
}

//! Where two texts differ, line by line.

use std::fmt::Write;

/// More differing lines than this are counted, not shown.
const SHOWN: usize = 20;

/// The lines between the common start and the common end: `-` expected, `+` found.
pub fn lines(expected: &str, found: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (expected.lines().collect(), found.lines().collect());
    let start = common(old.iter(), new.iter());
    let end = common(old[start..].iter().rev(), new[start..].iter().rev());
    let mut text = format!("from line {}:\n", start + 1);
    show(&mut text, '-', &old[start..old.len() - end]);
    show(&mut text, '+', &new[start..new.len() - end]);
    text
}

fn common<'a>(
    old: impl Iterator<Item = &'a &'a str>,
    new: impl Iterator<Item = &'a &'a str>,
) -> usize {
    old.zip(new).take_while(|(old, new)| old == new).count()
}

fn show(text: &mut String, sign: char, lines: &[&str]) {
    for line in lines.iter().take(SHOWN) {
        let _ = writeln!(text, "{sign} {line}");
    }
    if let Some(more @ 1..) = lines.len().checked_sub(SHOWN) {
        let _ = writeln!(text, "{sign} … {more} more lines");
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn shows_what_differs() {
        let text = super::lines("a\nb\nc\nd\n", "a\nx\nd\n");
        assert_eq!(text, "from line 2:\n- b\n- c\n+ x\n");
        assert_eq!(super::lines("a\n", "a\nb\n"), "from line 2:\n+ b\n");
    }
}

//! What is around the sections: the document, its style, and the blocks that sections are made of.

use crate::report::short_name;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Colours, for light and for dark, that those who see fewer colours can tell apart too.
const STYLE: &str = include_str!("style.css");

/// A part of the page.
pub struct Section {
    /// Its name in links.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What is seen, in a sentence or two.
    pub says: String,
    /// What is seen.
    pub body: Markup,
}

/// The whole document.
pub fn document(name: &str, head: &Markup, sections: &[Section]) -> String {
    let name = short_name(name);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ "kastanet " (env!("CARGO_PKG_VERSION")) };
                title { (name) " – Kastanet" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { bdi { (name) } }
                    (head)
                    @if sections.len() > 1 { (contents(sections)) }
                }
                main { @for section in sections { (part(section)) } }
                footer { "Written by kastanet " (env!("CARGO_PKG_VERSION")) "." }
            }
        }
    };
    page.into_string()
}

fn contents(sections: &[Section]) -> Markup {
    html! {
        nav aria-label="Sections" {
            @for section in sections { a href={ "#" (section.id) } { (section.title) } }
        }
    }
}

fn part(section: &Section) -> Markup {
    html! {
        section #(section.id) aria-labelledby={ (section.id) "-title" } {
            h2 #{ (section.id) "-title" } { (section.title) }
            p.says { (section.says) }
            (section.body)
        }
    }
}

/// A number to be seen from afar, and what it is.
pub fn figure(what: &str, value: &str, more: &str) -> Markup {
    html! { div.figure { dt { (what) } dd { strong { (value) } @if !more.is_empty() { span { (more) } } } } }
}

/// A coloured square and what it stands for.
pub fn key(class: &str, what: &str) -> Markup {
    html! { li { span.swatch.(class) aria-hidden="true" {} (what) } }
}

/// Entries of a table that are written; the files that they come from may have many more.
const MOST_ROWS: usize = 500;

/// What a picture shows, as numbers: folded until it is asked for. The first `texts` columns are text.
pub fn numbers<const N: usize>(
    columns: [&str; N],
    texts: usize,
    rows: impl IntoIterator<Item = [String; N]>,
) -> Markup {
    let mut rows = rows.into_iter();
    let shown: Vec<[String; N]> = rows.by_ref().take(MOST_ROWS).collect();
    let left = rows.count();
    html! {
        details {
            summary { "As numbers" }
            div.scroll role="region" aria-label="The same as a table" tabindex="0" { table {
                thead { tr { @for (at, column) in columns.iter().enumerate() {
                    th scope="col" .text[at < texts] { (column) }
                } } }
                tbody { @for row in &shown { tr { @for (at, cell) in row.iter().enumerate() {
                    td .text[at < texts] { @if at < texts { bdi { (cell) } } @else { (cell) } }
                } } } }
            } }
            @if left > 0 { p { "and " (left) " more" } }
        }
    }
}

/// A share as a part of a whole width: `12.5%`.
pub fn across(share: f64) -> String {
    format!("{:.3}%", 100.0 * share)
}

//! True classes and those that were found.

use super::frame::{Section, numbers};
use crate::evaluate::Score;
use crate::report::{number, percent, short_name};
use maud::{Markup, html};

/// Classes of which every count is drawn.
const MOST_DRAWN: usize = 40;

/// Mistakes that are listed.
const MOST_MISTAKES: usize = 5;

/// Letters of a class's name beside the picture.
const LETTERS: usize = 12;

/// Units of a cell, of the numbers above the cells, and of a letter.
const CELL: usize = 34;
const ABOVE: usize = 24;
const LETTER: usize = 7;

/// The section.
pub fn section(score: &Score) -> Section {
    let rows: Vec<Vec<usize>> = match score.classes.len() <= MOST_DRAWN {
        true => score.confusion.rows().collect(),
        false => vec![],
    };
    let body = html! {
        div.beside {
            @if !rows.is_empty() { (picture(score, &rows)) }
            @let mistakes = mistakes(score);
            @if !mistakes.is_empty() { div {
                h3 { "Most frequent mistakes" }
                ol { @for (class, found, count) in mistakes {
                    li { bdi { (name(score, class)) } " taken for " bdi { (name(score, found)) } ": " (number(count)) }
                } }
            } }
        }
        (table(score))
    };
    let says = format!(
        "{} of {} samples are right, {}. Rows are true classes, columns those that were found; darker where a \
         larger part of a row is, by the root of its share.",
        number(score.correct),
        number(score.samples),
        percent(score.accuracy)
    );
    Section { id: "confusion", title: "Confusion", says, body }
}

fn name(score: &Score, class: usize) -> String {
    score.classes.get(class).map_or(class.to_string(), |name| short_name(name))
}

/// The pairs of classes that are confused most often.
fn mistakes(score: &Score) -> Vec<(usize, usize, usize)> {
    let rows = score.confusion.rows().enumerate();
    let mut all: Vec<_> = rows
        .flat_map(|(class, row)| {
            let wrong = row.into_iter().enumerate();
            let wrong = wrong.filter(move |&(found, count)| found != class && count > 0);
            wrong.map(move |(found, count)| (class, found, count))
        })
        .collect();
    all.sort_by_key(|&(_, _, count)| std::cmp::Reverse(count));
    all.truncate(MOST_MISTAKES);
    all
}

fn picture(score: &Score, rows: &[Vec<usize>]) -> Markup {
    let names: Vec<String> = (0..rows.len()).map(|class| beside(score, class)).collect();
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let left = longest * LETTER + 12;
    let (width, height) = (left + rows.len() * CELL, ABOVE + rows.len() * CELL);
    let narrowest = if rows.len() > 12 { width * 2 / 3 } else { 0 };
    let title = "Samples by true class and class found";
    html! {
        div.scroll style={ "flex:1 1 " (width) "px;max-width:" (width) "px" } {
        svg.map role="img" aria-label=(title) viewBox={ "0 0 " (width) " " (height) }
            style={ "min-width:" (narrowest) "px" } {
            title { (title) }
            @for class in 0..rows.len() {
                text x=(left + class * CELL + CELL / 2) y="16" text-anchor="middle" { (class) }
            }
            @for (class, row) in rows.iter().enumerate() { (line(score, (class, &names), row, left)) }
        } }
    }
}

/// What stands beside a row: the class's number, and the beginning of its name where it has one.
fn beside(score: &Score, class: usize) -> String {
    let name = name(score, class);
    match name == class.to_string() {
        true => name,
        false => format!("{class} {}", name.chars().take(LETTERS).collect::<String>()),
    }
}

/// The cells of a true class, the first of them at `start`.
fn line(score: &Score, (class, names): (usize, &[String]), row: &[usize], start: usize) -> Markup {
    let (top, all) = (ABOVE + class * CELL, row.iter().sum::<usize>().max(1));
    let (full, middle) = (name(score, class), top + CELL / 2 + 4);
    let beside = names.get(class).map_or("", String::as_str);
    html! {
        text x=(start - 8) y=(middle) text-anchor="end" { (beside) title { (full) } }
        @for (found, &count) in row.iter().enumerate() {
            @let (left, shade) = (start + found * CELL, (count as f64 / all as f64).sqrt());
            @let colour = if found == class { "blue" } else { "orange" };
            rect.cell x=(left + 1) y=(top + 1) width=(CELL - 2) height=(CELL - 2) rx="3" {}
            @if count > 0 {
                rect.(colour) x=(left + 1) y=(top + 1) width=(CELL - 2) height=(CELL - 2) rx="3"
                    fill-opacity=(format!("{shade:.2}")) {
                    title { (full) " taken for " (name(score, found)) ": " (count) }
                }
                text.strong[shade > 0.6 && found == class] x=(left + CELL / 2) y=(middle) text-anchor="middle" { (count) }
            }
        }
    }
}

fn table(score: &Score) -> Markup {
    let all: Vec<Vec<usize>> = score.confusion.rows().collect();
    let row = |(class, row): (usize, &Vec<usize>)| {
        let (right, samples) = (row.get(class).copied().unwrap_or(0), row.iter().sum::<usize>());
        let found: usize = all.iter().filter_map(|row| row.get(class)).sum();
        let share =
            |of: usize| if of == 0 { "–".into() } else { percent(right as f64 / of as f64) };
        let counts = [samples, right].map(number);
        let [samples, correct] = counts;
        [
            class.to_string(),
            name(score, class),
            samples,
            correct,
            share(row.iter().sum()),
            share(found),
        ]
    };
    let columns =
        ["Class", "Name", "Samples", "Found", "Found, of its samples", "Right, of those found"];
    numbers(columns, 2, all.iter().enumerate().map(row))
}

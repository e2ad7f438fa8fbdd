//! The image's sections, to scale.

use super::frame::{Section, across, key, numbers};
use crate::report::{ImageReport, number, percent};
use kastanet::image::Image;
use kastanet::image::record::{WeightsRecord, section as kind};
use kastanet::sparse::Format;
use maud::{Markup, html};

/// Bytes in a row, and what they are.
struct Piece {
    start: usize,
    len: usize,
    what: What,
}

/// What bytes are.
#[derive(Clone, Copy, PartialEq)]
enum What {
    Graph,
    Values,
    Places,
    Constants,
    Words,
    Training,
}

impl What {
    const ALL: [What; 6] =
        [What::Values, What::Places, What::Constants, What::Graph, What::Words, What::Training];

    /// How it is drawn, and what it is called.
    fn drawn(self) -> (&'static str, &'static str) {
        match self {
            What::Values => ("blue", "values of weights"),
            What::Places => ("orange", "where they stand"),
            What::Constants => ("green", "biases, scales, tables"),
            What::Graph => ("grey", "header, tensors, operators"),
            What::Words => ("purple", "names, labels, provenance"),
            What::Training => ("red", "what training needs"),
        }
    }
}

/// The section.
pub fn section(image: Image<'_>, report: &ImageReport) -> Section {
    let len = report.flash_bytes;
    let pieces = pieces(image);
    let taken = |what: What| pieces.iter().filter(|p| p.what == what).map(|p| p.len).sum::<usize>();
    let there: Vec<_> = What::ALL.into_iter().filter(|&what| taken(what) > 0).collect();
    let body = html! {
        (picture(&pieces, len))
        ul.keys { @for what in &there {
            @let (class, name) = what.drawn();
            (key(class, &format!("{name}: {}", percent(taken(*what) as f64 / len.max(1) as f64))))
        } }
        (numbers(["Section", "From byte", "Bytes", "Share", "May be skipped"], 1, rows(report)))
    };
    let says = format!("All {} bytes of the image, from the first to the last.", number(len));
    Section { id: "flash", title: "Flash", says, body }
}

fn rows(report: &ImageReport) -> impl Iterator<Item = [String; 5]> + '_ {
    report.sections.iter().map(|section| {
        let share = f64::from(section.length) / report.flash_bytes.max(1) as f64;
        let optional = if section.optional { "yes" } else { "no" };
        let (offset, length) = (number(section.offset), number(section.length));
        [section.name.into(), offset, length, percent(share), optional.into()]
    })
}

/// What an image is made of; what is named later lies on top.
fn pieces(image: Image<'_>) -> Vec<Piece> {
    let mut pieces = vec![];
    let end = image.sections().iter().map(|record| record.offset.get()).min().unwrap_or(0);
    pieces.push(Piece { start: 0, len: end as usize, what: What::Graph });
    for record in image.sections() {
        let (start, len) = (record.offset.get() as usize, record.len.get() as usize);
        match record.kind.get() {
            kind::DATA => pieces.extend(data(image, start..start.saturating_add(len))),
            kind::NAMES | kind::LABELS | kind::PROVENANCE | kind::SIGNATURE => {
                pieces.push(Piece { start, len, what: What::Words });
            }
            kind::RESERVE | kind::TRAINABLE => {
                pieces.push(Piece { start, len, what: What::Training });
            }
            _ => pieces.push(Piece { start, len, what: What::Graph }),
        }
    }
    pieces.retain(|piece| piece.len > 0);
    pieces
}

/// The streams of the data section, and what is between them.
fn data(image: Image<'_>, data: std::ops::Range<usize>) -> Vec<Piece> {
    let mut streams: Vec<Piece> = image.weights().iter().flat_map(streams).collect();
    streams.sort_by_key(|piece| piece.start);
    let (mut pieces, mut next) = (vec![], data.start);
    for Piece { start, len, what } in streams {
        // Layers may share their streams.
        let start = data.start.saturating_add(start).clamp(next, data.end);
        let end = start.saturating_add(len).min(data.end);
        pieces.push(Piece { start: next, len: start - next, what: What::Constants });
        pieces.push(Piece { start, len: end - start, what });
        next = end;
    }
    pieces.push(Piece { start: next, len: data.end - next, what: What::Constants });
    pieces
}

/// A layer's streams, from the beginning of the data section on.
fn streams(record: &WeightsRecord) -> [Piece; 3] {
    let (rows, cols) = (record.rows.get() as usize, record.cols.get() as usize);
    let counts = |format: Format| format.table_len(rows, cols, record.parameter);
    let counts = Format::from_code(record.format).map_or(0, counts);
    let piece = |offset: u32, len: usize, what| Piece { start: offset as usize, len, what };
    [
        piece(record.counts_offset.get(), counts, What::Places),
        piece(record.indices_offset.get(), record.indices_len.get() as usize, What::Places),
        piece(record.values_offset.get(), record.values_len.get() as usize, What::Values),
    ]
}

fn picture(pieces: &[Piece], len: usize) -> Markup {
    let part = |bytes: usize| across(bytes as f64 / len.max(1) as f64);
    let title = format!("The image's {} bytes by what they are", number(len));
    html! {
        svg.map role="img" aria-label=(title) height="44" shape-rendering="crispEdges" {
            title { (title) }
            @for piece in pieces {
                @let (class, name) = piece.what.drawn();
                rect.(class) x=(part(piece.start)) width=(part(piece.len)) height="44" {
                    title { (name) ": " (number(piece.len)) " bytes from byte " (number(piece.start)) }
                }
            }
        }
    }
}

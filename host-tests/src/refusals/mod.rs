//! Every error that an image, a network, a layer, a weight matrix or a training program can be refused
//! with, provoked:
//! a good image, one change, the checksum made right again.
//!
//! Each module has a function for each variant, called after it, which checks what it sees and
//! returns it; its `CASES` lists them. The tests run the cases one by one, `tests/coverage.rs`
//! compares what they have seen with the variants that there are.

pub mod image;

pub mod layers;

pub mod network;

pub mod program;

pub mod sparse;

use crate::device;
use crate::editor::Editor;
use crate::generate::{SUBJECTS, example, worked};
use crate::random::Rng;
use kastanet::image::OpKind;
use kastanet::sparse::Format;
use kastanet_cli::graph::Graph;
use kastanet_cli::pack::Options;
use std::fmt::Debug;

/// A variant's name in lower case, and what provokes it.
pub type Case<E> = (&'static str, fn() -> Vec<E>);

/// The cases of a list of functions.
#[macro_export]
macro_rules! cases {
    ($($name:ident)*) => { &[$((stringify!($name), $name as fn() -> Vec<Error>)),*] };
}

/// A test for each case of a module of [`refusals`](crate::refusals), by the case's name.
#[macro_export]
macro_rules! a_test_for_each {
    ($module:path: $($name:ident)*) => {
        $(#[test]
        fn $name() {
            use $module as module;
            $crate::refusals::run(module::CASES, stringify!($name));
        })*
    };
}

/// Runs the case called `name`: it sees its own error and no other.
///
/// # Panics
///
/// Where there is no such case, or it sees nothing or something else.
pub fn run<E: Debug>(cases: &[Case<E>], name: &str) {
    let case = cases.iter().find(|(case, _)| *case == name);
    let seen = (case.expect("the case is there").1)();
    assert!(!seen.is_empty(), "{name} provokes nothing");
    for error in seen {
        assert_eq!(snake_case(&variant(&error)), name, "{error:?}");
    }
}

/// The name of the variant that `error` is.
pub fn variant(error: &impl Debug) -> String {
    let text = format!("{error:?}");
    text.chars().take_while(|letter| letter.is_alphanumeric()).collect()
}

/// `BadMagic` as `bad_magic`.
pub fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// The image of [`example`].
fn good() -> Editor {
    packed(&example(), &Options::default())
}

/// The image of the worked matrix in a format.
fn matrix(format: Format) -> Editor {
    packed(&worked(), &Options { formats: format.into(), ..Options::default() })
}

/// An image with `kind` as its only operator, the first of its kind that is `fit`.
fn only(kind: OpKind, fit: impl Fn(&mut Editor) -> bool) -> Editor {
    let subjects = SUBJECTS.iter().filter(|subject| subject.kinds == [kind]);
    let seeds =
        subjects.flat_map(|subject| (0..100).map(|seed| (subject.make)(&mut Rng::new(seed))));
    let mut images = seeds.map(|graph| packed(&graph, &Options::default()));
    let found = images.find_map(|mut image| {
        let only = image.op_count() == 1 && image.op(0).kind == kind as u8;
        (only && fit(&mut image)).then_some(image)
    });
    found.unwrap_or_else(|| panic!("no image of {} alone fits", kind.name()))
}

fn packed(graph: &Graph, options: &Options) -> Editor {
    let editor = Editor { bytes: device::packed(graph, options).image };
    assert_eq!(editor.run(), Ok(()), "the image is good before the change");
    editor
}

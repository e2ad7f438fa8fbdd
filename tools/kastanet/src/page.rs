//! A model on a page: one HTML file that needs nothing else, to be looked at rather than read.
//!
//! Each section is a file with one function `section`, in the order of the page:
//!
//! ```text
//! head        key figures, and where the image comes from
//! layers      bytes beside dense, and where the weights are
//! flash       the image's sections, to scale
//! ram         which bytes of the arena are in use, operator by operator
//! confusion   true classes and those that were found
//! history     the run that the weights come from
//! sweep       other networks from the same checkpoint
//! ```
//!
//! Pictures are SVG, with what they say in a table behind each. What comes from files is escaped by the templates;
//! names have lost what turns the direction of writing.

mod chart;
mod confusion;
mod flash;
mod frame;
mod head;
mod history;
mod layers;
mod pattern;
mod ram;
mod recorded;
mod sweep;

pub use chart::Error;
pub use recorded::recorded;

use crate::evaluate::Score;
use crate::report::{ImageReport, short_name};
use crate::sweep::{Sweep, Wish};
use crate::tune::History;
use frame::Section;
use kastanet::image::Image;
use sweep::Ring;

/// What a page is about.
pub struct Page<'a> {
    /// The image's name: its file's.
    pub name: &'a str,
    /// The image.
    pub image: Image<'a>,
    /// Its answers, where it was tried.
    pub score: Option<&'a Score>,
    /// The run that its weights come from.
    pub history: Option<&'a History>,
    /// Other networks from the same checkpoint.
    pub sweep: Option<&'a Sweep>,
}

/// A page as written.
pub struct Written {
    /// The HTML.
    pub html: String,
    /// The sections that are on it.
    pub sections: Vec<&'static str>,
}

impl Page<'_> {
    /// Writes the page.
    ///
    /// # Errors
    ///
    /// A chart that cannot be drawn.
    pub fn write(&self) -> Result<Written, Error> {
        let report = ImageReport::of(self.image);
        let mut sections = vec![
            Some(layers::section(self.image, &report)),
            Some(flash::section(self.image, &report)),
            Some(ram::section(&report)),
            self.score.map(confusion::section),
        ];
        sections.push(self.history.map(history::section).transpose()?);
        sections.push(self.sweep.map(|sweep| self.among(sweep)).transpose()?);
        let head = head::section(&report, self.score);
        Ok(written(self.name, &head, sections.into_iter().flatten().collect()))
    }

    /// The sweep, and this image among its networks where it was tried.
    fn among(&self, sweep: &Sweep) -> Result<Section, Error> {
        let ring = self.score.map(|score| Ring {
            what: "this image, of which instructions are not predicted",
            accuracy: score.accuracy,
            flash_bytes: self.image.bytes().len(),
            instructions: None,
        });
        sweep::section(sweep, ring.as_ref())
    }
}

/// A page about a sweep alone.
///
/// # Errors
///
/// A chart that cannot be drawn.
pub fn of_sweep(sweep: &Sweep, wish: Option<Wish>) -> Result<Written, Error> {
    let picked = wish.and_then(|wish| sweep.pick(wish)?.ok());
    let ring = picked.map(|point| Ring {
        what: "the network that was picked",
        accuracy: point.accuracy,
        flash_bytes: point.flash_bytes,
        instructions: Some(point.instructions),
    });
    let section = sweep::section(sweep, ring.as_ref())?;
    Ok(written(&sweep.checkpoint, &sweep::head(sweep, picked), vec![section]))
}

fn written(name: &str, head: &maud::Markup, sections: Vec<Section>) -> Written {
    let html = frame::document(name, head, &sections);
    Written { html, sections: sections.iter().map(|section| section.id).collect() }
}

/// A name that fits a page.
fn label(name: Option<&str>, otherwise: impl Into<String>) -> String {
    name.filter(|name| !name.is_empty()).map_or(otherwise.into(), short_name)
}

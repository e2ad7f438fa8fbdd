//! The same in tables.

use super::{ImageReport, NormalisationReport};
use crate::report::shape_string;
use crate::report::table::{Column, Table, bytes, name, number, printable, title};
use crate::words::{self, real};
use std::fmt::{self, Display};

impl Display for ImageReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kastanet image\n{}{}", title("Header"), self.header())?;
        write!(f, "{}{}", title("Sections"), self.sections())?;
        write!(f, "{}{}", title("Inputs and outputs"), self.ports())?;
        if let Some(NormalisationReport { mean, std }) = &self.normalisation {
            let list = |numbers: &[f32]| words::list(numbers.iter().map(|&number| real(number)));
            writeln!(f, "{}input = (raw − mean) / std", title("Normalisation"))?;
            writeln!(f, "mean {}\nstd {}", list(mean), list(std))?;
        }
        write!(f, "{}{}", title("Tensors"), self.tensors())?;
        write!(f, "{}{}", title("Operators"), self.operators())?;
        write!(f, "{}{}", title("Weights"), self.weights.table())?;
        if let Some(training) = &self.training {
            write!(f, "{}{}", title("Training"), training.header())?;
            write!(f, "{}{}", title("Training operations"), training.operations())?;
            write!(f, "{}{}", title("Training layers"), training.layers())?;
        }
        if !self.labels.is_empty() {
            writeln!(f, "{}{}", title("Labels"), printable(&self.labels.join(", ")))?;
        }
        write!(f, "{}{}", title("Provenance"), self.provenance())?;
        writeln!(f, "{}flash {}", title("Memory"), bytes(self.flash_bytes))?;
        writeln!(f, "arena {}", bytes(self.arena_bytes))?;
        if let Some(training) = &self.training {
            writeln!(f, "training {}", bytes(self.training_bytes))?;
            if let Some(why) = &training.refused {
                writeln!(f, "\nThis version cannot train the image: {}", printable(why))?;
            }
        }
        match &self.refused {
            Some(why) => writeln!(f, "\nThis version cannot run the image: {}", printable(why)),
            None => Ok(()),
        }
    }
}

impl ImageReport {
    fn header(&self) -> Table {
        let mut table = Table::new(&[Column::Left("field"), Column::Right("value")]);
        table.row(["format version", &self.version.to_string()]);
        table.row(["sections", &self.sections.len().to_string()]);
        table.row(["length", &number(self.flash_bytes)]);
        table.row(["checksum", &self.crc]);
        table.row(["arena for inference", &number(self.arena_bytes)]);
        table.row(["arena for training", &number(self.training_bytes)]);
        table
    }

    fn sections(&self) -> Table {
        use Column::{Left, Right};
        let mut table =
            Table::new(&[Right("kind"), Left("name"), Right("offset"), Right("length"), Left("")]);
        for row in &self.sections {
            let optional = if row.optional { "optional" } else { "required" };
            let (offset, length) = (number(row.offset), number(row.length));
            table.row([&row.kind.to_string(), row.name, &offset, &length, optional]);
        }
        table
    }

    fn ports(&self) -> Table {
        use Column::{Left, Right};
        let mut table = Table::new(&[
            Left("port"),
            Right("tensor"),
            Left("name"),
            Left("type"),
            Left("shape"),
            Right("scale"),
            Right("zero point"),
        ]);
        let inputs = self.inputs.iter().map(|row| ("input", row));
        for (port, row) in inputs.chain(self.outputs.iter().map(|row| ("output", row))) {
            let (id, name, shape) =
                (row.id.to_string(), named(&row.name), shape_string(&row.shape));
            let (scale, zero) = (real(row.scale), row.zero_point.to_string());
            table.row([port, &id, &name, row.dtype, &shape, &scale, &zero]);
        }
        table
    }

    fn tensors(&self) -> Table {
        use Column::{Left, Right};
        let mut table = Table::new(&[
            Right("id"),
            Left("name"),
            Left("type"),
            Left("shape"),
            Left("place"),
            Right("offset"),
            Right("bytes"),
            Left("life"),
        ]);
        for row in &self.tensors {
            let life = row.life.map_or("always".into(), |[first, last]| format!("{first}–{last}"));
            let (id, name, shape) =
                (row.id.to_string(), named(&row.name), shape_string(&row.shape));
            let (offset, bytes) = (number(row.offset), number(row.bytes));
            table.row([&id, &name, row.dtype, &shape, row.place, &offset, &bytes, &life]);
        }
        table
    }

    fn operators(&self) -> Table {
        use Column::{Left, Right};
        let mut table = Table::new(&[
            Right("op"),
            Left("name"),
            Left("operator"),
            Left("tensors"),
            Left("in place"),
            Right("scratch"),
            Left("parameters"),
        ]);
        for row in &self.operators {
            let inputs = row.inputs.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
            let tensors = format!("{inputs} → {}", row.output.unwrap_or_default());
            let place = if row.in_place { "yes" } else { "" };
            let (id, name) = (row.number.to_string(), named(&row.name));
            let scratch = match row.scratch_bytes {
                0 => String::new(),
                len => format!("{} at {}", number(len), number(row.scratch_offset)),
            };
            table.row([&id, &name, &row.kind, &tensors, place, &scratch, &row.params_line]);
        }
        table
    }

    fn provenance(&self) -> String {
        let line = |(key, value): (&String, &String)| printable(&format!("{key} {value}")) + "\n";
        self.provenance.iter().map(line).collect()
    }
}

/// A name, or a dash in a stripped image.
fn named(text: &Option<String>) -> String {
    text.as_deref().map_or("–".into(), name)
}

//! Ways in which operators, ports and the plan can be wrong.

use super::{Seen, constant, good};
use crate::editor::Editor;
use kastanet::image::Error;
use kastanet::image::record::{NONE, section};

pub fn truncated_operator() -> Vec<Error> {
    let (mut seen, last) = (Seen::default(), 3);
    for by in [1, 4, 40] {
        let expected = Error::TruncatedOperator { operator: last };
        seen.refused(expected, &format!("by {by}"), |image| {
            image.rewrite(section::OPERATORS, |bytes| bytes.truncate(bytes.len() - by));
        });
    }
    let expected = Error::TruncatedOperator { operator: last + 1 };
    seen.refused(expected, "bytes after the last", |image| {
        image.rewrite(section::OPERATORS, |bytes| bytes.extend([0; 4]));
    });
    let expected = Error::TruncatedOperator { operator: 1 };
    let change = |image: &mut Editor| image.op(1).params_len += 1;
    seen.refused(expected, "parameters of no whole length", change);
    seen.0
}

pub fn bad_reference() -> Vec<Error> {
    let (mut seen, constant) = (Seen::default(), constant() as u16);
    let mut bad = |what: &str, operator: u16, change: &dyn Fn(&mut Editor)| {
        seen.refused(Error::BadReference { operator }, what, change);
    };
    bad("input", 1, &|image| *image.op_input(1, 0) = 99.into());
    bad("output", 2, &|image| image.op(2).output = NONE.into());
    bad("constant output", 2, &|image| image.op(2).output = constant.into());
    bad("weights", 0, &|image| image.op(0).weights = 1.into());
    seen.0
}

pub fn bad_lifetime() -> Vec<Error> {
    let mut seen = Seen::default();
    let mut bad = |what: &str, operator: u16, change: &dyn Fn(&mut Editor)| {
        seen.refused(Error::BadLifetime { operator }, what, change);
    };
    let output = usize::from(good().op(0).output.get());
    bad("begins too late", 0, &|image| image.tensor(output).first = 2.into());
    bad("begins too early", 0, &|image| image.tensor(output).first = 0.into());
    bad("ends before it begins", 0, &|image| image.tensor(output).last = 0.into());
    // In place of the sum's constant, which nothing else depends on.
    let reads = |image: &mut Editor, writer: usize| {
        let id = image.op(writer).output;
        *image.op_input(2, 1) = id;
    };
    bad("read before it is written", 2, &|image| reads(image, 3));
    bad("read while it is written", 2, &|image| reads(image, 2));
    bad("read after its last use", 2, &|image| reads(image, 0));
    bad("written twice", 2, &|image| {
        let id = image.op(1).output;
        image.op(2).output = id;
    });
    bad("takes over what is not read", 1, &|image| {
        let input = *image.op_input(0, 0);
        let output = usize::from(image.op(1).output.get());
        image.tensor(output).alias = input;
    });
    bad("takes over what is read later", 1, &|image| {
        let input = usize::from(image.op_input(1, 0).get());
        let last = image.tensor(input).last.get();
        image.tensor(input).last = (last + 1).into();
    });
    seen.0
}

pub fn bad_port() -> Vec<Error> {
    let mut seen = Seen::default();
    let put = |image: &mut Editor, index: usize, id: u16| {
        let at = image.section(section::PORTS).start + 2 * index;
        *image.record::<zerocopy::little_endian::U16>(at) = id.into();
    };
    let output = good().op(0).output.get();
    for id in [99, NONE, constant() as u16, output] {
        for (index, what) in [(2, "input"), (3, "output")] {
            let expected = Error::BadPort { tensor: id };
            seen.refused(expected, &format!("{what} {id}"), |image| put(image, index, id));
        }
    }
    for (counts, what) in [([0, 0, 2, 0], "no inputs"), ([2, 0, 0, 0], "no outputs")] {
        let (expected, both) = (Error::BadPort { tensor: NONE }, what == "no inputs");
        seen.refused(expected, what, |image| {
            let at = image.section(section::PORTS).start;
            *image.record::<[u8; 4]>(at) = counts;
            if !both {
                // Both are good inputs but for being the same, which is looked at later.
                let id = image.op_input(0, 0).get();
                put(image, 3, id);
            }
        });
    }
    let input = good().op_input(0, 0).get();
    seen.refused(Error::BadPort { tensor: input }, "the same input twice", |image| {
        image.rewrite(section::PORTS, |bytes| {
            bytes[0] = 2;
            bytes.splice(4..4, input.to_le_bytes());
        });
    });
    seen.0
}

pub fn overlap() -> Vec<Error> {
    // The table's output takes over its input's bytes; without leave to do so they are shared.
    let mut seen = Seen::default();
    let [input, output] = [good().op_input(1, 0).get(), good().op(1).output.get()];
    assert_eq!(good().tensor(output.into()).alias.get(), input, "the example replaces in place");
    let expected = Error::Overlap { first: input.min(output), second: input.max(output) };
    seen.refused(expected, "no leave", |image| image.tensor(output.into()).alias = NONE.into());
    seen.0
}

pub fn bad_scratch() -> Vec<Error> {
    let mut seen = Seen::default();
    let arena = good().header().arena_len.get();
    let input = usize::from(good().op_input(0, 0).get());
    assert!(good().op(0).scratch_len.get() > 0, "the example has scratch");
    let mut bad = |what: &str, change: &dyn Fn(&mut Editor)| {
        seen.refused(Error::BadScratch { operator: 0 }, what, change);
    };
    bad("outside", &|image| image.op(0).scratch_offset = arena.into());
    bad("too long", &|image| image.op(0).scratch_len = u32::MAX.into());
    bad("misaligned", &|image| {
        let offset = image.op(0).scratch_offset.get();
        image.op(0).scratch_offset = (offset + 1).into();
    });
    bad("over the input", &|image| image.op(0).scratch_offset = image.tensor(input).offset);
    seen.0
}

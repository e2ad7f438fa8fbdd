//! FORMAT.md says what the records in `src/image/record.rs` are, number for number, and its worked
//! image is the golden one, byte for byte.

use host_tests::editor::Editor;
use host_tests::generate::worked_of;
use host_tests::refusals::{image, program, sparse, variant};
use kastanet::image::VERSION;
use kastanet::image::record::*;
use kastanet::sparse::{Format, Pattern};
use kastanet_cli::encode::encode;
use std::collections::BTreeSet;
use std::mem::offset_of;

const TEXT: &str = include_str!("../../../FORMAT.md");

/// The part of the text from after `start` to before `end`.
fn between(start: &str, end: &str) -> &'static str {
    let (_, rest) = TEXT.split_once(start).unwrap_or_else(|| panic!("FORMAT.md has no `{start}`"));
    rest.split_once(end).map_or(rest, |(part, _)| part)
}

#[test]
fn the_worked_image_is_the_golden_one() {
    let bytes = hex(between("\n## A whole image\n", "\n## "));
    let name = format!("worked-v{VERSION}.kst");
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../src/image/golden/");
    let golden = std::fs::read([root, &name].concat()).expect("the golden image is there");
    let at = bytes.iter().zip(&golden).position(|(a, b)| a != b);
    assert_eq!(at, None, "the first byte that is not that of {name}");
    assert_eq!(bytes.len(), golden.len());
    let (_, length) = between("`src/image/golden/", "):").split_once("`, ").expect("its length");
    assert_eq!(length, format!("{} bytes", golden.len()));
}

/// Both sections of the trained part, one after the other.
#[test]
fn the_worked_part_is_the_golden_one() {
    let block = between("\n### A trained part\n", "\n## ");
    let name = format!("trained-v{VERSION}.kst");
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../src/image/golden/");
    let golden = std::fs::read([root, &name].concat()).expect("the golden image is there");
    let mut golden = Editor { bytes: golden };
    let sections = golden.sections();
    let of = |kind: u16| sections.iter().filter(move |(entry, _)| entry.kind.get() == kind);
    let parts = of(section::RESERVE).chain(of(section::TRAINABLE));
    let expected: Vec<u8> = parts.flat_map(|(_, bytes)| bytes.clone()).collect();
    assert_eq!(hex(block), expected);
}

#[test]
fn the_worked_normalisation_is_the_golden_one() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../src/image/golden/");
    let golden = std::fs::read(format!("{root}normalised-v{VERSION}.kst"));
    let mut golden = Editor { bytes: golden.expect("the golden image is there") };
    let section = golden.section(section::NORMALISATION);
    assert_eq!(hex(between("\n## Normalisation\n", "\n## ")), golden.bytes[section]);
}

/// The bytes of the first block of a text, of which every line has its offset.
fn hex(text: &str) -> Vec<u8> {
    let (_, block) = text.split_once("```\n").expect("a block");
    let (block, _) = block.split_once("```").expect("the block ends");
    let mut bytes: Vec<u8> = Vec::new();
    for line in block.lines() {
        let (at, rest) = line.split_once("  ").expect("an offset, then bytes");
        assert_eq!(usize::from_str_radix(at, 16), Ok(bytes.len()), "{line}");
        // Three columns a byte; what the bytes mean stands behind them.
        let hex: String = rest.chars().take(3 * 16 - 1).collect();
        let byte = |text| u8::from_str_radix(text, 16).unwrap_or_else(|_| panic!("{line}"));
        bytes.extend(hex.split_whitespace().map(byte));
    }
    bytes
}

/// The numbers in column `at` of the first table after `heading`.
fn offsets(heading: &str) -> Vec<usize> {
    let text = between(heading, "\n## ");
    let rows = text.lines().skip_while(|line| !line.starts_with('|'));
    let rows: Vec<Vec<&str>> = rows
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    let column = rows[0].iter().position(|cell| *cell == "at").expect("a column `at`");
    rows.iter().filter_map(|row| row[column].parse().ok()).collect()
}

macro_rules! offsets_of {
    ($record:ident: $($field:ident)*) => { vec![$(offset_of!($record, $field)),*] };
}

#[test]
fn header() {
    let fields = offsets_of!(
        Header: magic version section_count total_len crc arena_len training_len reserved
    );
    assert_eq!(offsets("\n## Header\n"), fields);
    assert!(TEXT.contains("│ header, 64 bytes "));
    assert_eq!(size_of::<Header>(), 64);
}

#[test]
fn directory() {
    let fields = offsets_of!(SectionRecord: kind flags offset len reserved);
    assert_eq!(offsets("\n## Directory\n"), fields);
    assert!(TEXT.contains("│ directory, 16 bytes a section "));
    assert_eq!(size_of::<SectionRecord>(), 16);
}

#[test]
fn tensor() {
    let fields = offsets_of!(
        TensorRecord: dtype place rank reserved dims offset scale zero_point first last alias
        reserved2
    );
    assert_eq!(offsets("\n## Tensor record, 40 bytes\n"), fields);
    assert_eq!(size_of::<TensorRecord>(), 40);
}

/// The inputs follow the head.
#[test]
fn operator() {
    let mut fields = offsets_of!(
        OpHead: kind inputs params_len reserved output weights scratch_offset scratch_len
    );
    fields.push(size_of::<OpHead>());
    assert_eq!(offsets("\n## Operator record\n"), fields);
    assert_eq!(size_of::<OpHead>(), 16);
}

#[test]
fn weights() {
    let fields = offsets_of!(
        WeightsRecord: format dtype parameter flags rows cols channels nonzeros counts_offset
        indices_offset indices_len values_offset values_len bias_offset multipliers_offset
        shifts_offset reserved
    );
    assert_eq!(offsets("\n## Weight record, 64 bytes\n"), fields);
    assert_eq!(size_of::<WeightsRecord>(), 64);
}

#[test]
fn training() {
    use kastanet::train::record::{Header, Layer, Operation};
    let header = offsets_of!(
        Header: operations layers first boundary last recompute table floats input output data_len
    );
    assert_eq!(offsets("\n### Training header, 40 bytes\n"), header);
    let operation = offsets_of!(
        Operation: kind function flags reserved layer reserved2 x x2 y x_dims x2_dims y_dims
        kernel stride dilation pad reserved3
    );
    assert_eq!(offsets("\n### Training operation, 68 bytes\n"), operation);
    let layer = offsets_of!(
        Layer: rows cols kind unit group reserved forward backward weights format parameter
        scales bias counts indices indices_len values values_len
    );
    assert_eq!(offsets("\n### Training layer, 52 bytes\n"), layer);
    let sizes = [size_of::<Header>(), size_of::<Operation>(), size_of::<Layer>()];
    assert_eq!(sizes, [40, 68, 52]);
}

#[test]
fn parameters() {
    let fields = offsets_of!(Window: kernel stride dilation pad multiplier min max);
    assert_eq!(offsets("\n**window**, 20 bytes:\n"), fields);
    for (name, stated, size) in [
        ("window", 20, size_of::<Window>()),
        ("clamp", 4, size_of::<Clamp>()),
        ("scale", 16, size_of::<ScaleParams>()),
        ("add", 28, size_of::<AddParams>()),
        ("pad", 12, size_of::<PadParams>()),
        ("softmax", 12, size_of::<SoftmaxParams>()),
        ("table", 4, size_of::<TableParams>()),
    ] {
        assert_eq!(size, stated, "{name}");
        assert!(TEXT.contains(&format!("\n**{name}**, {stated} bytes: ")) || name == "window");
    }
    assert_eq!(offsets_of!(Clamp: min max axis reserved), [0, 1, 2, 3]);
    assert_eq!(offsets_of!(Scaling: multiplier shift), [0, 4]);
    assert_eq!(offsets_of!(ScaleParams: output clamp axes), [0, 8, 12]);
    assert_eq!(offsets_of!(AddParams: inputs output clamp), [0, 16, 24]);
    assert_eq!(offsets_of!(PadParams: before value reserved), [0, 8, 9]);
    assert_eq!(offsets_of!(SoftmaxParams: input diff_min), [0, 8]);
}

#[test]
fn limits() {
    let limits = format!(
        "Limits: {MAX_SECTIONS} sections, {MAX_TENSORS} tensors, {MAX_OPERATORS} operators, \
         {MAX_TENSORS} ports, {} inputs of an operator.",
        u8::MAX
    );
    assert!(TEXT.contains(&limits), "FORMAT.md does not say: {limits}");
}

/// The formats with their codes, and of each what the writer writes of the worked matrix.
#[test]
fn formats() {
    let codes = Format::ALL.map(|format| format!("{} {}", format as u8, format.name()));
    assert!(TEXT.contains(&format!("| format | {} |", codes.join(", "))));
    for (format, code) in Format::ALL.into_iter().zip(codes) {
        let text = between(&format!("\n**{code}**: "), "\n**");
        let cols = if format == Format::Block1x4 { 8 } else { 6 };
        let graph = worked_of(cols);
        let weights = graph.tensors[1].to_i8().expect("a constant");
        let encoded = encode(format, &weights, cols).expect("the format holds it");
        let values: Vec<_> = encoded.values.iter().map(|&value| value as u8).collect();
        assert_eq!(stream(text, "counts"), encoded.counts, "{code}");
        assert_eq!(stream(text, "indices"), encoded.indices, "{code}");
        assert_eq!(stream(text, "values"), values, "{code}");
    }
}

/// The bytes of a stream in the first block of a format's text; none where it has no line.
fn stream(text: &str, name: &str) -> Vec<u8> {
    let (_, block) = text.split_once("```\n").expect("a block");
    let (block, _) = block.split_once("```").expect("the block ends");
    let line = block.lines().find_map(|line| line.trim_start().strip_prefix(name));
    let bytes = line.unwrap_or_default().split_whitespace();
    bytes.map(|byte| u8::from_str_radix(byte, 16).expect("a byte")).collect()
}

/// The patterns of nm by their parameters.
#[test]
fn patterns() {
    for pattern in Pattern::ALL {
        let column = |row: &str| {
            let (_, cells) = TEXT.split_once(row).expect("the row is there");
            cells.lines().next().expect("cells").split('|').map(str::trim).collect::<Vec<_>>()
        };
        let code = format!("{:#04x}", pattern as u8);
        let at =
            column("\n| parameter |").iter().position(|cell| *cell == code).expect("it is there");
        assert_eq!(column("\n| N:M |")[at], format!("{}:{}", pattern.kept(), pattern.group()));
        assert_eq!(column("\n| bits of an index |")[at], pattern.bits().to_string());
    }
}

/// The table of what is rejected has every error of the reader and of the formats.
#[test]
fn errors() {
    let table = between("\n## Accepted and rejected\n", "\n## ");
    let seen = image::CASES.iter().flat_map(|(_, provoke)| provoke());
    let mut names: BTreeSet<_> = seen.map(|error| variant(&error)).collect();
    let seen = sparse::CASES.iter().flat_map(|(_, provoke)| provoke());
    names.extend(seen.map(|error| variant(&error)));
    let seen = program::CASES.iter().flat_map(|(_, provoke)| provoke());
    names.extend(seen.map(|error| variant(&error)));
    let missing: Vec<_> =
        names.iter().filter(|name| !table.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "not in the table: {missing:?}");
}

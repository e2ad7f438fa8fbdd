//! The frame of a file: the one subgraph, the operator codes, the buffers.

use std::collections::BTreeMap;
use std::ops::Range;

use super::error::Fault;
use super::flatbuffer::{Flatbuffer, Table};
use super::operators;
use super::schema::{self, buffer, model, operator, operator_code, subgraph};

/// How many there may be of each thing in a file: far more than any device has use for, and few
/// enough that a hostile file is refused at once.
const MOST: usize = 1 << 16;

/// An opened file whose operators are all supported.
pub struct Model<'a> {
    pub file: &'a Flatbuffer<'a>,
    pub subgraph: Table<'a>,
    pub tensors: Vec<Table<'a>>,
    pub operators: Vec<Operator<'a>>,
    buffers: Vec<Table<'a>>,
}

/// An operator and its code.
pub struct Operator<'a> {
    pub table: Table<'a>,
    pub code: i32,
    index: usize,
}

impl<'a> Model<'a> {
    /// Finds the parts, and refuses a model with unsupported operators, naming all of them.
    pub fn open(file: &'a Flatbuffer<'a>) -> Result<Self, Fault> {
        let root = root(file)?;
        let subgraph = only_subgraph(&root)?;
        let codes = codes(&root)?;
        let operators = operators(&subgraph, &codes)?;
        check_supported(&operators, &codes)?;
        Ok(Model {
            file,
            subgraph,
            tensors: list(&subgraph, subgraph::TENSORS, "tensors")?,
            operators,
            buffers: list(&root, model::BUFFERS, "buffers")?,
        })
    }

    /// Where in the file the bytes of a buffer lie, unless it has none.
    pub fn bytes_of(&self, index: u32, tensor: &str) -> Result<Option<Range<usize>>, Fault> {
        let count = self.buffers.len();
        let table = self.buffers.get(index as usize).ok_or_else(|| Fault::Index {
            owner: format!("tensor {tensor:?}"),
            what: "buffer",
            index: index.into(),
            count,
        })?;
        let inline = table.elements(buffer::DATA, 1)?.filter(|range| !range.is_empty());
        match inline {
            Some(range) => Ok(Some(range)),
            None => self.bytes_outside(table),
        }
    }

    /// Bytes behind the FlatBuffer, as files above 2 GB have them.
    fn bytes_outside(&self, table: &Table<'a>) -> Result<Option<Range<usize>>, Fault> {
        let (offset, size) = (table.u64(buffer::OFFSET)?, table.u64(buffer::SIZE)?);
        if offset <= 1 || size == 0 {
            return Ok(None);
        }
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = start.saturating_add(usize::try_from(size).unwrap_or(usize::MAX));
        self.file.vector(start..end)?;
        Ok(Some(start..end))
    }
}

fn root<'a>(file: &'a Flatbuffer<'a>) -> Result<Table<'a>, Fault> {
    let identifier = file.identifier();
    if identifier != Some(schema::IDENTIFIER) {
        let found = identifier.map(|bytes| format!("\"{}\"", bytes.escape_ascii()));
        return Err(Fault::NotTflite { found: found.unwrap_or("missing".into()) });
    }
    let root = file.root()?;
    match root.u32(model::VERSION)? {
        schema::VERSION => Ok(root),
        found => Err(Fault::Version { found }),
    }
}

fn only_subgraph<'a>(root: &Table<'a>) -> Result<Table<'a>, Fault> {
    match root.tables(model::SUBGRAPHS)?.as_slice() {
        [subgraph] => Ok(*subgraph),
        several => Err(Fault::Subgraphs { found: several.len() }),
    }
}

fn list<'a>(table: &Table<'a>, field: u16, what: &'static str) -> Result<Vec<Table<'a>>, Fault> {
    let tables = table.tables(field)?;
    let (found, limit) = (tables.len(), MOST);
    if found > limit { Err(Fault::Count { what, found, limit }) } else { Ok(tables) }
}

struct Code<'a> {
    number: i32,
    table: Table<'a>,
}

impl Code<'_> {
    fn name(&self) -> Result<String, Fault> {
        if self.number == operators::CUSTOM {
            return Ok(format!("CUSTOM {:?}", self.table.string(operator_code::CUSTOM_CODE)?));
        }
        let unknown = || format!("operator number {}", self.number);
        Ok(operators::name(self.number).map_or_else(unknown, Into::into))
    }
}

/// The number is in an older field of 8 bits, a newer one of 32, or both: the larger one counts.
fn codes<'a>(root: &Table<'a>) -> Result<Vec<Code<'a>>, Fault> {
    let code = |table: Table<'a>| {
        let old = i32::from(table.u8(operator_code::DEPRECATED_BUILTIN_CODE)?.cast_signed());
        let new = table.i32(operator_code::BUILTIN_CODE, 0)?;
        Ok(Code { number: old.max(new), table })
    };
    list(root, model::OPERATOR_CODES, "operator codes")?.into_iter().map(code).collect()
}

fn operators<'a>(subgraph: &Table<'a>, codes: &[Code<'a>]) -> Result<Vec<Operator<'a>>, Fault> {
    let operator = |table: Table<'a>| {
        let index = table.u32(operator::OPCODE_INDEX)? as usize;
        let code = codes.get(index).ok_or_else(|| Fault::Index {
            owner: "an operator".into(),
            what: "operator code",
            index: index as i64,
            count: codes.len(),
        })?;
        Ok(Operator { table, code: code.number, index })
    };
    list(subgraph, subgraph::OPERATORS, "operators")?.into_iter().map(operator).collect()
}

/// Several codes may have the same name, as one code serves several operators.
fn check_supported(operators: &[Operator<'_>], codes: &[Code<'_>]) -> Result<(), Fault> {
    let mut uses = vec![0; codes.len()];
    for operator in operators {
        if let Some(uses) = uses.get_mut(operator.index) {
            *uses += 1;
        }
    }
    let mut counts = BTreeMap::new();
    for (code, uses) in codes.iter().zip(uses) {
        if uses > 0 && !operators::is_supported(code.number) {
            *counts.entry(code.name()?).or_default() += uses;
        }
    }
    if counts.is_empty() { Ok(()) } else { Err(Fault::Operators { counts }) }
}

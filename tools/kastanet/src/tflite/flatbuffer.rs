//! A bounds-checked walk over a FlatBuffer.
//!
//! A FlatBuffer is a tree of tables. A table starts with a signed distance back to its vtable,
//! and the vtable says where in the table each numbered field lies, zero meaning "left out":
//!
//! ```text
//!   vtable: │ u16 bytes of vtable │ u16 bytes of table │ u16 field 0 │ u16 field 1 │ …
//!   table:  │ i32 table − vtable │ fields: scalars in place, everything else as a u32 distance
//!   vector: │ u32 length │ elements …          string: a vector of bytes
//! ```
//!
//! Nothing read here is trusted. Every access checks that it lies inside the file. A walk follows
//! the schema, whose depth is fixed, so offsets that point in circles cannot make it endless. The
//! one thing left to a hostile file is to name the same large vector very often: each vector
//! read is charged to an [allowance](Flatbuffer::new) of a fixed multiple of the file's size.

use std::cell::Cell;
use std::ops::Range;

use thiserror::Error;

/// How often, on average, each byte of a file may be read as part of a vector.
const READS_PER_BYTE: usize = 16;

/// What is allowed on top, so that small files may share much.
const FREE_READS: usize = 1 << 16;

/// What is wrong with the structure of a file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FlatbufferError {
    /// Something reaches beyond the end of the file.
    #[error(
        "{what} at byte {at} reaches beyond the end of the file ({len} bytes): it is damaged or cut short"
    )]
    OutOfFile {
        /// The kind of thing.
        what: &'static str,
        /// Where it starts.
        at: usize,
        /// The file's length.
        len: usize,
    },
    /// The same bytes are named so often that reading them all would take too much memory.
    #[error(
        "the vector at byte {at} is named again and again ({allowance} bytes of vectors were read from it and others): the file is damaged"
    )]
    Repetitive {
        /// Where it starts.
        at: usize,
        /// The number of bytes that may be read.
        allowance: usize,
    },
}

/// The result of one access.
pub type Read<T> = Result<T, FlatbufferError>;

/// The bytes of a file, with the allowance for reading vectors from it.
pub struct Flatbuffer<'a> {
    bytes: &'a [u8],
    allowance: usize,
    spent: Cell<usize>,
}

impl<'a> Flatbuffer<'a> {
    /// Reads from `bytes`; vectors of at most sixteen times its length, and 64 KiB, in sum.
    pub fn new(bytes: &'a [u8]) -> Self {
        let allowance = bytes.len().saturating_mul(READS_PER_BYTE).saturating_add(FREE_READS);
        Flatbuffer { bytes, allowance, spent: Cell::new(0) }
    }

    /// The four bytes that say which schema the file follows.
    pub fn identifier(&self) -> Option<[u8; 4]> {
        self.bytes.get(4..8)?.try_into().ok()
    }

    /// The table at the root.
    pub fn root(&'a self) -> Read<Table<'a>> {
        Table::at(self, self.follow(0, "the root")?)
    }

    /// The bytes in `range`, which may be any place in the file.
    pub fn slice(&self, range: Range<usize>, what: &'static str) -> Read<&'a [u8]> {
        let at = range.start;
        self.bytes.get(range).ok_or(FlatbufferError::OutOfFile { what, at, len: self.bytes.len() })
    }

    fn scalar<const N: usize>(&self, at: usize, what: &'static str) -> Read<[u8; N]> {
        let bytes = self.slice(at..at.saturating_add(N), what)?;
        bytes.try_into().map_err(|_| FlatbufferError::OutOfFile { what, at, len: self.bytes.len() })
    }

    /// The place that the unsigned distance at `at` points to.
    fn follow(&self, at: usize, what: &'static str) -> Read<usize> {
        let distance = u32::from_le_bytes(self.scalar(at, what)?);
        Ok(at.saturating_add(distance as usize))
    }

    /// Where the elements of the vector at `at` lie, each `size` bytes long.
    fn elements(&self, at: usize, size: usize) -> Read<Range<usize>> {
        let count = u32::from_le_bytes(self.scalar(at, "a vector")?) as usize;
        let start = at.saturating_add(4);
        self.vector(start..start.saturating_add(count.saturating_mul(size)))
    }

    /// Checks that the bytes of a vector lie in the file, and charges for them.
    pub fn vector(&self, range: Range<usize>) -> Read<Range<usize>> {
        self.slice(range.clone(), "a vector")?;
        self.charge(range.start, range.len())?;
        Ok(range)
    }

    fn charge(&self, at: usize, bytes: usize) -> Read<()> {
        let spent = self.spent.get().saturating_add(bytes);
        self.spent.set(spent);
        let allowance = self.allowance;
        if spent > allowance {
            return Err(FlatbufferError::Repetitive { at, allowance });
        }
        Ok(())
    }
}

/// A table, whose fields are read by number.
#[derive(Clone, Copy)]
pub struct Table<'a> {
    file: &'a Flatbuffer<'a>,
    at: usize,
    vtable: usize,
    vtable_len: usize,
}

impl<'a> Table<'a> {
    fn at(file: &'a Flatbuffer<'a>, at: usize) -> Read<Self> {
        let outside = FlatbufferError::OutOfFile { what: "a table", at, len: file.bytes.len() };
        let back = i32::from_le_bytes(file.scalar(at, "a table")?);
        let start = i64::try_from(at).ok().and_then(|at| at.checked_sub(i64::from(back)));
        let vtable = start.and_then(|start| usize::try_from(start).ok()).ok_or(outside)?;
        let vtable_len = usize::from(u16::from_le_bytes(file.scalar(vtable, "a vtable")?));
        file.slice(vtable..vtable.saturating_add(vtable_len), "a vtable")?;
        Ok(Table { file, at, vtable, vtable_len })
    }

    /// Where the field lies, unless it is left out.
    fn field(&self, field: u16) -> Read<Option<usize>> {
        let entry = 4 + 2 * usize::from(field);
        if entry + 2 > self.vtable_len {
            return Ok(None);
        }
        let entry = self.file.scalar(self.vtable.saturating_add(entry), "a vtable")?;
        let offset = usize::from(u16::from_le_bytes(entry));
        Ok((offset != 0).then(|| self.at.saturating_add(offset)))
    }

    fn scalar<const N: usize>(&self, field: u16) -> Read<Option<[u8; N]>> {
        self.field(field)?.map(|at| self.file.scalar(at, "a field")).transpose()
    }

    /// An 8-bit field, or zero.
    pub fn u8(&self, field: u16) -> Read<u8> {
        Ok(self.scalar(field)?.map_or(0, u8::from_le_bytes))
    }

    /// A truth value, or false.
    pub fn bool(&self, field: u16) -> Read<bool> {
        Ok(self.u8(field)? != 0)
    }

    /// A signed 32-bit field, or `default`.
    pub fn i32(&self, field: u16, default: i32) -> Read<i32> {
        Ok(self.scalar(field)?.map_or(default, i32::from_le_bytes))
    }

    /// An unsigned 32-bit field, or zero.
    pub fn u32(&self, field: u16) -> Read<u32> {
        Ok(self.scalar(field)?.map_or(0, u32::from_le_bytes))
    }

    /// An unsigned 64-bit field, or zero.
    pub fn u64(&self, field: u16) -> Read<u64> {
        Ok(self.scalar(field)?.map_or(0, u64::from_le_bytes))
    }

    /// A float field, or zero.
    pub fn f32(&self, field: u16) -> Read<f32> {
        Ok(self.scalar(field)?.map_or(0.0, f32::from_le_bytes))
    }

    /// Whether the field is there.
    pub fn has(&self, field: u16) -> Read<bool> {
        Ok(self.field(field)?.is_some())
    }

    fn target(&self, field: u16) -> Read<Option<usize>> {
        self.field(field)?.map(|at| self.file.follow(at, "a field")).transpose()
    }

    /// The table in the field.
    pub fn table(&self, field: u16) -> Read<Option<Table<'a>>> {
        self.target(field)?.map(|at| Table::at(self.file, at)).transpose()
    }

    /// Where the elements of the vector in the field lie, each `size` bytes long.
    pub fn elements(&self, field: u16, size: usize) -> Read<Option<Range<usize>>> {
        self.target(field)?.map(|at| self.file.elements(at, size)).transpose()
    }

    /// The vector of tables in the field; none if it is left out.
    pub fn tables(&self, field: u16) -> Read<Vec<Table<'a>>> {
        let range = self.elements(field, 4)?.unwrap_or_default();
        let places = range.step_by(4);
        places.map(|at| Table::at(self.file, self.file.follow(at, "a vector")?)).collect()
    }

    fn scalars<const N: usize, T>(&self, field: u16, from: fn([u8; N]) -> T) -> Read<Vec<T>> {
        let Some(range) = self.elements(field, N)? else { return Ok(Vec::new()) };
        let (chunks, _) = self.file.slice(range, "a vector")?.as_chunks();
        Ok(chunks.iter().copied().map(from).collect())
    }

    /// The vector of signed 32-bit numbers in the field; none if it is left out.
    pub fn i32s(&self, field: u16) -> Read<Vec<i32>> {
        self.scalars(field, i32::from_le_bytes)
    }

    /// The vector of signed 64-bit numbers in the field; none if it is left out.
    pub fn i64s(&self, field: u16) -> Read<Vec<i64>> {
        self.scalars(field, i64::from_le_bytes)
    }

    /// The vector of floats in the field; none if it is left out.
    pub fn f32s(&self, field: u16) -> Read<Vec<f32>> {
        self.scalars(field, f32::from_le_bytes)
    }

    /// The string in the field, empty if it is left out. What is not UTF-8 is replaced.
    pub fn string(&self, field: u16) -> Read<String> {
        let range = self.elements(field, 1)?.unwrap_or_default();
        Ok(String::from_utf8_lossy(self.file.slice(range, "a string")?).into_owned())
    }
}

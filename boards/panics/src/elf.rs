//! What a firmware's ELF says of calls and of source lines.

use addr2line::Context;
use addr2line::fallible_iterator::FallibleIterator;
use addr2line::gimli::{Dwarf, EndianSlice, LittleEndian};
use object::read::elf::ElfFile32;
use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget, SectionKind, SymbolIndex};
use std::error::Error;
use std::fmt;

type Bytes<'a> = EndianSlice<'a, LittleEndian>;

/// A firmware whose linker left relocations (`--emit-relocs`) and debug information in the ELF.
pub struct Firmware<'a> {
    file: ElfFile32<'a>,
    lines: Context<Bytes<'a>>,
}

/// A function, and the line that it is at.
pub struct Frame {
    pub function: String,
    pub file: String,
    pub line: u32,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.function)
    }
}

impl<'a> Firmware<'a> {
    /// Parses the ELF.
    pub fn new(elf: &'a [u8]) -> Result<Self, Box<dyn Error>> {
        let file = ElfFile32::parse(elf)?;
        let section = |id: addr2line::gimli::SectionId| {
            let section = file.section_by_name(id.name());
            let bytes = section.map_or(Ok(&[][..]), |section| section.data())?;
            Ok::<_, object::Error>(EndianSlice::new(bytes, LittleEndian))
        };
        let lines = Context::from_dwarf(Dwarf::load(section)?)?;
        Ok(Firmware { file, lines })
    }

    /// The symbol that is used and not defined, where there is one of that name.
    pub fn missing(&self, name: &str) -> Option<SymbolIndex> {
        let mut missing = self.file.symbols().filter(|symbol| symbol.is_undefined());
        missing.find(|symbol| symbol.name() == Ok(name)).map(|symbol| symbol.index())
    }

    /// A symbol's name, as the source has it.
    pub fn name(&self, symbol: SymbolIndex) -> String {
        let name = self.file.symbol_by_index(symbol).and_then(|symbol| symbol.name());
        addr2line::demangle_auto(name.unwrap_or("?").into(), None).into_owned()
    }

    /// The function that an address is in.
    pub fn function_at(&self, address: u64) -> Option<SymbolIndex> {
        let holds = |symbol: &object::read::elf::ElfSymbol32<'_, '_>| {
            // Bit 0 of a Thumb function's address is not part of it.
            let start = symbol.address() & !1;
            symbol.kind() == object::SymbolKind::Text
                && (start..start + symbol.size()).contains(&address)
        };
        self.file.symbols().find(holds).map(|symbol| symbol.index())
    }

    /// The addresses of the instructions that refer to a function.
    pub fn referring(&self, function: SymbolIndex) -> Vec<u64> {
        let code = self.file.sections().filter(|section| section.kind() == SectionKind::Text);
        let all = code.flat_map(|section| section.relocations());
        let target = RelocationTarget::Symbol(function);
        all.filter(|(_, to)| to.target() == target).map(|(address, _)| address).collect()
    }

    /// The source of an instruction.
    pub fn frames(&self, address: u64) -> Result<Vec<Frame>, Box<dyn Error>> {
        let frames = self.lines.find_frames(address).skip_all_loads()?;
        let frames = frames.map(|frame| {
            let function = frame.function.as_ref().and_then(|name| name.demangle().ok());
            let (file, line) = frame.location.map_or((None, None), |at| (at.file, at.line));
            Ok(Frame {
                function: function.unwrap_or("?".into()).into_owned(),
                file: file.unwrap_or("?").into(),
                line: line.unwrap_or(0),
            })
        });
        Ok(frames.collect()?)
    }
}

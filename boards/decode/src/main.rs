//! Turns the `defmt` frames on standard input into text: one line a frame, level and message.
//!
//! ```text
//! kastanet-boards-decode FIRMWARE.elf < frames
//! ```

use defmt_decoder::{DecodeError, Table};
use std::error::Error;
use std::io::{Read, stdin};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: kastanet-boards-decode ELF < FRAMES")?;
    let elf = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let table = Table::parse(&elf)?.ok_or("the ELF has no log strings: built without defmt?")?;
    let mut frames = Vec::new();
    stdin().read_to_end(&mut frames)?;
    print(&table, &frames)
}

fn print(table: &Table, frames: &[u8]) -> Result<(), Box<dyn Error>> {
    let mut decoder = table.new_stream_decoder();
    decoder.received(frames);
    loop {
        match decoder.decode() {
            Ok(frame) => {
                let level = frame.level().map_or("-", |level| level.as_str()).to_uppercase();
                println!("{level:<5} {}", frame.display_message());
            }
            Err(DecodeError::UnexpectedEof) => return Ok(()),
            Err(DecodeError::Malformed) => {
                // A panic prints plain text among the frames: show what came.
                let text = String::from_utf8_lossy(frames);
                return Err(format!("not all of this is defmt frames: {text}").into());
            }
        }
    }
}

//! A model of NOR flash as strict as silicon: bits only go from 1 to 0, a word is written once between two
//! erases, whole pages are erased, and power may fail inside each.

use crate::random::Rng;
use core::cell::RefCell;
use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash, check_erase, check_read,
    check_write,
};

/// Flash of words of W bytes and pages of P bytes.
#[derive(Clone, Debug)]
pub struct Nor<const W: usize, const P: usize> {
    /// What is to be read.
    pub bytes: Vec<u8>,
    /// The words that may be written: erased, and not touched since.
    fresh: Vec<bool>,
    /// The words whose writing or erasing was cut.
    torn: Vec<bool>,
    /// Whether reading a torn word is refused, as flash with error correction does.
    pub refuses: bool,
    /// What was done, if it is to be known.
    pub done: Option<Vec<Op>>,
    /// A page that takes only some bits of what is written.
    pub worn: Option<usize>,
    /// How many bytes may still be written or erased until power fails.
    pub left: Option<usize>,
    rng: Rng,
}

/// Something that changes flash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Bytes written from an address on.
    Write(u32, Vec<u8>),
    /// The page erased that starts at an address.
    Erase(u32),
}

/// What flash answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Power has failed.
    Power,
    /// A torn word.
    Torn,
}

impl NorFlashError for Refused {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

impl<const W: usize, const P: usize> Nor<W, P> {
    /// Flash of `pages` pages that has never been used: of any content.
    pub fn new(pages: usize, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let bytes = (0..pages * P).map(|_| rng.int8() as u8).collect();
        let words = pages * P / W;
        let (fresh, torn) = (vec![false; words], vec![false; words]);
        Nor { bytes, fresh, torn, refuses: false, done: None, worn: None, left: None, rng }
    }

    /// Bytes that are touched until an operation is done.
    pub fn work(op: &Op) -> usize {
        match op {
            Op::Write(_, bytes) => bytes.len(),
            Op::Erase(_) => P,
        }
    }

    /// Does an operation up to its byte number `cut`, where power fails.
    pub fn tear(&mut self, op: &Op, cut: usize) {
        match op {
            Op::Write(at, bytes) => {
                let whole = cut / W * W;
                self.program(*at as usize, &bytes[..whole]);
                // Of a word whose writing was cut, any bits may be written.
                if whole < cut {
                    let at = *at as usize + whole;
                    let word: Vec<u8> = bytes[whole..whole + W]
                        .iter()
                        .map(|&byte| byte | self.some_bits())
                        .collect();
                    self.program(at, &word);
                    self.torn[at / W] = true;
                }
            }
            Op::Erase(at) if cut < P => {
                let at = *at as usize;
                if cut > 0 {
                    self.half_erase(at, cut);
                }
            }
            Op::Erase(at) => {
                let (at, words) = (*at as usize, *at as usize / W..(*at as usize + P) / W);
                self.bytes[at..at + P].fill(0xff);
                self.fresh[words.clone()].fill(true);
                self.torn[words].fill(false);
            }
        }
    }

    /// Bytes, all of whose bits are set as often as none.
    fn some_bits(&mut self) -> u8 {
        match self.rng.range(0, 3) {
            0 => 0,
            1 => 0xff,
            _ => self.rng.int8() as u8,
        }
    }

    /// Erasing was cut: bytes before `cut` are erased, or all bytes are in part.
    fn half_erase(&mut self, at: usize, cut: usize) {
        let is_prefix = self.rng.one_in(2);
        for place in at..at + P {
            let bits = match is_prefix {
                true if place < at + cut => 0xff,
                true if place > at + cut => 0,
                _ => self.some_bits(),
            };
            self.bytes[place] |= bits;
        }
        let words = at / W..(at + P) / W;
        self.fresh[words.clone()].fill(false);
        self.torn[words].fill(true);
    }

    fn program(&mut self, at: usize, bytes: &[u8]) {
        for (word, bytes) in (at / W..).zip(bytes.chunks(W)) {
            assert!(self.fresh[word], "word {word} is written that is not erased");
            self.fresh[word] = false;
            let stuck = if self.worn == Some(word * W / P) { 0x10 } else { 0 };
            for (to, from) in self.bytes[word * W..].iter_mut().zip(bytes) {
                *to &= from | stuck;
            }
        }
    }

    fn act(&mut self, op: Op) -> Result<(), Refused> {
        let work = Self::work(&op);
        match &mut self.left {
            Some(left) if *left < work => {
                let cut = core::mem::take(left);
                self.tear(&op, cut);
                return Err(Refused::Power);
            }
            Some(left) => *left -= work,
            None => (),
        }
        self.tear(&op, work);
        if let Some(done) = &mut self.done {
            done.push(op);
        }
        Ok(())
    }
}

/// Flash as a driver sees it; the test looks at it meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Driver<'n, const W: usize, const P: usize>(pub &'n RefCell<Nor<W, P>>);

impl<const W: usize, const P: usize> ErrorType for Driver<'_, W, P> {
    type Error = Refused;
}

impl<const W: usize, const P: usize> ReadNorFlash for Driver<'_, W, P> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Refused> {
        check_read(self, offset, bytes.len()).expect("aligned and inside");
        let (at, end) = (offset as usize, offset as usize + bytes.len());
        let nor = self.0.borrow();
        if nor.refuses && nor.torn[at / W..end.div_ceil(W)].contains(&true) {
            return Err(Refused::Torn);
        }
        bytes.copy_from_slice(&nor.bytes[at..end]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.borrow().bytes.len()
    }
}

impl<const W: usize, const P: usize> NorFlash for Driver<'_, W, P> {
    const WRITE_SIZE: usize = W;
    const ERASE_SIZE: usize = P;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Refused> {
        check_erase(self, from, to).expect("aligned and inside");
        (from..to).step_by(P).try_for_each(|page| self.0.borrow_mut().act(Op::Erase(page)))
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Refused> {
        check_write(self, offset, bytes.len()).expect("aligned and inside");
        self.0.borrow_mut().act(Op::Write(offset, bytes.to_vec()))
    }
}

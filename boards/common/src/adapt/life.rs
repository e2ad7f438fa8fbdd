//! A device's life: it ships, infers, learns, and keeps what it learns; power is cut while it does; it finds what it
//! kept and goes on; what it has learned is deployed, and judged.

use super::{Error, Known, Part, Settings, Windows, ask, deploy, fill, infer, learn};
use crate::nor::Failing;
use core::cell::Cell;
use core::fmt::Write;
use core::ops::Range;
use embedded_storage::nor_flash::NorFlash;
use kastanet::continual::Replay;
use kastanet::image::record::section;
use kastanet::image::{Image, crc32};
use kastanet::persist::{self, Binding, Log};
use kastanet::train::{Extremes, Program, Recipe, Source, Tuner, Value};

/// Everything that a life needs RAM for.
pub struct Room<'m> {
    /// The tuner's.
    pub memory: &'m mut [u8],
    /// The replay buffer.
    pub replay: Replay<'m>,
    /// The arena of an image.
    pub arena: &'m mut [u8],
    /// The image that is deployed.
    pub deployed: &'m mut [u8],
    /// The log's.
    pub index: &'m mut [u32],
    /// A window.
    pub window: &'m mut [i8],
    /// A pair for each layer.
    pub extremes: &'m mut [Extremes],
}

/// When power is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// In which commit, from 0 on.
    pub commit: u32,
    /// After how many of its bytes.
    pub bytes: u32,
}

/// What a life is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// How it learns.
    pub settings: Settings,
    /// How often it commits, after as many steps each.
    pub commits: u32,
    /// When power is cut, if it is.
    pub cut: Option<Cut>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The new wearer's windows that were known: to the image that shipped, to the tuner at its end, to the image that
    /// was deployed.
    pub new: [Known; 3],
    /// The same of the others'.
    pub known: [Known; 3],
    /// Steps taken, but those that were lost with power.
    pub steps: u32,
    /// Commits, and the bytes written and pages erased by them.
    pub written: [u32; 3],
    /// Pages of the log.
    pub log_pages: u32,
    /// How often power was cut.
    pub cuts: u32,
    /// Bytes of the image that was deployed.
    pub deployed: u32,
    /// Layers whose scales were widened, and outputs of the new wearer's windows that were cut off.
    pub widened: [u32; 2],
}

/// What stays the same through a life.
struct Fate<'a, 'o> {
    image: Image<'a>,
    program: Program<'a>,
    recipe: Recipe,
    plan: Plan,
    region: Range<u32>,
    windows: &'o mut dyn Windows,
    out: &'o mut dyn Write,
    outcome: Outcome,
}

/// Lives a life of `image`, its log in the region of `flash`; tells of it on `out`.
///
/// # Errors
///
/// One [`Error`] for each thing that cannot be.
pub fn live<V: Value>(
    image: Image<'_>,
    windows: &mut dyn Windows,
    (mut flash, region): (impl NorFlash, Range<u32>),
    room: &mut Room<'_>,
    (plan, out): (Plan, &mut dyn Write),
) -> Result<Outcome, Error> {
    let program = Program::new_checked(image.section(section::TRAINABLE).unwrap_or_default())?;
    let replays = room.replay.capacity() > 0 && windows.count(Part::Known) > 0;
    let steps = plan.settings.steps(windows.count(Part::New), replays);
    let recipe = plan.settings.recipe(&program, steps);
    let log_pages = log_pages(&flash, &region);
    let outcome = Outcome { steps, log_pages, ..Outcome::default() };
    let mut fate = Fate { image, program, recipe, plan, region, windows, out, outcome };
    fate.ship(room)?;
    while !fate.session::<V>(&mut flash, room)? {
        // Whatever was in RAM is gone.
        room.memory.fill(0xa5);
        room.replay.clear(!0);
        fate.outcome.cuts += 1;
    }
    Ok(fate.outcome)
}

fn log_pages<F: NorFlash>(_: &F, region: &Range<u32>) -> u32 {
    region.len() as u32 / F::ERASE_SIZE as u32
}

impl Fate<'_, '_> {
    /// From a reset to the end, or until power is cut: then `false`.
    fn session<V: Value>(
        &mut self,
        flash: &mut impl NorFlash,
        room: &mut Room<'_>,
    ) -> Result<bool, Error> {
        let left = Cell::new(None);
        let flash = Failing { flash, left: &left };
        let saved = Tuner::<V, 1>::bytes(&self.program, &self.recipe).saved;
        let len = (saved + room.replay.saved_len()) as u32;
        let binding = Binding { image: self.image.crc(), len };
        let mut log = Log::open(flash, self.region.clone(), binding, room.index)?;
        let (memory, window) = (&mut *room.memory, &mut *room.window);
        let given = memory.len();
        let kept = memory
            .get_mut(..saved)
            .ok_or(kastanet::train::Error::MemoryTooSmall { needed: saved, given })?;
        let found = log.newest().is_some()
            && room.replay.load(|[a, b, c, d, e]| log.load(&mut [kept, a, b, c, d, e]).is_ok());
        let source = Source::of_image(self.image);
        let mut tuner = match found {
            true => Tuner::<V, 1>::resume(self.program, source, self.recipe, memory)?,
            false => {
                room.replay.clear(self.plan.settings.seed);
                if room.replay.capacity() > 0 {
                    fill(self.windows, &mut room.replay, &self.plan.settings, window)?;
                }
                Tuner::<V, 1>::new(self.program, source, self.recipe, memory)?
            }
        };
        let (step, newest) = (tuner.counters().steps, log.newest().unwrap_or(0));
        let persist::Found { torn, lost, .. } = log.found();
        writeln!(self.out, "step {step}: commit {newest} found, {torn} torn, {lost} lost")?;
        let commits = self.plan.commits.max(1);
        for commit in 0..commits {
            let end =
                (u64::from(self.outcome.steps) * u64::from(commit + 1) / u64::from(commits)) as u32;
            if end <= tuner.counters().steps {
                continue;
            }
            learn(&mut tuner, self.windows, &mut room.replay, &self.plan.settings, (window, end))?;
            if let Some(cut) =
                self.plan.cut.filter(|cut| cut.commit == commit && self.outcome.cuts == 0)
            {
                left.set(Some(cut.bytes));
            }
            let state = tuner.saved().into_iter().flatten().chain(room.replay.saved());
            let sum =
                state.clone().fold(0, |sum, part| sum ^ crc32(part).rotate_left(part.len() as u32));
            match log.commit(state) {
                Err(_) if left.get() == Some(0) => {
                    writeln!(self.out, "step {end}: power cut")?;
                    return Ok(false);
                }
                written => {
                    let written = written?;
                    let counts = [1, written.bytes, written.pages];
                    self.outcome.written.iter_mut().zip(counts).for_each(|(to, more)| *to += more);
                    writeln!(
                        self.out,
                        "step {end}: {} bytes, {} pages, state {sum:08x}",
                        written.bytes, written.pages
                    )?;
                }
            }
        }
        self.outcome.new[1] = ask(&mut tuner, self.windows, Part::NewTest, window)?;
        self.outcome.known[1] = ask(&mut tuner, self.windows, Part::KnownTest, window)?;
        let seen = (&mut *window, &mut *room.extremes);
        let len = tuner.deployed_len().unwrap_or(0).min(room.deployed.len());
        let into = room.deployed.get_mut(..len).unwrap_or_default();
        let deployed = deploy(&mut tuner, self.windows, &room.replay, seen, into)?;
        self.outcome.deployed = deployed.image.bytes().len() as u32;
        self.outcome.widened[0] = deployed.widened;
        for (part, to) in
            [(Part::NewTest, &mut self.outcome.new), (Part::KnownTest, &mut self.outcome.known)]
        {
            let cut;
            (to[2], cut) = infer(deployed.image, room.arena, self.windows, part, window)?;
            if part == Part::NewTest {
                self.outcome.widened[1] = cut;
            }
        }
        let Outcome { new: [_, one, two], known: [_, three, four], widened, deployed: len, .. } =
            self.outcome;
        writeln!(self.out, "tuner: new {one:?}, known {three:?}")?;
        writeln!(
            self.out,
            "image {:08x}, {len} bytes, widened {widened:?}: new {two:?}, known {four:?}",
            deployed.image.crc()
        )?;
        Ok(true)
    }

    /// What the image knows that ships.
    fn ship(&mut self, room: &mut Room<'_>) -> Result<(), Error> {
        let mut ask = |part| infer(self.image, room.arena, self.windows, part, room.window);
        let [(new, _), (known, _)] = [ask(Part::NewTest)?, ask(Part::KnownTest)?];
        (self.outcome.new[0], self.outcome.known[0]) = (new, known);
        Ok(writeln!(self.out, "image {:08x}: new {new:?}, known {known:?}", self.image.crc())?)
    }
}

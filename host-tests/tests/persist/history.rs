//! Commits one after another, and what they do to flash.

use core::cell::RefCell;
use host_tests::nor::{Driver, Nor, Op};
use host_tests::random::Rng;
use kastanet::persist::{Binding, Error, Log, Written, index_len};

/// The image that states belong to.
pub const IMAGE: u32 = 0x1a2b_3c4d;

/// Flash that a log is on.
pub type Cell<const W: usize, const P: usize> = RefCell<Nor<W, P>>;

/// What a log holds, opened anew: after a reset.
pub fn open<const W: usize, const P: usize, T>(
    flash: &Cell<W, P>,
    len: usize,
    f: impl FnOnce(&mut Log<'_, Driver<'_, W, P>>) -> T,
) -> Result<T, Error> {
    let mut index = vec![0xa5a5_5a5a; index_len(len)];
    let binding = Binding { image: IMAGE, len: len as u32 };
    let all = 0..flash.borrow().bytes.len() as u32;
    let mut log = Log::open(Driver(flash), all, binding, &mut index)?;
    Ok(f(&mut log))
}

/// The newest state, read in parts of odd sizes; `None` where there is none.
pub fn load<const W: usize, const P: usize>(
    log: &mut Log<'_, Driver<'_, W, P>>,
    len: usize,
) -> Option<Vec<u8>> {
    let mut state = vec![0; len];
    let (one, rest) = state.split_at_mut(len / 3);
    let (two, three) = rest.split_at_mut(1);
    match log.load(&mut [one, two, three]) {
        Err(Error::Empty) => None,
        loaded => {
            assert_eq!(loaded.ok(), log.newest());
            Some(state)
        }
    }
}

/// Commits a state in parts.
pub fn commit<const W: usize, const P: usize>(
    log: &mut Log<'_, Driver<'_, W, P>>,
    state: &[u8],
) -> Result<Written, Error> {
    let (one, rest) = state.split_at(state.len() / 2);
    log.commit([one, &[], rest].into_iter())
}

/// States one after another: each differs from the one before in some places.
pub fn states(len: usize, count: usize, rng: &mut Rng) -> Vec<Vec<u8>> {
    let mut state: Vec<u8> = (0..len).map(|_| rng.int8() as u8).collect();
    let next = |_| {
        for _ in 0..rng.pick(&[1, 1, 2, 8]) {
            let (at, count) = (rng.range(0, len - 1), rng.pick(&[1, 4, 200]));
            state.iter_mut().skip(at).take(count).for_each(|byte| *byte ^= rng.range(1, 255) as u8);
        }
        state.clone()
    };
    (0..count).map(next).collect()
}

/// What one commit did.
pub struct Step<const W: usize, const P: usize> {
    /// Flash as it was before.
    pub flash: Nor<W, P>,
    pub ops: Vec<Op>,
    pub before: Option<Vec<u8>>,
    pub after: Vec<u8>,
}

/// Commits `states` one after another, with a reset after every `reset_every`.
pub fn run<const W: usize, const P: usize>(
    flash: &Cell<W, P>,
    states: &[Vec<u8>],
    reset_every: usize,
) -> Vec<Step<W, P>> {
    let (mut steps, mut before) = (Vec::new(), None);
    for states in states.chunks(reset_every) {
        let session = open(flash, states[0].len(), |log| {
            for after in states {
                let start = flash.borrow().clone();
                flash.borrow_mut().done = Some(Vec::new());
                commit(log, after).unwrap();
                let ops = flash.borrow_mut().done.take().unwrap();
                let before = before.replace(after.clone());
                steps.push(Step { flash: start, ops, before, after: after.clone() });
            }
        });
        session.unwrap();
    }
    steps
}

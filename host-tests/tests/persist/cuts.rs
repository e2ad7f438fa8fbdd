//! Power cut at every byte of every write and erase of a history: afterwards there is the state before or the one
//! after, and the next commit is taken.

use crate::history::{Cell, Step, commit, load, open, run, states};
use host_tests::cases;
use host_tests::nor::Nor;
use host_tests::random::Rng;

/// What happened, counted: that a test has seen what it is about.
#[derive(Debug, Default)]
struct Seen {
    cuts: u64,
    before: u64,
    after: u64,
}

/// Checks a flash on which a commit was cut, then commits `next`.
fn recover<const W: usize, const P: usize>(
    flash: Nor<W, P>,
    step: &Step<W, P>,
    next: &[u8],
    seen: &mut Seen,
) {
    let flash = Cell::new(flash);
    let len = next.len();
    open(&flash, len, |log| {
        let found = load(log, len);
        let is_after = found.as_ref() == Some(&step.after);
        assert!(is_after || found == step.before, "a third state: {:?}", log.found());
        seen.cuts += 1;
        seen.after += u64::from(is_after);
        seen.before += u64::from(!is_after);
        assert_eq!(log.found().lost, 0);
        commit(log, next).expect("room for another");
    })
    .unwrap();
    open(&flash, len, |log| assert!(load(log, len).as_deref() == Some(next), "the next state"))
        .unwrap();
}

/// Every cut of one commit, each of which `f` is given with the flash that it leaves.
fn each_cut<const W: usize, const P: usize>(
    step: &Step<W, P>,
    every: usize,
    mut f: impl FnMut(Nor<W, P>),
) {
    let mut flash = step.flash.clone();
    for op in &step.ops {
        let work = Nor::<W, P>::work(op);
        for cut in (0..work).step_by(every) {
            let mut torn = flash.clone();
            torn.tear(op, cut);
            f(torn);
        }
        flash.tear(op, work);
    }
    f(flash);
}

fn every_byte<const W: usize, const P: usize>(pages: usize, len: usize, refuses: bool) {
    let mut rng = Rng::new((W + P + len) as u64);
    let mut nor = Nor::<W, P>::new(pages, 7);
    nor.refuses = refuses;
    let flash = Cell::new(nor);
    let states = states(len, 51, &mut rng);
    let (next, states) = states.split_last().unwrap();
    let steps = run(&flash, states, 7);
    assert_eq!(steps.len(), 50);
    let mut seen = Seen::default();
    for step in &steps {
        each_cut(step, 1, |torn| recover(torn, step, next, &mut seen));
    }
    assert!(seen.after >= 50 && seen.before > seen.after, "{seen:?}");
    println!("{seen:?}");
}

#[test]
fn every_byte_of_fifty_commits() {
    every_byte::<4, 256>(8, 700, false);
}

#[test]
fn every_byte_where_torn_words_are_refused() {
    every_byte::<8, 128>(14, 500, true);
}

#[test]
fn every_byte_of_wide_words_in_two_pages() {
    every_byte::<32, 1024>(2, 300, true);
}

#[test]
fn pairs_of_cuts() {
    let mut rng = Rng::new(3);
    let states = states(260, 6, &mut rng);
    let flash = Cell::new(Nor::<8, 256>::new(6, 1));
    let steps = run(&flash, &states[..4], 3);
    let (mut seen, mut second) = (Seen::default(), Seen::default());
    let [one, other] = [&states[4], &states[5]];
    for step in &steps {
        each_cut(step, 4, |torn| {
            let flash = Cell::new(torn.clone());
            let (mut ops, mut found) = (Vec::new(), None);
            open(&flash, one.len(), |log| {
                found = load(log, one.len());
                flash.borrow_mut().done = Some(Vec::new());
                commit(log, one).unwrap();
                ops = flash.borrow_mut().done.take().unwrap();
            })
            .unwrap();
            assert!(found.as_ref() == Some(&step.after) || found == step.before);
            seen.cuts += 1;
            let again = Step { flash: torn, ops, before: found, after: one.clone() };
            each_cut(&again, 8, |torn| recover(torn, &again, other, &mut second));
        });
    }
    assert!(seen.cuts > 300 && second.before > second.after && second.after > 0);
    println!("{seen:?} {second:?}");
}

/// Random geometry, states, resets and cuts; `KASTANET_CASES=2000000` for two million cuts.
#[test]
fn random_cuts() {
    (0..cases(2000)).step_by(100).for_each(|seed| match seed / 100 % 4 {
        0 => random::<1, 128>(seed),
        1 => random::<4, 512>(seed),
        2 => random::<16, 256>(seed),
        _ => random::<8, 4096>(seed),
    });
}

/// A hundred cuts, each in a commit that follows whatever the one before has left.
fn random<const W: usize, const P: usize>(seed: u64) {
    let mut rng = Rng::new(seed);
    let len = rng.range(1, 400) * 4;
    let bank = (len + 100 + 4 * W).div_ceil(P);
    let pages = 2 * rng.range(bank, bank + 4) + rng.range(0, 1);
    let mut nor = Nor::<W, P>::new(pages, seed);
    nor.refuses = rng.one_in(2);
    let flash = Cell::new(nor);
    let mut newest = None;
    for _ in 0..100 {
        let count = rng.range(1, 12);
        let states = states(len, count, &mut rng);
        flash.borrow_mut().left = Some(rng.range(0, count * len.min(600)));
        let mut last = None;
        open(&flash, len, |log| {
            assert!(load(log, len) == newest, "seed {seed}: another state than before the reset");
            for state in &states {
                if commit(log, state).is_err() {
                    last = Some(state);
                    break;
                }
                newest = Some(state.clone());
            }
        })
        .unwrap();
        flash.borrow_mut().left = None;
        open(&flash, len, |log| {
            let found = load(log, len);
            let is_known = found == newest || found.as_ref() == last;
            assert!(is_known, "seed {seed}: a third state, {:?} {:?}", log.newest(), log.found());
            assert_eq!(log.found().lost, 0);
            newest = found;
        })
        .unwrap();
    }
}

//! What a commit takes is known to the byte, and pages wear alike.

use crate::history::{Cell, commit, open, states};
use host_tests::nor::{Nor, Op};
use host_tests::random::Rng;
use kastanet::persist::Written;

/// Head and check of a record, its payload, a commit record.
const fn record(payload: u32) -> u32 {
    16 + payload + 4
}

const COMMIT: u32 = record(12);

#[test]
fn of_each_commit() {
    let flash = Cell::new(Nor::<4, 512>::new(8, 0));
    let mut state = vec![1; 1000];
    open(&flash, 1000, |log| {
        let mut takes = |state: &[u8], bytes, pages, compacted| {
            assert_eq!(commit(log, state), Ok(Written { bytes, pages, compacted }));
        };
        let whole = 32 + record(1000) + COMMIT;
        takes(&state, whole, 3, true);
        // Nothing has changed.
        takes(&state, 0, 0, false);
        state[300] = 2;
        takes(&state, record(128) + COMMIT, 0, false);
        // Two chunks side by side, of which the last has 104 bytes, and one apart.
        (state[0], state[895], state[896]) = (2, 2, 2);
        takes(&state, record(128) + record(128 + 104) + COMMIT, 1, false);
        state.fill(3);
        // The bank has 2,048 bytes, of which 512 - 24 are left: the state goes to the other.
        takes(&state, whole, 3, true);
        state[0] = 4;
        takes(&state, record(128) + COMMIT, 0, false);
    })
    .unwrap();
    // After a reset, in a fresh page.
    state[0] = 5;
    let written = open(&flash, 1000, |log| commit(log, &state)).unwrap();
    assert_eq!(written, Ok(Written { bytes: record(128) + COMMIT, pages: 1, compacted: false }));
}

#[test]
fn words_are_filled_up() {
    let flash = Cell::new(Nor::<32, 512>::new(8, 0));
    let state = [1; 100];
    let written = open(&flash, 100, |log| commit(log, &state)).unwrap();
    // 120 bytes in 128, 32 in 32.
    assert_eq!(written, Ok(Written { bytes: 32 + 128 + 32, pages: 1, compacted: true }));
}

#[test]
fn what_is_told_is_what_flash_sees() {
    let (mut rng, flash) = (Rng::new(5), Cell::new(Nor::<8, 256>::new(16, 0)));
    let (states, mut worn) = (states(900, 4000, &mut rng), [0; 16]);
    open(&flash, 900, |log| {
        for state in &states {
            flash.borrow_mut().done = Some(Vec::new());
            let told = commit(log, state).unwrap();
            let done = flash.borrow_mut().done.take().unwrap();
            let (mut bytes, mut pages) = (0, 0);
            for op in &done {
                match op {
                    Op::Write(_, written) => bytes += written.len() as u32,
                    Op::Erase(at) => {
                        pages += 1;
                        worn[*at as usize / 256] += 1;
                    }
                }
            }
            assert_eq!((told.bytes, told.pages), (bytes, pages));
        }
    })
    .unwrap();
    let (least, most) = (worn.iter().min().unwrap(), worn.iter().max().unwrap());
    // Later pages of a bank are spared where a commit did not fit in the rest.
    assert!(*least > 300 && *most < 2 * least, "{worn:?}");
    assert!(worn[..4].iter().chain(&worn[8..12]).all(|page| most - page <= 1), "{worn:?}");
}

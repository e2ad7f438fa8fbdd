//! What is wrong is refused by name, and what is stored stays.

use crate::history::{Cell, IMAGE, commit, load, open, run, states};
use host_tests::nor::{Driver, Nor};
use host_tests::random::Rng;
use kastanet::image::crc32;
use kastanet::persist::record::Header;
use kastanet::persist::{Binding, Error, Log, index_len};
use zerocopy::{FromBytes, IntoBytes};

const LEN: usize = 600;

/// A flash with some commits, and the newest state.
fn written() -> (Cell<4, 256>, Vec<Vec<u8>>) {
    let flash = Cell::new(Nor::new(10, 4));
    let states = states(LEN, 8, &mut Rng::new(9));
    run(&flash, &states, 3);
    (flash, states)
}

fn opened(flash: &Cell<4, 256>, binding: Binding, entries: usize) -> Result<(), Error> {
    let mut index = vec![0; entries];
    Log::open(Driver(flash), 0..2560, binding, &mut index).map(|_| ())
}

#[test]
fn regions_and_indices() {
    let (flash, entries) = (Cell::new(Nor::<4, 256>::new(10, 0)), index_len(LEN));
    let binding = Binding { image: IMAGE, len: LEN as u32 };
    let log = |range| {
        Log::open(Driver(&flash), range, binding, &mut vec![0; entries]).map(|_| ()).unwrap_err()
    };
    assert_eq!(log(0..2500), Error::RegionMisaligned { page: 256 });
    assert_eq!(log(4..2560), Error::RegionMisaligned { page: 256 });
    assert_eq!(log(0..2816), Error::RegionMisaligned { page: 256 });
    #[allow(clippy::reversed_empty_ranges)]
    let reversed = log(512..0);
    assert_eq!(reversed, Error::RegionMisaligned { page: 256 });
    // 32 + 620 + 32 bytes in each half.
    assert_eq!(log(0..1280), Error::RegionTooSmall { needed: 1536, given: 1280 });
    let refused = opened(&flash, binding, 4);
    assert_eq!(refused, Err(Error::IndexTooSmall { needed: 5, given: 4 }));
    for len in [0, 602] {
        let refused = opened(&flash, Binding { len, ..binding }, entries);
        assert!(matches!(refused, Err(Error::WrongLength { found, .. }) if found == len));
    }
}

#[test]
fn a_state_of_another_length() {
    let (flash, states) = written();
    open(&flash, LEN, |log| {
        let mut short = [0; LEN - 4];
        let wrong = Error::WrongLength { expected: 600, found: 596 };
        assert_eq!(log.load(&mut [&mut short]), Err(wrong));
        assert_eq!(commit(log, &short), Err(wrong));
        assert_eq!(load(log, LEN).as_ref(), states.last());
    })
    .unwrap();
}

#[test]
fn empty_flash_has_no_state() {
    let flash = Cell::new(Nor::<4, 256>::new(10, 4));
    open(&flash, LEN, |log| {
        assert_eq!((log.newest(), log.found()), (None, Default::default()));
        assert_eq!(log.load(&mut [&mut [0; LEN]]), Err(Error::Empty));
    })
    .unwrap();
}

#[test]
fn another_image_or_recipe_keeps_what_is_there() {
    let (flash, states) = written();
    let entries = index_len(LEN);
    for (binding, error) in [
        (Binding { image: 1, len: 600 }, Error::OtherImage { stored: IMAGE, given: 1 }),
        (Binding { image: IMAGE, len: 604 }, Error::OtherLength { stored: 600, given: 604 }),
    ] {
        assert_eq!(opened(&flash, binding, entries), Err(error));
    }
    // What is discarded stays until something else is complete.
    let binding = Binding { image: 1, len: 600 };
    let mut index = vec![0; entries];
    let before = flash.borrow().clone();
    let mut log = Log::discard(Driver(&flash), 0..2560, binding, &mut index).unwrap();
    assert_eq!(log.newest(), None);
    flash.borrow_mut().left = Some(900);
    assert!(log.commit([&[5; 600][..]].into_iter()).is_err());
    open(&flash, LEN, |log| assert_eq!(load(log, LEN).as_ref(), states.last())).unwrap();
    *flash.borrow_mut() = before;
    let mut log = Log::discard(Driver(&flash), 0..2560, binding, &mut index).unwrap();
    log.commit([&[5; 600][..]].into_iter()).unwrap();
    let mut log = Log::open(Driver(&flash), 0..2560, binding, &mut index).unwrap();
    let mut state = [0; 600];
    log.load(&mut [&mut state]).unwrap();
    assert_eq!(state, [5; 600]);
}

/// Changes the header of the bank that counts, and gives it the check that belongs to it.
fn with_header(flash: &Cell<4, 256>, f: impl Fn(&mut Header)) {
    for bank in [0, 1280] {
        let mut nor = flash.borrow_mut();
        let bytes = &mut nor.bytes[bank..bank + size_of::<Header>()];
        let header = Header::mut_from_bytes(bytes).unwrap();
        f(header);
        *header = header.sealed();
    }
}

#[test]
fn a_newer_version_and_other_pages() {
    let binding = Binding { image: IMAGE, len: LEN as u32 };
    let newer = |header: &mut Header| header.version = 2.into();
    let other = |header: &mut Header| header.page = 512.into();
    for (change, version) in [(&newer as &dyn Fn(&mut Header), 2), (&other, 1)] {
        let (flash, _) = written();
        with_header(&flash, change);
        let refused = opened(&flash, binding, index_len(LEN));
        assert_eq!(refused, Err(Error::OtherLayout { version }));
        let mut index = vec![0; index_len(LEN)];
        let mut log = Log::discard(Driver(&flash), 0..2560, binding, &mut index).unwrap();
        log.commit([&[5; LEN][..]].into_iter()).unwrap();
        assert_eq!(opened(&flash, binding, index_len(LEN)), Ok(()));
    }
}

/// Flips every bit of flash, one at a time: what is found is a state that once was the newest, and where it is not
/// the newest any more, this is told.
#[test]
fn every_bit_that_ages() {
    let (flash, states) = written();
    let whole = flash.borrow().clone();
    let (mut newest, mut older, mut none) = (0, 0, 0);
    for bit in 0..whole.bytes.len() * 8 {
        *flash.borrow_mut() = whole.clone();
        flash.borrow_mut().bytes[bit / 8] ^= 1 << (bit % 8);
        open(&flash, LEN, |log| {
            let found = load(log, LEN);
            match &found {
                found if found.as_ref() == states.last() => newest += 1,
                Some(found) => {
                    assert!(states.contains(found), "bit {bit}: a third state");
                    older += 1;
                }
                None => none += 1,
            }
            let told = log.found();
            let is_told = told.lost + told.torn > 0 || log.newest().is_none();
            assert!(found.as_ref() == states.last() || is_told, "bit {bit}: {told:?}");
            commit(log, &states[0]).unwrap();
        })
        .unwrap();
        open(&flash, LEN, |log| assert!(load(log, LEN).as_ref() == Some(&states[0]))).unwrap();
    }
    assert!(newest > older && older > 0, "{newest} {older} {none}");
    println!("{newest} {older} {none}");
}

/// A page that does not take what is written: the commit fails, the state stays, and another page is tried.
#[test]
fn a_page_that_is_worn_out() {
    let (flash, states) = written();
    let mut seen = 0;
    open(&flash, LEN, |log| {
        let mut state = states.last().unwrap().clone();
        for number in 0..200_u32 {
            let before = log.newest();
            flash.borrow_mut().worn = Some(3);
            state[number as usize] ^= 0xff;
            match commit(log, &state) {
                Ok(_) => assert!(load(log, LEN).as_ref() == Some(&state)),
                Err(Error::NotWritten { .. }) => {
                    assert_eq!(log.newest(), before);
                    seen += 1;
                }
                Err(error) => panic!("{error}"),
            }
        }
    })
    .unwrap();
    assert!((1..100).contains(&seen), "{seen}");
}

#[test]
fn the_check_is_a_crc() {
    let (flash, _) = written();
    let nor = flash.borrow();
    let header = Header::read_from_bytes(&nor.bytes[..32]).unwrap();
    assert_eq!(header.check.get(), crc32(&header.as_bytes()[..28]));
}

#[test]
fn errors_say_what_to_do() {
    let error = Error::OtherImage { stored: 0x12, given: 0x34 };
    assert_eq!(error.to_string(), "learned from image 00000012, but the image is 00000034");
}

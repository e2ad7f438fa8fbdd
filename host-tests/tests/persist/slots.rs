//! A new image in place of the one that runs: wherever power is cut, an image runs that was checked whole.

use crate::history::Cell;
use host_tests::editor::Editor;
use host_tests::nor::{Driver, Nor};
use kastanet::image::{Aligned, Image};
use kastanet::persist::{Fit, Misfit, Received, Slots, Start, UpdateError};
use kastanet_cli::pack::AlignedBytes;

static SHIPPED: &[u8] = kastanet::include_image!("../../../src/image/golden/worked-v1.kst");
static UPDATE: &[u8] = kastanet::include_image!("../../../src/image/golden/normalised-v1.kst");
static OTHER: &[u8] = kastanet::include_image!("../../../src/image/golden/trained-v1.kst");

type Flash = Cell<8, 256>;
type Both<'n> = Slots<Driver<'n, 8, 256>>;

/// Where things are: slots of 4 and of 3 pages, and 2 pages of log.
const SLOTS: [core::ops::Range<u32>; 2] = [0..1024, 1280..2048];
const LOG: core::ops::Range<u32> = 2048..2560;

fn slots(flash: &Flash) -> Both<'_> {
    Slots::new(Driver(flash), SLOTS, LOG).unwrap()
}

/// Flash as it leaves the factory.
fn shipped() -> Flash {
    let mut nor = Nor::new(10, 6);
    nor.bytes[..SHIPPED.len()].copy_from_slice(SHIPPED);
    Cell::new(nor)
}

/// The image in a slot, as flash that is mapped into memory shows it.
fn mapped<T>(flash: &Flash, slot: usize, f: impl FnOnce(&Image<'_>) -> T) -> T {
    let mut memory = Aligned([0; 1024]);
    let start = SLOTS[slot].start as usize;
    let bytes = &mut memory.0[..SLOTS[slot].len()];
    bytes.copy_from_slice(&flash.borrow().bytes[start..start + SLOTS[slot].len()]);
    let len = Image::len_of(bytes).expect("a header");
    f(&Image::new_checked(&bytes[..len]).expect("an image"))
}

fn receive(slots: &mut Both<'_>, image: &[u8], piece: usize) -> Result<Received, UpdateError> {
    let mut receiver = slots.receive(image.len() as u32)?;
    image.chunks(piece).try_for_each(|piece| receiver.write(piece))?;
    receiver.finish()
}

/// Receives an image and makes it count.
fn update(flash: &Flash, image: &[u8]) -> Result<(), UpdateError> {
    let mut slots = slots(flash);
    let received = receive(&mut slots, image, 61)?;
    mapped(flash, received.slot, |image| slots.activate(received, image))
}

#[test]
fn an_update_that_is_confirmed_stays() {
    let flash = shipped();
    assert_eq!(slots(&flash).start(), Ok(Start::Confirmed(0)));
    update(&flash, UPDATE).unwrap();
    assert_eq!(slots(&flash).start(), Ok(Start::OnTrial(1)));
    assert!(mapped(&flash, 1, |image| image.bytes() == UPDATE));
    slots(&flash).confirm().unwrap();
    assert_eq!(slots(&flash).start(), Ok(Start::Confirmed(1)));
    // The next goes where the first was.
    update(&flash, OTHER).unwrap();
    assert_eq!(slots(&flash).start(), Ok(Start::OnTrial(0)));
    slots(&flash).confirm().unwrap();
    assert_eq!(slots(&flash).start(), Ok(Start::Confirmed(0)));
    assert!(mapped(&flash, 0, |image| image.bytes() == OTHER));
}

#[test]
fn an_update_that_is_not_confirmed_is_given_up() {
    let flash = shipped();
    update(&flash, UPDATE).unwrap();
    assert_eq!(slots(&flash).start(), Ok(Start::OnTrial(1)));
    // While it is on trial, what to go back to stays.
    assert_eq!(update(&flash, UPDATE), Err(UpdateError::OnTrial));
    assert_eq!(slots(&flash).start(), Ok(Start::RolledBack(0)));
    assert_eq!(slots(&flash).start(), Ok(Start::Confirmed(0)));
    update(&flash, UPDATE).unwrap();
    assert_eq!(slots(&flash).start(), Ok(Start::OnTrial(1)));
}

/// Something that changes flash.
type Step<'s> = &'s dyn Fn(&Flash) -> Result<(), UpdateError>;

#[test]
fn power_may_fail_at_every_byte() {
    let steps: [Step<'_>; 5] = [
        &|flash| update(flash, UPDATE),
        &|flash| slots(flash).start().map(|_| ()),
        &|flash| slots(flash).confirm(),
        &|flash| update(flash, SHIPPED),
        &|flash| slots(flash).start().map(|_| ()),
    ];
    let mut flash = shipped().into_inner();
    flash.refuses = true;
    let (mut cuts, mut seen) = (0, [0; 3]);
    for step in steps {
        for left in 0.. {
            let torn = Cell::new(flash.clone());
            torn.borrow_mut().left = Some(left);
            let done = step(&torn);
            torn.borrow_mut().left = None;
            let start = slots(&torn).start().unwrap();
            seen[match start {
                Start::Confirmed(_) => 0,
                Start::OnTrial(_) => 1,
                Start::RolledBack(_) => 2,
            }] += 1;
            let runs = mapped(&torn, start.slot(), |image| image.bytes().to_vec());
            assert!(runs == SHIPPED || runs == UPDATE);
            // Whatever happened, it can be confirmed, and updated again.
            slots(&torn).confirm().unwrap();
            update(&torn, OTHER).unwrap();
            cuts += 1;
            if done.is_ok() {
                break;
            }
        }
        let whole = Cell::new(flash);
        step(&whole).unwrap();
        flash = whole.into_inner();
    }
    assert!(cuts > 3000 && seen.iter().all(|count| *count > 100), "{cuts} {seen:?}");
}

#[test]
fn what_is_no_image_is_refused() {
    let flash = shipped();
    let mut slots = slots(&flash);
    let mut damaged = UPDATE.to_vec();
    damaged[200] ^= 1;
    assert_eq!(receive(&mut slots, &damaged, 7), Err(UpdateError::Damaged));
    assert_eq!(receive(&mut slots, &[7; 300], 300), Err(UpdateError::NoImage));
    assert_eq!(receive(&mut slots, &[], 1), Err(UpdateError::NoImage));
    assert_eq!(receive(&mut slots, &UPDATE[..400], 64), Err(UpdateError::Damaged));
    let longer = [UPDATE, &[0; 9]].concat();
    assert_eq!(receive(&mut slots, &longer, 64), Err(UpdateError::Damaged));
    let refused = slots.receive(769).map(|_| ());
    assert_eq!(refused, Err(UpdateError::TooLarge { needed: 769, given: 768 }));
    let mut receiver = slots.receive(10).unwrap();
    assert_eq!(receiver.write(&[0; 11]), Err(UpdateError::TooLong { expected: 10 }));
    receiver.write(&[0; 6]).unwrap();
    assert_eq!(receiver.finish(), Err(UpdateError::Unfinished { missing: 4 }));
    // Nothing of this counts.
    assert_eq!(slots.start(), Ok(Start::Confirmed(0)));
    let received = receive(&mut slots, UPDATE, 1).unwrap();
    let shipped = Image::new_checked(SHIPPED).unwrap();
    let refused = slots.activate(received, &shipped);
    let expected = Image::new_checked(UPDATE).unwrap().crc();
    assert_eq!(refused, Err(UpdateError::OtherImage { expected, found: shipped.crc() }));
}

#[test]
fn places_are_checked() {
    let flash = shipped();
    for (slots, log) in [
        ([0..1000, 1280..2048], LOG),
        ([0..1536, 1280..2048], LOG),
        ([0..1024, 1280..2304], LOG),
        ([0..1024, 0..1024], LOG),
        ([0..1024, 1280..2048], 2048..2816),
        ([0..1024, 1280..1280], LOG),
    ] {
        let refused = Slots::new(Driver(&flash), slots, log).map(|_| ());
        assert_eq!(refused, Err(UpdateError::Misplaced));
    }
}

#[test]
fn an_image_for_another_firmware_does_not_fit() {
    let [worked, normalised] = [SHIPPED, UPDATE].map(|bytes| Image::new_checked(bytes).unwrap());
    let fit = Fit { image: worked, arena: worked.arena_len() };
    assert_eq!(fit.check(&worked), Ok(()));
    assert_eq!(fit.check(&normalised), Ok(()));
    let mut small = fit;
    small.arena -= 1;
    let (needed, given) = (worked.arena_len(), worked.arena_len() - 1);
    assert_eq!(small.check(&worked), Err(Misfit::ArenaTooSmall { needed, given }));
    for (tensor, misfit) in [(0, Misfit::Inputs), (worked.tensor_count() - 1, Misfit::Outputs)] {
        let mut editor = Editor { bytes: SHIPPED.to_vec() };
        let record = editor.tensor(tensor);
        record.dims[3] = (record.dims[3].get() - 1).into();
        editor.seal_crc();
        let bytes = AlignedBytes::new(&editor.bytes);
        assert_eq!(fit.check(&Image::new_checked(&bytes).unwrap()), Err(misfit));
    }
}

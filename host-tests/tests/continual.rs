//! What learning on a device needs around a tuner.

use host_tests::random::Rng;
use kastanet::continual::{Buffer, Drift, Guard, Offer, Replay, Sample, Score, Verdict, confident};
use kastanet::train::Lanes;

/// Offers samples whose bytes say which of its class each is.
fn offer(replay: &mut Replay<'_>, classes: impl Iterator<Item = u8>) -> [usize; 3] {
    let (mut kept, mut of) = ([0; 3], [0_u16; 8]);
    for class in classes {
        let [low, high] = of[usize::from(class)].to_le_bytes();
        of[usize::from(class)] += 1;
        let offer = replay.offer(class, &[low as i8, high as i8, class as i8]);
        kept[match offer {
            Offer::Kept(_) => 0,
            Offer::Replaced(_) => 1,
            Offer::Passed => 2,
            offer => panic!("{offer:?}"),
        }] += 1;
    }
    kept
}

fn number(sample: Sample<'_>) -> u16 {
    u16::from_le_bytes([sample.bytes[0] as u8, sample.bytes[1] as u8])
}

/// Classes of a stream in which one is nine times as frequent as each of two others.
fn uneven(count: usize, rng: &mut Rng) -> Vec<u8> {
    (0..count).map(|_| rng.pick(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2])).collect()
}

#[test]
fn classes_stay_balanced() {
    let mut rng = Rng::new(3);
    let mut buffer: Buffer<90, 30, 4> = Buffer::new(5);
    let mut replay = buffer.view(3);
    let [kept, replaced, passed] = offer(&mut replay, uneven(2000, &mut rng).into_iter());
    assert_eq!(kept, 30);
    assert!(replaced > 30 && passed > 1000, "{replaced} {passed}");
    let counts = [0, 1, 2, 3].map(|class| replay.count(class));
    assert_eq!(counts, [10, 10, 10, 0]);
    // A class that comes late finds its place, too.
    offer(&mut replay, [3; 200].into_iter());
    let counts = [0, 1, 2, 3].map(|class| replay.count(class));
    assert!(counts.iter().all(|count| (7..=8).contains(count)), "{counts:?}");
    // Bytes and classes belong together.
    assert!(replay.samples().all(|sample| sample.bytes[2] == sample.class as i8));
}

/// Each sample of a class is kept as often as any other.
#[test]
fn what_is_kept_is_a_fair_choice() {
    let mut times = [0_u32; 100];
    for seed in 0..2000 {
        let mut buffer: Buffer<60, 20, 2> = Buffer::new(seed);
        let mut replay = buffer.view(3);
        offer(&mut replay, (0..200).map(|number| number % 2));
        for sample in replay.samples().filter(|sample| sample.class == 1) {
            times[usize::from(number(sample))] += 1;
        }
    }
    // Ten of a hundred, two thousand times: 200, give or take 13.
    let [least, most] = [times.iter().min().unwrap(), times.iter().max().unwrap()];
    assert!(*least > 150 && *most < 255, "{least} {most}");
}

#[test]
fn the_same_samples_leave_the_same_buffer() {
    let run = |seed| {
        let mut buffer: Buffer<90, 30, 4> = Buffer::new(seed);
        let mut replay = buffer.view(3);
        offer(&mut replay, uneven(500, &mut Rng::new(1)).into_iter());
        let drawn: Vec<u16> = (0..10).map(|_| number(replay.draw().unwrap())).collect();
        (buffer.view(3).saved().flatten().copied().collect::<Vec<u8>>(), drawn)
    };
    assert!(run(1) == run(1));
    assert!(run(1) != run(2));
}

#[test]
fn all_are_drawn_but_those_held_back() {
    let mut buffer: Buffer<90, 30, 3> = Buffer::new(0);
    let mut replay = buffer.view(3);
    offer(&mut replay, (0..24).map(|number| number % 3));
    replay.hold_back(4);
    assert_eq!(replay.held().count(), 6);
    assert!((0..3).all(|class| replay.held().filter(|sample| sample.class == class).count() == 2));
    let mut seen = [[0; 8]; 3];
    for _ in 0..2000 {
        let sample = replay.draw().unwrap();
        assert!(!sample.is_held);
        seen[usize::from(sample.class)][usize::from(number(sample))] += 1;
    }
    // 18 of 24, about 111 times each.
    assert_eq!(seen.as_flattened().iter().filter(|times| (70..160).contains(*times)).count(), 18);
    replay.hold_back(0);
    assert_eq!(replay.held().count(), 0);
}

#[test]
fn what_was_saved_goes_on() {
    let classes = uneven(700, &mut Rng::new(8));
    let (one, rest) = classes.split_at(300);
    let mut buffer: Buffer<91, 30, 4> = Buffer::new(5);
    offer(&mut buffer.view(3), one.iter().copied());
    buffer.view(3).hold_back(3);
    let saved: Vec<u8> = buffer.view(3).saved().flatten().copied().collect();
    assert_eq!((saved.len(), saved.len() % 4), (buffer.view(3).saved_len(), 0));
    let load = |buffer: &mut Buffer<91, 30, 4>, saved: &[u8]| {
        buffer.view(3).load(|parts| {
            let mut from = saved.iter();
            for to in parts.into_iter().flatten() {
                *to = *from.next().unwrap();
            }
            from.next().is_none()
        })
    };
    let mut again: Buffer<91, 30, 4> = Buffer::new(77);
    assert!(load(&mut again, &saved));
    let [one, other] = [buffer, again].map(|mut buffer| {
        offer(&mut buffer.view(3), rest.iter().copied());
        buffer.view(3).saved().flatten().copied().collect::<Vec<u8>>()
    });
    assert!(one == other);
    // What is no buffer is refused: too many samples, no such class, neither held back nor not.
    let entries = 12 + 4 * 8 + 91;
    for (at, byte) in [(0, 31), (entries, 4), (entries + 1, 2), (12 + 4, 2)] {
        let mut damaged = saved.clone();
        damaged[at] = byte;
        let mut again: Buffer<91, 30, 4> = Buffer::new(77);
        assert!(!load(&mut again, &damaged), "byte {at}");
        assert_eq!(again.view(3).samples().count(), 0);
    }
    let mut again: Buffer<91, 30, 4> = Buffer::new(77);
    assert!(!again.view(3).load(|_| false));
}

/// Of a host's memory, as much is kept as of a buffer of that size.
#[test]
fn bytes_may_lie_elsewhere() {
    let mut inside: Buffer<90, 30, 4> = Buffer::new(5);
    let (mut outside, mut bytes): (Buffer<0, 100, 200>, _) = (Buffer::new(5), [0; 90]);
    let classes = uneven(300, &mut Rng::new(2));
    let saved = |mut replay: Replay<'_>| {
        offer(&mut replay, classes.iter().copied());
        replay.saved().flatten().copied().collect::<Vec<u8>>()
    };
    assert!(saved(inside.view(3)) == saved(outside.view_over(3, 4, &mut bytes)));
    assert_eq!(outside.view_over(3, 4, &mut bytes).samples().count(), 30);
    outside.view_over(3, 4, &mut bytes).clear(1);
    assert_eq!(outside.view_over(3, 4, &mut bytes).samples().count(), 0);
}

#[test]
fn a_buffer_without_room_does_nothing() {
    let mut none: Buffer<0, 0, 0> = Buffer::new(0);
    let mut replay = none.view(3);
    assert_eq!((replay.capacity(), replay.offer(0, &[1, 2, 3])), (0, Offer::UnknownClass));
    assert!(replay.draw().is_none());
    let mut small: Buffer<2, 4, 1> = Buffer::new(0);
    let mut replay = small.view(3);
    assert_eq!((replay.capacity(), replay.offer(0, &[1, 2, 3])), (0, Offer::Passed));
    assert_eq!(replay.offer(0, &[1, 2]), Offer::WrongLength);
    // Samples of no bytes.
    let mut replay = small.view(0);
    assert_eq!((replay.capacity(), replay.offer(0, &[])), (0, Offer::Passed));
}

#[test]
fn a_guard_goes_back_where_less_is_known() {
    let before = Score { right: 10, all: 12 };
    for (right, slack, verdict) in [
        (10, 0, Verdict::Keep),
        (9, 0, Verdict::RollBack),
        (9, 1, Verdict::Keep),
        (8, 1, Verdict::RollBack),
        (12, 0, Verdict::Keep),
    ] {
        let guard = Guard { before, slack };
        assert_eq!(guard.judge(Score { right, all: 12 }), verdict);
    }
}

#[test]
fn of_what_is_no_number_nobody_is_sure() {
    let sure = |logits: &[Lanes<1>]| confident(logits, 0.5);
    assert_eq!(sure(&[[f32::NAN], [1.0]]), None);
    assert_eq!(sure(&[[f32::INFINITY], [1.0]]), None);
    assert_eq!(sure(&[]), None);
    assert_eq!(sure(&[[80.0], [-80.0]]), Some(0));
}

#[test]
fn drift_forgets() {
    let mut drift = Drift::new(8);
    for _ in 0..100 {
        drift.take(&[100, 120], 0.2);
    }
    for _ in 0..100 {
        drift.take(&[-3, 3], 0.9);
    }
    assert!(drift.mean().abs() < 0.1 && (drift.deviation() - 3.0).abs() < 0.1, "{drift:?}");
    assert!((drift.confidence() - 0.9).abs() < 0.01 && drift.samples() == 200);
    let before = drift;
    drift.take(&[], 0.5);
    drift.take(&[1], f32::NAN);
    assert_eq!(drift, before);
}

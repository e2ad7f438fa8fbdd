use super::*;

#[test]
fn ranges_fill_int8_and_hit_zero() {
    assert_eq!(affine([0.0, 255.0]), (1.0, -128));
    assert_eq!(affine([-255.0, 0.0]), (1.0, 127));
    let (scale, zero_point) = affine([-1.0, 3.0]);
    assert_eq!((scale, zero_point), (4.0 / 255.0, -64));
    assert!(affine([0.0, 0.0]).0 > 0.0);
}

//! Replacing constants in place.

use super::*;
use crate::graph::TensorId;
use crate::tflite::replace_constants;
use crate::tflite::schema::tensor as schema;

fn fault(bytes: &[u8], replacements: &[(TensorId, Vec<u8>)]) -> Fault {
    *replace_constants(bytes, replacements).unwrap_err().fault
}

#[test]
fn only_the_replaced_bytes_change() {
    let bytes = build(&small());
    assert_eq!(replace_constants(&bytes, &[]).unwrap(), bytes);
    let result = replace_constants(&bytes, &[(1, vec![9; 12]), (2, vec![1; 12])]).unwrap();
    let mut expected = small();
    expected.tensors[1].data = Some(vec![9; 12]);
    expected.tensors[2].data = Some(vec![1; 12]);
    assert_eq!(result, build(&expected));
}

#[test]
fn replacements_fit_a_constant() {
    let bytes = build(&small());
    assert!(matches!(fault(&bytes, &[(0, vec![0; 12])]), Fault::NoConstant { id: 0, count: 5 }));
    assert!(matches!(fault(&bytes, &[(5, vec![0; 12])]), Fault::NoConstant { id: 5, count: 5 }));
    let short = fault(&bytes, &[(1, vec![0; 11])]);
    assert!(matches!(short, Fault::ReplacementLength { expected: 12, found: 11, .. }));
    let empty = fault(b"", &[]);
    assert!(matches!(empty, Fault::NotTflite { .. }));
}

#[test]
fn shared_bytes_are_replaced_together() {
    // The bias takes its bytes from the weights' buffer.
    let shared = changed(&tensor(2), |t| set(t, schema::BUFFER, Value::U32(1)));
    let alone = fault(&shared, &[(1, vec![1; 12])]).to_string();
    assert!(alone.contains(r#"tensor "t1" cannot be replaced alone"#), "{alone}");
    assert!(alone.contains(r#"also belong to tensor "t2""#), "{alone}");
    let apart = fault(&shared, &[(1, vec![1; 12]), (2, vec![2; 12])]);
    assert!(matches!(apart, Fault::Shared { .. }));
    let together = replace_constants(&shared, &[(1, vec![1; 12]), (2, vec![1; 12])]).unwrap();
    let found = read(&together).unwrap();
    assert_eq!(found.tensors[1].data, Some(vec![1; 12]));
    assert_eq!(found.tensors[2].data, Some(vec![1; 12]));
    let same = read(&shared).unwrap().tensors[1].data.clone().unwrap();
    assert_eq!(replace_constants(&shared, &[(1, same)]).unwrap(), shared);
}

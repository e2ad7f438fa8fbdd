//! One array: a header in Python's notation, then the elements.
//!
//! ```text
//!     \x93NUMPY  major minor  header length  {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n
//! ```
//!
//! The header's length has 2 bytes in version 1, 4 in versions 2 and 3. Only what `numpy.save`
//! writes for numbers is read: the three keys once each, in any order, and nothing else.

use super::{Array, Class, Element, Fault};
use crate::words::short;

const MAGIC: &[u8] = b"\x93NUMPY";

/// A longer header is no array of numbers.
const LONGEST_HEADER: usize = 10_000;

/// NumPy knew no array with more dimensions for thirty years.
const MOST_DIMS: usize = 32;

/// What a header says.
struct Header {
    element: Element,
    big_endian: bool,
    columns_first: bool,
    shape: Vec<usize>,
}

/// Reads the bytes of a `.npy` file.
pub(super) fn parse(mut bytes: Vec<u8>) -> Result<Array, Fault> {
    let (text, data) = split(&bytes)?;
    let header = header(text)?;
    let start = bytes.len() - data.len();
    let size = header.element.size;
    let expected = header.shape.iter().try_fold(size, |len, &dim| len.checked_mul(dim));
    if expected != Some(data.len()) {
        let shape = super::shape_string(&header.shape);
        let (element, found) = (header.element, data.len());
        return Err(Fault {
            what: format!("its header says {element} {shape}, {found} bytes follow"),
            help: "the file is cut short or damaged: save it again with numpy.save",
        });
    }
    bytes.drain(..start);
    if header.big_endian {
        bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }
    if header.columns_first && header.shape.len() > 1 {
        bytes = rows_first(&bytes, size, &header.shape);
    }
    Ok(Array { shape: header.shape, element: header.element, bytes })
}

/// The header's text and what follows it.
fn split(bytes: &[u8]) -> Result<(&str, &[u8]), Fault> {
    let bad = |what: &str| Fault {
        what: what.into(),
        help: "save the array with numpy.save, or an archive of arrays with numpy.savez",
    };
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| bad("it is not a .npy file"))?;
    let (len, rest) = match *rest {
        [1, _, a, b, ref rest @ ..] => (u32::from_le_bytes([a, b, 0, 0]), rest),
        [2 | 3, _, a, b, c, d, ref rest @ ..] => (u32::from_le_bytes([a, b, c, d]), rest),
        _ => return Err(bad("its version is not 1, 2 or 3, or it is cut short")),
    };
    let len = usize::try_from(len).ok().filter(|&len| len <= LONGEST_HEADER);
    let len = len.ok_or_else(|| bad("its header is too long for an array of numbers"))?;
    let (text, data) = rest.split_at_checked(len).ok_or_else(|| bad("it is cut short"))?;
    Ok((str::from_utf8(text).map_err(|_| bad("its header is no text"))?, data))
}

fn header(text: &str) -> Result<Header, Fault> {
    let header = fields(text).ok_or_else(|| Fault {
        what: format!(
            "its header says `{}`, expected the type and shape of numbers",
            short(text.trim())
        ),
        help: "save it as a plain array of numbers, not of objects, records or strings",
    })?;
    match header.shape.len() {
        ..=MOST_DIMS => Ok(header),
        dims => Err(Fault {
            what: format!("it has {dims} dimensions, at most {MOST_DIMS} are read"),
            help: "reshape the array; its first dimension counts samples",
        }),
    }
}

/// The three fields of a header that is otherwise empty.
fn fields(text: &str) -> Option<Header> {
    let mut rest = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    let (mut descr, mut order, mut dims) = (None, None, None);
    while !rest.is_empty() {
        let (key, behind) = rest.strip_prefix('\'')?.split_once('\'')?;
        let value = behind.trim_start().strip_prefix(':')?.trim_start();
        let (value, behind) = value.split_at_checked(value_len(value)?)?;
        let field = match key {
            "descr" => &mut descr,
            "fortran_order" => &mut order,
            "shape" => &mut dims,
            _ => return None,
        };
        if field.replace(value).is_some() {
            return None;
        }
        rest = match behind.trim_start() {
            "" => "",
            behind => behind.strip_prefix(',')?.trim_start(),
        };
    }
    let (element, big_endian) = element(descr?)?;
    let columns_first = match order? {
        "True" => true,
        "False" => false,
        _ => return None,
    };
    Some(Header { element, big_endian, columns_first, shape: shape(dims?)? })
}

/// Bytes of the string, tuple or word that `text` starts with.
fn value_len(text: &str) -> Option<usize> {
    match text.bytes().next()? {
        b'\'' => Some(text.get(1..)?.find('\'')? + 2),
        b'(' => Some(text.find(')')? + 1),
        _ => Some(text.find([',', ' ']).unwrap_or(text.len())),
    }
}

/// Elements stored with the first dimension running fastest (Fortran order), put in C order.
fn rows_first(bytes: &[u8], size: usize, shape: &[usize]) -> Vec<u8> {
    let mut rows = Vec::with_capacity(bytes.len());
    let mut index = vec![0; shape.len()];
    for _ in 0..bytes.len() / size {
        let at = index.iter().zip(shape).rev().fold(0, |at, (&index, &dim)| at * dim + index);
        rows.extend_from_slice(bytes.get(at * size..).and_then(|b| b.get(..size)).unwrap_or(&[]));
        for (index, &dim) in index.iter_mut().zip(shape).rev() {
            *index += 1;
            if *index < dim {
                break;
            }
            *index = 0;
        }
    }
    rows
}

/// A type such as `'<f4'`, and whether the high byte comes first.
fn element(descr: &str) -> Option<(Element, bool)> {
    let descr = descr.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut letters = descr.chars();
    let big_endian = match letters.next()? {
        '<' | '|' => false,
        '>' => true,
        _ => return None,
    };
    let (class, sizes): (_, &[usize]) = match letters.next()? {
        'i' => (Class::Signed, &[1, 2, 4, 8]),
        'u' => (Class::Unsigned, &[1, 2, 4, 8]),
        'b' => (Class::Bool, &[1]),
        'f' => (Class::Float, &[2, 4, 8]),
        _ => return None,
    };
    let size = letters.as_str().parse().ok().filter(|size| sizes.contains(size))?;
    Some((Element { class, size }, big_endian))
}

/// A tuple of sizes.
fn shape(text: &str) -> Option<Vec<usize>> {
    let inside = text.strip_prefix('(')?.strip_suffix(')')?.trim();
    if inside.is_empty() {
        return Some(vec![]);
    }
    // `(4)` is a number in Python, `(4,)` a tuple.
    let dims = match inside.strip_suffix(',') {
        Some(dims) => dims,
        None => inside.contains(',').then_some(inside)?,
    };
    let digits = |dim: &&str| dim.bytes().all(|byte| byte.is_ascii_digit());
    dims.split(',').map(|dim| Some(dim.trim()).filter(digits)?.parse().ok()).collect()
}

/// The bytes of a `.npy` file, its elements at a multiple of 64 as `numpy.save` writes them.
pub(super) fn build(array: &Array) -> Vec<u8> {
    let (order, letter) = match array.element {
        Element { class: Class::Signed, size } => (if size == 1 { '|' } else { '<' }, 'i'),
        Element { class: Class::Unsigned, size } => (if size == 1 { '|' } else { '<' }, 'u'),
        Element { class: Class::Bool, .. } => ('|', 'b'),
        Element { class: Class::Float, .. } => ('<', 'f'),
    };
    let (size, shape) = (array.element.size, array.shape_string());
    let mut text =
        format!("{{'descr': '{order}{letter}{size}', 'fortran_order': False, 'shape': {shape}, }}");
    let before = MAGIC.len() + 4;
    let end = (before + text.len() + 1).next_multiple_of(64);
    text.extend(std::iter::repeat_n(' ', end - before - text.len() - 1));
    text.push('\n');
    let len = (text.len() as u16).to_le_bytes();
    [MAGIC, &[1, 0], &len, text.as_bytes(), &array.bytes].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let len = (header.len() as u16).to_le_bytes();
        [MAGIC, &[1, 0], &len, header.as_bytes(), data].concat()
    }

    #[test]
    fn reads_what_it_writes() {
        let floats = Array::from_f32(vec![2, 1], &[1.5, -0.0]);
        assert_eq!(parse(floats.to_npy()).unwrap(), floats);
        let bytes = Array { shape: vec![3], element: Element::I8, bytes: vec![1, 255, 128] };
        assert_eq!(parse(bytes.to_npy()).unwrap(), bytes);
        assert_eq!(bytes.integers().unwrap(), [1, -1, -128]);
        let scalar = Array::from_f32(vec![], &[2.0]);
        assert_eq!(parse(scalar.to_npy()).unwrap(), scalar);
        assert_eq!(scalar.to_npy().len(), 128 + 4);
    }

    #[test]
    fn reads_either_byte_order_and_any_key_order() {
        let big = file("{'shape': (2,), 'descr':'>i2','fortran_order':True}\n", &[1, 2, 255, 254]);
        assert_eq!(parse(big).unwrap().integers().unwrap(), [258, -2]);
        let wide = file("{'descr': '<u8', 'fortran_order': False, 'shape': (1,)}", &[255; 8]);
        assert_eq!(parse(wide).unwrap().integers(), None);
        let deep = file("{'descr': '<i8', 'fortran_order': False, 'shape': (1,)}", &[255; 8]);
        assert_eq!(parse(deep).unwrap().integers().unwrap(), [-1]);
    }

    #[test]
    fn puts_columns_in_rows() {
        let columns = "{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3, 1)}";
        let data = [0, 0, 10, 0, 1, 0, 11, 0, 2, 0, 12, 0];
        let array = parse(file(columns, &data)).unwrap();
        assert_eq!(array.integers().unwrap(), [0, 1, 2, 10, 11, 12]);
    }

    #[test]
    fn refuses_what_it_cannot_hold() {
        let what = |header: &str| parse(file(header, &[0; 4])).unwrap_err().what;
        let huge = "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}";
        assert!(what(huge).contains("4 bytes follow"));
        let short = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}";
        assert_eq!(what(short), "its header says float32 (2,), 4 bytes follow");
        for descr in ["'|O'", "'<U1'", "[('a', '<f4')]", "'<c8'", "'<i3'", "'", ""] {
            let header = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (1,)}}");
            assert!(what(&header).contains("expected the type"), "{descr}");
        }
        assert!(
            what("{'descr': '|i1', 'fortran_order': False, 'shape': (-4,)}").contains("expected")
        );
    }

    #[test]
    fn refuses_broken_frames() {
        let whole = Array::from_f32(vec![1], &[1.0]).to_npy();
        for len in 0..whole.len() {
            assert!(parse(whole[..len].to_vec()).is_err(), "{len}");
        }
        assert!(parse(b"\x93NUMPY\x02\0\xff\xff\xff\xff".to_vec()).is_err());
        assert!(parse(b"\x93NUMPY\x09\0\x01\x00\x00\x00".to_vec()).is_err());
    }

    #[test]
    fn refuses_headers_that_numpy_does_not_write() {
        let parse = |header: &str| parse(file(header, &[0; 4]));
        let whole = "{'descr': '|i1', 'fortran_order': False, 'shape': (1, 4), }";
        assert_eq!(parse(whole).unwrap().shape, [1, 4]);
        for (part, other) in [
            ("False", "1"),
            ("False", "Falsehood"),
            ("False", "'False'"),
            ("(1, 4)", "(,,1,,4)"),
            ("(1, 4)", "(1,4,,)"),
            ("(1, 4)", "(4)"),
            ("(1, 4)", "(+4,)"),
            ("(1, 4)", "(,)"),
            (", }", ", 'shape': (4,)}"),
            (", }", ", 'order': 0}"),
            (", }", ", } 5"),
            ("'fortran_order': False, ", ""),
        ] {
            let fault = parse(&whole.replace(part, other)).unwrap_err();
            assert!(fault.what.contains("expected the type"), "{other}");
        }
        let deep = whole.replace("(1, 4)", &format!("({}4)", "1,".repeat(32)));
        assert_eq!(parse(&deep).unwrap_err().what, "it has 33 dimensions, at most 32 are read");
        let long = whole.replace("(1, 4)", &"x".repeat(5000));
        assert!(parse(&long).unwrap_err().what.len() < 300);
    }

    #[test]
    fn truth_values_are_no_bytes() {
        let header = "{'descr': '|b1', 'fortran_order': False, 'shape': (2,)}";
        let array = parse(file(header, &[0, 1])).unwrap();
        assert_eq!(
            (array.element.to_string().as_str(), array.integers()),
            ("bool", Some(vec![0, 1]))
        );
        assert_eq!(parse(array.to_npy()).unwrap(), array);
    }
}

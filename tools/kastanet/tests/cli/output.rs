//! Output files appear whole or not at all.

use crate::common::Place;
use kastanet_cli::output;
use std::path::Path;
use std::process::Command;

#[test]
fn either_all_or_none_are_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let (good, bad) = (dir.path().join("good"), dir.path().join("nowhere/bad"));
    let failure = output::write(&[(&good, b"1"), (&bad, b"2")]).expect_err("no such directory");
    assert!(failure.message.contains("nowhere"), "{failure}");
    assert_eq!(std::fs::read_dir(dir.path()).expect("a directory").count(), 0);
    let other = dir.path().join("other");
    output::write(&[(&good, b"1"), (&other, b"2")]).expect("both are written");
    output::write(&[(&good, b"new")]).expect("it is replaced");
    assert_eq!(std::fs::read(&good).expect("a file"), b"new");
    assert_eq!(std::fs::read_dir(dir.path()).expect("a directory").count(), 2);
}

#[cfg(unix)]
#[test]
fn links_and_devices_stay_what_they_are() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a directory");
    let (file, link) = (dir.path().join("file"), dir.path().join("link"));
    std::fs::write(&file, b"old").expect("a file");
    std::os::unix::fs::symlink(&file, &link).expect("a link");
    output::write(&[(&link, b"new"), (Path::new("/dev/null"), b"gone")]).expect("both are written");
    assert!(link.is_symlink() && !Path::new("/dev/null").is_file());
    assert_eq!(std::fs::read(&file).expect("a file"), b"new");
    assert!(output::check(&[&link], &[&file]).is_err(), "the link is the input");
    let mode = std::fs::metadata(&file).expect("a file").permissions().mode();
    assert_eq!(mode & 0o400, 0o400);
}

/// A device that takes nothing fails when the file before it is in place already.
#[cfg(target_os = "linux")]
#[test]
fn files_are_put_back() {
    let dir = tempfile::tempdir().expect("a directory");
    let (old, new) = (dir.path().join("old"), dir.path().join("new"));
    std::fs::write(&old, b"before").expect("a file");
    let full = Path::new("/dev/full");
    for files in [[&old, full, &new], [full, &new, &old]] {
        let files = files.map(|path| (path, &b"after"[..]));
        let failure = output::write(&files).expect_err("the device is full");
        assert!(failure.message.contains("/dev/full"), "{failure}");
        assert_eq!(failure.causes.len(), 1, "{failure}");
        assert_eq!(std::fs::read(&old).expect("a file"), b"before");
        assert_eq!(std::fs::read_dir(dir.path()).expect("a directory").count(), 1);
    }
}

/// Files of which the disk takes no more than the first half a KiB.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_what_was_there() {
    let place = Place::packed();
    for (output, args) in [
        ("p.kst", "pack m.tflite -o p.kst"),
        ("p.tflite", "pack m.tflite -o q.kst --write-tflite p.tflite"),
        ("p.html", "report m.kst -o p.html"),
    ] {
        place.put(output, b"before");
        let before = place.files();
        let tool = env!("CARGO_BIN_EXE_kastanet");
        let limited = format!("trap '' XFSZ; ulimit -f 1; exec {tool} {args}");
        let shell = Command::new("sh")
            .current_dir(place.dir.path())
            .args(["-c", &limited])
            .output()
            .expect("a shell");
        let text = String::from_utf8_lossy(&shell.stderr);
        assert_eq!(shell.status.code(), Some(1), "{args}: {text}");
        assert!(text.contains("cannot write") && text.contains("help: "), "{args}: {text}");
        assert_eq!(place.get(output), b"before", "{args}");
        assert_eq!(place.files(), before, "{args}");
    }
}

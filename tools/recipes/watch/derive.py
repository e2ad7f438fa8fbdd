#!/usr/bin/env python3
"""Derives the demo's data from the smartwatch recordings in PyPI's seglearn.

    python derive.py                     fetches seglearn 1.2.5 with pip
    python derive.py --wheel FILE.whl    reads a wheel that is already here

Writes into ../../kastanet/demo (or --out DIR):

    watch.npz       all 140 series as int16, with their labels
    watch.toml      the protocol: windows, split, standardisation, class names
    LICENSE-watch   the data's licence and source

Needs NumPy only. The same wheel gives the same bytes: the wheel and the file
inside it are pinned by SHA-256 (the second is a pickle, and is unpickled only
after both have matched), series are sorted, arithmetic is exact or in f64, and
the archive holds no time stamps and no compression.
"""

import argparse
import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

PACKAGE = "seglearn==1.2.5"
WHEEL_SHA256 = "ec6b952c85c9627050102854b372d85951563d3b990df677d7c55547e87413dd"
DATA = "seglearn/data/watch_dataset.npy"
DATA_SHA256 = "eb122f23cdf06ef6bd6c6c5312958ec5cf9d038e2e6d457b8081662c75a42537"
LICENCE = "seglearn-1.2.5.dist-info/LICENSE"

WINDOW, HOP = 100, 50  # samples; 2 s and 1 s at 50 Hz
SPLIT = (4, 5)  # a series is split at floor(4 * len / 5)
TRAIN_WEARERS = range(9)  # wearer 9 is the one the models have never seen
LEFT, RIGHT = 0, 1
CLASSES = [  # seglearn's name, and what the wearer does
    ("PEN", "pendulum"),
    ("ABD", "abduction"),
    ("FEL", "forward elevation"),
    ("IR", "internal rotation"),
    ("ER", "external rotation"),
    ("TRAP", "trapezius extension"),
    ("ROW", "upright row"),
]
CHANNELS = ["ax", "ay", "az", "wx", "wy", "wz"]

SOURCE = """\
The recordings in watch.npz come from the Python package seglearn 1.2.5
(https://github.com/dmbee/seglearn), file seglearn/data/watch_dataset.npy.
They are part of the data of: D. M. Burns, N. Leung, M. Hardisty, C. M. Whyne,
P. Henry, S. McLachlin, "Shoulder physiotherapy exercise recognition: machine
learning the inertial signals from a smartwatch", 2018, arXiv:1802.01489.
They were converted to 16-bit integers and sorted; nothing else was changed.
The package's licence, which covers them, follows.

"""


def check(what, data, wanted):
    found = hashlib.sha256(data).hexdigest()
    if found != wanted:
        sys.exit(f"{what}: SHA-256 is {found}, expected {wanted}")


def fetch(folder):
    """Downloads the wheel with pip and returns its path."""
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
         "--only-binary=:all:", "--dest", folder, PACKAGE],
        check=True,
    )
    return next(Path(folder).glob("*.whl"))


def read_wheel(path):
    """The data set (seglearn's dictionary) and the licence text."""
    blob = Path(path).read_bytes()
    check(path, blob, WHEEL_SHA256)
    with zipfile.ZipFile(io.BytesIO(blob)) as wheel:
        pickled, licence = wheel.read(DATA), wheel.read(LICENCE).decode()
    check(DATA, pickled, DATA_SHA256)
    return np.load(io.BytesIO(pickled), allow_pickle=True).item(), licence


def convert(data):
    """The arrays of watch.npz: series sorted by wearer, side, label."""
    assert list(data["y_labels"]) == [short for short, _ in CLASSES]
    assert list(data["X_labels"]) == CHANNELS
    wearer = np.asarray(data["subject"], int) - 1
    side = np.asarray(data["side"], int)  # 0 left, 1 right, as in seglearn
    label = np.asarray(data["y"], int)
    order = np.lexsort((label, side, wearer))
    series = [np.asarray(data["X"][i], np.float64) for i in order]
    raw = np.concatenate(series)
    scale = (np.abs(raw).max(axis=0) / 32767).astype(np.float32)
    samples = np.clip(np.rint(raw / scale.astype(np.float64)), -32767, 32767)
    return {
        "samples": samples.astype("<i2"),
        "starts": np.cumsum([0] + [len(s) for s in series]).astype("<i4"),
        "label": label[order].astype(np.uint8),
        "wearer": wearer[order].astype(np.uint8),
        "side": side[order].astype(np.uint8),
        "scale": scale.astype("<f4"),
    }


def training_samples(watch):
    """Every sample the checkpoints may learn from, in physical units, f64."""
    parts = []
    for i, (a, b) in enumerate(zip(watch["starts"], watch["starts"][1:])):
        if watch["side"][i] == RIGHT and watch["wearer"][i] in TRAIN_WEARERS:
            parts.append(watch["samples"][a : a + (b - a) * SPLIT[0] // SPLIT[1]])
    return np.concatenate(parts) * watch["scale"].astype(np.float64)


def write_npz(path, arrays):
    """An .npz of stored (not deflated) members with fixed dates.

    Deflate would save 8 %, and its bytes depend on the zlib at hand.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            body = io.BytesIO()
            np.lib.format.write_array(body, array, version=(1, 0), allow_pickle=False)
            info = zipfile.ZipInfo(name + ".npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, body.getvalue())


def toml(watch):
    """The protocol as TOML; floats in the shortest form that reads back as the same f32."""
    seen = training_samples(watch)
    mean, std = seen.mean(axis=0).astype(np.float32), seen.std(axis=0).astype(np.float32)

    def line(values):
        return "[" + ", ".join(str(v) for v in values) + "]"

    def words(values):
        return "[" + ", ".join(f'"{v}"' for v in values) + "]"

    return f"""\
# How watch.npz is turned into the demo's inputs. Written by tools/recipes/watch/derive.py.

classes = {words(short for short, _ in CLASSES)}
class_names = {words(name for _, name in CLASSES)}
channels = {words(CHANNELS)}

# A window is `window` samples; windows start at 0, `hop`, 2 * `hop`, … of a
# part of a series, as long as they end inside that part.
rate_hz = 50
window = {WINDOW}
hop = {HOP}

# A series of n samples is split at floor(split_num * n / split_den).
split_num = {SPLIT[0]}
split_den = {SPLIT[1]}

# The checkpoints learn from the first parts of the series of these wearers and this side.
train_wearers = {list(TRAIN_WEARERS)}
train_side = {RIGHT}

# The wearer and side they have never seen.
new_wearer = 9
new_side = {LEFT}

# f32, one a channel, over the training samples: z = (sample * scale - mean) / std.
mean = {line(mean)}
std = {line(std)}
"""


def main():
    here = Path(__file__).resolve().parent
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("--wheel", type=Path, help="seglearn 1.2.5's wheel; fetched when absent")
    args.add_argument("--out", type=Path, default=here.parents[1] / "kastanet" / "demo")
    args = args.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        data, licence = read_wheel(args.wheel or fetch(folder))
    watch = convert(data)
    write_npz(args.out / "watch.npz", watch)
    (args.out / "watch.toml").write_text(toml(watch), encoding="utf-8")
    (args.out / "LICENSE-watch").write_text(SOURCE + licence, encoding="utf-8")
    for name in ["watch.npz", "watch.toml", "LICENSE-watch"]:
        blob = (args.out / name).read_bytes()
        print(hashlib.sha256(blob).hexdigest(), len(blob), name)


if __name__ == "__main__":
    main()

"""Trains the cases and writes what came out, for other implementations to be held to.

    python host-tests/oracle/topkast_golden.py           writes host-tests/golden/train/*.json
    python host-tests/oracle/topkast_golden.py --check   fails if they would be written otherwise

needs NumPy (requirements.txt beside this has the version that wrote them). One file per case:

- the case's parameters by the names of `topkast_data.Case`, which also says how weights, inputs
  and labels are made from `seed`; null = not used;
- `layers`: outputs, inputs, units, k_a, k_b of each, and the bits of the weights' scale;
- `rates`: the learning rate of the first, middle and last step;
- `steps_log`: for each step [loss, A, B of layer 0, A, B of layer 1, …]; a set is the CRC-32
  (zlib) of its bitmap, as it is during the step, hence after the step's refresh;
- `last`: of each layer after the last step, the bitmaps of A and B (those of the last step) and
  θ and biases as float32 bits, 8 hexadecimal digits each, joined;
- `margin`: the smallest relative distance, over all refreshes, between a magnitude chosen and
  one not chosen (null = nothing to choose); `ties`: how many choices fell between units of the
  very same magnitude that no update had changed, which `margin` leaves out;
- `wander`: the largest difference of a loss, and of a θ or bias at the end, when each exp, ln and
  cos is off by up to one unit in the last place: what a tolerance must allow for, several times.

A bitmap has one bit per weight, row-major, the first in the lowest bit of the first byte, the
last byte filled up with zeros; written as hexadecimal bytes.
"""

import dataclasses
import json
import pathlib
import sys
import zlib

import numpy as np

from topkast import Layer, Maths, Training, learning_rate
from topkast_checks import Watch, check_gradient, check_limit
from topkast_data import Case, F, Words, scale

FOLDER = pathlib.Path(__file__).parent.parent / "golden" / "train"

ADAM = {"optimizer": "adam", "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "lr": 0.01}
MOMENTUM = {"optimizer": "momentum", "momentum": 0.9, "lr": 0.02}
SIGN = {"exploration": 1e-3, "penalty": "l1"}
PAPER = {"refresh_forward_every": 5, "refresh_backward_every": 5}
# Long enough between two B, and B little larger than A, that A would soon leave B if it could.
RARE = {"refresh_forward_every": 3, "refresh_backward_every": 40}

CASES = [
    Case("two-rate", 0x6b617474),
    Case("paper", 0x6b617574, **PAPER),
    Case("momentum-l2", 0x6b617674, exploration=1e-2, **MOMENTUM),
    Case("l1", 0x6b617775, **SIGN, **MOMENTUM),
    Case("adam", 0x6b617874, exploration=1e-3, refresh_forward_every=2, **ADAM),
    Case("weight-decay", 0x6b617976, weight_decay=1e-2, **MOMENTUM),
    Case("clip", 0x6b617a77, clip=0.05, **MOMENTUM),
    Case("cosine", 0x6b617b74, schedule="cosine", schedule_steps=100, lr=0.1),
    Case("step", 0x6b617c77, schedule="step", gamma=0.5, gamma_every=30, lr=0.1),
    Case("explore-until", 0x6b617d74, explore_until=60, exploration=1e-2, **MOMENTUM),
    Case("explore-until-between", 0x6b617e75, explore_until=43, exploration=1e-2, **PAPER),
    Case("4x1", 0x6b617f76, sizes=(20, 16, 8), unit="4x1", exploration=1e-2, **MOMENTUM),
    Case("4x1-ragged", 0x6b618074, sizes=(20, 14, 5), unit="4x1", **MOMENTUM),
    Case("1x4", 0x6b618175, unit="1x4", exploration=1e-2, **MOMENTUM),
    Case("1x4-ragged", 0x6b618274, sizes=(18, 10, 5), unit="1x4", **MOMENTUM),
    Case("nm", 0x6b618374, steps=60, unit="nm", nm=(1, 2, 4), exploration=1e-2),
    Case("nm-ragged", 0x6b618474, steps=60, sizes=(18, 10, 5), unit="nm", nm=(2, 3, 4)),
    Case("dense", 0x6b618574, forward_density=1.0, backward_density=1.0),
    Case("straight-through", 0x6b618675, backward_density=1.0),
    Case("ties", 0x6b618774, weight_bits=3, forward_density=0.3, backward_density=0.6),
    Case("ties-of-zeros", 0x6b618a7b, weight_bits=3, backward_density=0.95, **SIGN),
    Case("wide", 0x6b61887e, steps=60, sizes=(300, 8, 4), forward_density=0.1, **MOMENTUM),
    Case("tight", 0x6b618974, forward_density=0.4, **RARE, **MOMENTUM),
]


class Nudged(Maths):
    """Functions whose results are a unit in the last place too low, right or too high."""

    def __init__(self):
        self.words = Words(1)

    def nudge(self, y: np.float32) -> np.float32:
        to = (y, F("inf"), F("-inf"))[self.words.label(3)]
        return np.nextafter(y, to)

    def exp(self, x) -> np.float32:
        return self.nudge(super().exp(x))

    def ln(self, x) -> np.float32:
        return self.nudge(super().ln(x))

    def cos(self, x) -> np.float32:
        return self.nudge(super().cos(x))


# ---- How things are written. ----


def bitmap(mask: np.ndarray) -> bytes:
    return np.packbits(mask.ravel(), bitorder="little").tobytes()


def crc(mask: np.ndarray) -> str:
    return f"{zlib.crc32(bitmap(mask)):08x}"


def bits(values: np.ndarray) -> str:
    return "".join(f"{one:08x}" for one in values.ravel().view(np.uint32))


def number(value) -> float:
    """9 significant digits: enough to tell any two float32 apart."""
    return float(f"{value:.9g}")


def short(value: float) -> float | None:
    return float(f"{value:.2g}") if np.isfinite(value) else None


def shape(layer: Layer) -> dict:
    outputs, inputs = layer.theta.shape
    units = {"units": layer.units_a.size, "k_a": layer.k_a, "k_b": layer.k_b}
    return {"outputs": outputs, "inputs": inputs, **units, "scale": bits(scale(inputs))}


def last(layer: Layer) -> dict:
    sets = {"a": bitmap(layer.a).hex(), "b": bitmap(layer.b).hex()}
    return sets | {"theta": bits(layer.theta), "bias": bits(layer.bias)}


# ---- Runs. ----


def log_line(loss: np.float32, layers: list[Layer]) -> list:
    return [number(loss)] + [crc(one) for layer in layers for one in (layer.a, layer.b)]


def run(case: Case, maths: Maths) -> tuple[Training, Watch, list[list]]:
    training = Training(case, maths)
    watch, log = Watch(training), []
    for _ in range(case.steps):
        watch.refresh()
        log.append(log_line(watch.step(), training.layers))
    return training, watch, log


def wander(ours: Training, log: list[list], case: Case) -> dict:
    """How far the last bits of exp, ln and cos carry. The sets must stay the same."""
    other, _, other_log = run(case, Nudged())
    assert [line[1:] for line in log] == [line[1:] for line in other_log], "sets differ"
    loss = max(abs(mine[0] - its[0]) for mine, its in zip(log, other_log))
    theta = 0.0
    for mine, its in zip(ours.layers, other.layers):
        for left, right in ((mine.theta, its.theta), (mine.bias, its.bias)):
            theta = max(theta, float(np.abs(left - right).max()))
    return {"loss": short(loss), "theta": short(theta)}


def record(case: Case) -> dict:
    training, watch, log = run(case, Maths())
    assert watch.promoted or case.forward_density == 1.0, "no weight ever entered A"
    assert watch.margins.ties or case.weight_bits == 24, "no ties"
    steps = sorted({0, case.steps // 2, case.steps - 1})
    return dataclasses.asdict(case) | {
        "layers": [shape(layer) for layer in training.layers],
        "rates": [[step, number(learning_rate(case, step, Maths()))] for step in steps],
        "margin": short(watch.margins.smallest),
        "ties": watch.margins.ties,
        "wander": wander(training, log, case),
        "steps_log": log,
        "last": [last(layer) for layer in training.layers],
    }


def text(fields: dict) -> str:
    """JSON with a line per field, and per step and layer within the long ones."""
    lines = []
    for name, value in fields.items():
        if name in ("layers", "steps_log", "last"):
            inner = ",\n".join(json.dumps(one, separators=(",", ":")) for one in value)
            lines.append(f"{json.dumps(name)}: [\n{inner}\n]")
        else:
            lines.append(f"{json.dumps(name)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def check_rules() -> None:
    for case in CASES:
        check_gradient(case)
        if case.name in ("dense", "straight-through"):
            check_limit(case)


def main() -> None:
    check_rules()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for case in CASES:
        path, content = FOLDER / f"{case.name}.json", text(record(case))
        if "--check" not in sys.argv:
            path.write_text(content)
        elif path.read_text() != content:
            sys.exit(f"{path} is not what the reference writes")


if __name__ == "__main__":
    main()

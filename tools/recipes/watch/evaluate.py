#!/usr/bin/env python3
"""Measures int8 checkpoints with TensorFlow Lite or with TensorFlow Lite Micro.

    python evaluate.py --engine tflite FILE.tflite…     (requirements.txt)
    python evaluate.py --engine tflm FILE.tflite…       (requirements-tflm.txt)

The digest is the SHA-256 of all output bytes, window after window: two engines
with one digest agree in every byte.
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np

from protocol import DEMO, Watch, quantise


class TFLite:
    """TensorFlow Lite's interpreter with its reference kernels."""

    def __init__(self, blob):
        import tensorflow as tf

        self.model = tf.lite.Interpreter(
            model_content=blob, num_threads=1,
            experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF)
        self.model.allocate_tensors()
        self.input, self.output = self.model.get_input_details()[0], self.model.get_output_details()[0]
        self.scale, self.zero = self.input["quantization"]

    def __call__(self, x):
        self.model.set_tensor(self.input["index"], x[None])
        self.model.invoke()
        return self.model.get_tensor(self.output["index"])[0].copy()


class TFLM:
    """TensorFlow Lite Micro's interpreter."""

    def __init__(self, blob):
        from tflite_micro import runtime

        self.model = runtime.Interpreter.from_bytes(blob)
        q = self.model.get_input_details(0)["quantization_parameters"]
        self.scale, self.zero = q["scales"][0], int(q["zero_points"][0])

    def __call__(self, x):
        self.model.set_input(x[None], 0)
        self.model.invoke()
        return self.model.get_output(0)[0].copy()


def report(engine, watch):
    """Prints the accuracy on both sets of windows; equal scores go to the lower class."""
    for name, parts in [("held out", watch.held_out), ("new wearer", watch.new)]:
        x, y = watch.windows(parts)
        out = np.stack([engine(w) for w in quantise(x, engine.scale, engine.zero)])
        right = int(np.sum(np.argmax(out, axis=1) == y))
        digest = hashlib.sha256(out.tobytes()).hexdigest()[:16]
        print(f"  {type(engine).__name__}, {name}: {len(y)} windows, {right} right, "
              f"{right / len(y):.4f}, digest {digest}", flush=True)


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("files", nargs="*", type=Path,
                   default=[DEMO / "watch_dense.tflite", DEMO / "watch_sparse.tflite"])
    a.add_argument("--engine", choices=["tflite", "tflm"], default="tflm")
    o = a.parse_args()
    watch = Watch()
    for file in o.files:
        print(file.name)
        report({"tflite": TFLite, "tflm": TFLM}[o.engine](file.read_bytes()), watch)


if __name__ == "__main__":
    main()

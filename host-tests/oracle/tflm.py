"""Runs models through TFLite Micro's own interpreter.

    python tflm.py JOBS

Each folder of JOBS holds `model.tflite` and `samples.bin`: the bytes of all inputs of the first
sample, then of the second, … For each, this writes `outputs.bin` in the same order and
`arena.json` with the bytes of RAM that the interpreter reports, or `error.txt` in their place.
"""

import json
import os
import pathlib
import re
import sys
import tempfile

import numpy as np
from tflite_micro.python.tflite_micro import runtime

# Enough for every model here; what is used is measured, not this.
ARENA = 4 << 20


def count(model, field):
    """Number of inputs or outputs of the model."""
    return len(getattr(runtime.convert_bytearray_to_object(model).subgraphs[0], field))


def stderr_of(call):
    """What `call` writes to standard error, below Python."""
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            call()
        finally:
            os.dup2(saved, 2)
            os.close(saved)
        file.seek(0)
        return file.read().decode(errors="replace")


def arena(interpreter):
    """Bytes of the arena: all, its head (activations) and its tail (everything else)."""
    text = stderr_of(interpreter.print_allocations)
    parts = ("total", "head", "tail")
    return {part: int(re.search(rf"allocation {part} (\d+) bytes", text)[1]) for part in parts}


def run(folder):
    model = (folder / "model.tflite").read_bytes()
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=ARENA)
    inputs = [interpreter.get_input_details(i) for i in range(count(model, "inputs"))]
    outputs = range(count(model, "outputs"))
    samples, at, written = (folder / "samples.bin").read_bytes(), 0, []
    while at < len(samples):
        for index, one in enumerate(inputs):
            dtype, shape = np.dtype(one["dtype"]), tuple(one["shape"])
            size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
            values = np.frombuffer(samples[at : at + size], dtype).reshape(shape)
            interpreter.set_input(values, index)
            at += size
        interpreter.invoke()
        written += [np.ascontiguousarray(interpreter.get_output(i)).tobytes() for i in outputs]
    (folder / "outputs.bin").write_bytes(b"".join(written))
    (folder / "arena.json").write_text(json.dumps(arena(interpreter)))


def main():
    for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()):
        try:
            run(folder)
        except (RuntimeError, ValueError) as error:
            (folder / "error.txt").write_text(str(error))


if __name__ == "__main__":
    main()

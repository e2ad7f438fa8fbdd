"""One small network three ways: as ONNX, and as a description with its weights in PyTorch's order and in Keras's.

    V/bin/python host-tests/oracle/described_models.py tools/kastanet/tests/described

V as for onnx_models.py. Writes small.onnx; torch.toml with torch.safetensors; keras.toml with keras.npz; and x.npz
with samples x to calibrate with, all from one seed. Nodes and arrays have the names that descriptions give, so that
the graphs are the same to the last bit.
"""

import json
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

RNG = np.random.default_rng(5)


def draw(*shape):
    return (RNG.standard_normal(shape) * 1.2 / np.sqrt(max(np.prod(shape[1:]), 1))).astype(np.float32)


def above_zero(count):
    return (0.5 + RNG.random(count)).astype(np.float32)


# Arrays in PyTorch's order and by PyTorch's names.
ARRAYS = {
    "stem.weight": draw(6, 2, 3, 3),
    "norm.weight": above_zero(6),
    "norm.bias": draw(6),
    "norm.running_mean": draw(6),
    "norm.running_var": above_zero(6),
    "wide.weight": draw(12, 1, 3, 3),
    "wide.bias": draw(12),
    "narrow.weight": draw(6, 12, 1, 1),
    "narrow.bias": draw(6),
    "hidden.weight": draw(10, 12 * 2 * 2),
    "hidden.bias": draw(10),
    "out.weight": draw(4, 10),
    "out.bias": draw(4),
}


def onnx(where):
    nodes = []

    def node(kind, inputs, output, name=None, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], name=name or output, **attributes))

    window = {"strides": [1, 1], "group": 1}
    node("Conv", ["input", "stem.weight"], "stem", pads=[1, 1, 1, 1], **window)
    norm = [f"norm.{part}" for part in ("weight", "bias", "running_mean", "running_var")]
    node("BatchNormalization", ["stem", *norm], "norm_linear", "norm", epsilon=1e-3)
    node("Relu", ["norm_linear"], "norm", "norm_function")
    node("Conv", ["norm", "wide.weight", "wide.bias"], "wide_linear", "wide", auto_pad="SAME_UPPER",
         strides=[1, 1], group=6)
    node("Clip", ["wide_linear", "zero", "six"], "wide", "wide_function")
    node("Conv", ["wide", "narrow.weight", "narrow.bias"], "narrow", **window)
    node("Add", ["narrow", "norm"], "joined")
    node("MaxPool", ["joined"], "large", kernel_shape=[2, 2], strides=[2, 2])
    node("AveragePool", ["joined"], "mean", kernel_shape=[2, 2], strides=[2, 2])
    node("Concat", ["mean", "large"], "both", axis=1)
    node("MaxPool", ["both"], "small", kernel_shape=[2, 2], strides=[2, 2])
    node("Flatten", ["small"], "flat")
    node("Gemm", ["flat", "hidden.weight", "hidden.bias"], "hidden_linear", "hidden", transB=1)
    node("Relu", ["hidden_linear"], "hidden", "hidden_function")
    node("Gemm", ["hidden", "out.weight", "out.bias"], "out_linear", "out", transB=1)
    node("Softmax", ["out_linear"], "out", "out_function", axis=1)
    arrays = [numpy_helper.from_array(array, name) for name, array in ARRAYS.items()]
    arrays += [numpy_helper.from_array(np.float32(value), name) for name, value in (("zero", 0), ("six", 6))]
    borders = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
               for name, shape in (("input", [1, 2, 8, 8]), ("out", [1, 4]))]
    graph = helper.make_graph(nodes, "small", borders[:1], borders[1:], arrays)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (where / "small.onnx").write_bytes(model.SerializeToString())


DESCRIPTION = """\
weights = "{file}"
layout = "{layout}"
input = [8, 8, 2]

[[layer]]
conv = "stem"
padding = 1

[[layer]]
batch_norm = "norm"
epsilon = 1e-3
activation = "relu"

[[layer]]
depthwise = "wide"
padding = "same"
activation = "relu6"

[[layer]]
conv = "narrow"

[[layer]]
name = "joined"
add = "norm"

[[layer]]
name = "large"
max_pool = 2

[[layer]]
name = "mean"
from = "joined"
average_pool = [2, 2]

[[layer]]
name = "both"
concat = ["large"]

[[layer]]
name = "small"
max_pool = 2

[[layer]]
name = "flat"
flatten = true

[[layer]]
linear = "hidden"
activation = "relu"

[[layer]]
linear = "out"
activation = "softmax"
"""


def safetensors(path, arrays):
    header, at = {}, 0
    for name, array in arrays.items():
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(a.tobytes() for a in arrays.values()))


def torch(where):
    safetensors(where / "torch.safetensors", ARRAYS)
    (where / "torch.toml").write_text(DESCRIPTION.format(file="torch.safetensors", layout="pytorch"))


def keras(where):
    names = {"norm.weight": "norm/gamma", "norm.bias": "norm/beta", "norm.running_mean": "norm/moving_mean",
             "norm.running_var": "norm/moving_variance"}
    arrays = {}
    for name, array in ARRAYS.items():
        if name == "wide.weight":
            array = array.reshape(6, 2, 3, 3).transpose(2, 3, 0, 1)
        elif array.ndim == 4:
            array = array.transpose(2, 3, 1, 0)
        elif name == "hidden.weight":
            # Its inputs are 12 channels of 2 × 2 places, which Keras flattens place by place.
            array = array.reshape(10, 12, 2, 2).transpose(2, 3, 1, 0).reshape(48, 10)
        elif array.ndim == 2:
            array = array.T
        layer, part = name.split(".")
        arrays[names.get(name, f"{layer}/{'kernel' if part == 'weight' else part}")] = array
    np.savez(where / "keras.npz", **arrays)
    (where / "keras.toml").write_text(DESCRIPTION.format(file="keras.npz", layout="keras"))


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for write in (onnx, torch, keras):
        write(target)
    np.savez_compressed(target / "x.npz", x=RNG.standard_normal([16, 8, 8, 2]).astype(np.float32))

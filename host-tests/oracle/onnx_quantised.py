"""Quantised copies of the small ONNX models, with the outputs that onnxruntime gives for them.

    V/bin/python host-tests/oracle/onnx_quantised.py tools/kastanet/tests/onnx

V as for onnx_models.py, which writes the float models. Each comes out as onnxruntime's quantize_static writes it, in
either form and with differing types: NAME_FORM.onnx, and NAME_FORM.npz with arrays x (one sample a row), y, and the
scale of y.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

SAMPLES = 6

# Name, form, type of activations, of weights, scales for each channel, options; "folded" is ours: batch
# normalisation goes into the convolution before it first.
CASES = [
    ("cnn", "QDQ", "QInt8", "QInt8", True, {}),
    ("cnn", "QOperator", "QUInt8", "QInt8", False, {}),
    ("depthwise", "QDQ", "QInt8", "QInt8", True, {"ActivationSymmetric": True}),
    ("depthwise", "QOperator", "QUInt8", "QUInt8", False, {"folded": True}),
    ("residual", "QDQ", "QUInt8", "QInt8", False, {}),
    ("residual", "QOperator", "QInt8", "QInt8", True, {}),
    ("row", "QDQ", "QUInt8", "QUInt8", True, {}),
    ("row", "QOperator", "QInt8", "QInt8", False, {"ActivationSymmetric": True}),
    ("mlp", "QDQ", "QInt8", "QInt8", True, {}),
    ("mlp", "QOperator", "QUInt8", "QInt8", False, {}),
    ("turned", "QDQ", "QInt8", "QInt8", False, {}),
    ("vectors", "QDQ", "QUInt8", "QInt8", False, {}),
]


class Samples(CalibrationDataReader):
    def __init__(self, x):
        self.rest = iter(x)

    def get_next(self):
        x = next(self.rest, None)
        return None if x is None else {"x": x}


def scale_of(graph, name):
    """The scale by which a tensor was stored last."""
    constants = {c.name: numpy_helper.to_array(c) for c in graph.initializer}
    for node in graph.node:
        if name in node.output and node.op_type == "DequantizeLinear":
            return float(constants[node.input[1]].reshape(-1)[0])
    return 0.0


def quantised(where, name, form, activations, weights, per_channel, options):
    rng = np.random.default_rng(11)
    shape = np.load(where / f"{name}.npz")["x"].shape
    x = rng.standard_normal([64, *shape]).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        source, path = str(where / f"{name}.onnx"), str(Path(folder) / "q.onnx")
        options = dict(options)
        if options.pop("folded", False):
            folded = str(Path(folder) / "folded.onnx")
            quant_pre_process(source, folded, skip_symbolic_shape=True)
            source = folded
        quantize_static(source, path, Samples(x), quant_format=QuantFormat[form],
                        activation_type=QuantType[activations], weight_type=QuantType[weights],
                        per_channel=per_channel, extra_options=options)
        data = Path(path).read_bytes()
    target = f"{name}_{form.lower()}"
    (where / f"{target}.onnx").write_bytes(data)
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    y = np.concatenate([session.run(None, {"x": sample})[0] for sample in x[:SAMPLES]])
    graph = onnx.load_from_string(data).graph
    scale = np.float32(scale_of(graph, graph.output[0].name))
    np.savez_compressed(where / f"{target}.npz", x=x[:SAMPLES].reshape(SAMPLES, *shape[1:]), y=y, scale=scale)


if __name__ == "__main__":
    for case in CASES:
        quantised(Path(sys.argv[1]), *case)

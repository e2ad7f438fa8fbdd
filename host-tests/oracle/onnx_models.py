"""Small ONNX models with inputs and the outputs that onnxruntime gives for them.

    python3 -m venv V && V/bin/pip install onnx==1.19.1 onnxruntime==1.32.0
    V/bin/python host-tests/oracle/onnx_models.py tools/kastanet/tests/onnx

Writes NAME.onnx, and NAME.npz with arrays x (as ONNX has it) and y. Weights are drawn with a seed, so the files
come out the same again.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

RNG = np.random.default_rng(7)


class Model:
    """Nodes and constants, put together one by one."""

    def __init__(self, shape, opset=17, batch=None):
        self.nodes, self.constants, self.opset = [], [], opset
        self.shape = shape
        dims = [batch if batch else shape[0], *shape[1:]]
        self.input = helper.make_tensor_value_info("x", TensorProto.FLOAT, dims)
        self.count = 0

    def weights(self, *shape, scale=None):
        scale = scale or 1.5 / np.sqrt(max(np.prod(shape[1:]), 1))
        return self.constant((RNG.standard_normal(shape) * scale).astype(np.float32))

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def ints(self, *values):
        return self.constant(np.array(values, np.int64))

    def __call__(self, kind, *inputs, **attributes):
        self.count += 1
        out = f"{kind.lower()}_{self.count}"
        self.nodes.append(helper.make_node(kind, list(inputs), [out], name=f"node_{out}", **attributes))
        return out

    def conv(self, x, inputs, outputs, kernel, groups=1, bias=True, **attributes):
        extra = [self.weights(outputs, scale=0.2)] if bias else []
        w = self.weights(outputs, inputs // groups, *kernel)
        return self("Conv", x, w, *extra, kernel_shape=list(kernel), group=groups, **attributes)

    def batch_norm(self, x, channels):
        ones = lambda: self.constant((1 + 0.3 * RNG.random(channels)).astype(np.float32))
        return self("BatchNormalization", x, ones(), self.weights(channels, scale=0.2),
                    self.weights(channels, scale=0.2), ones())

    def save(self, name, out, where):
        y = helper.make_tensor_value_info(out, TensorProto.FLOAT, None)
        graph = helper.make_graph(self.nodes, name, [self.input], [y], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)
        data = model.SerializeToString()
        (where / f"{name}.onnx").write_bytes(data)
        session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
        x = RNG.standard_normal(self.shape).astype(np.float32)
        (y,) = session.run(None, {"x": x})
        np.savez(where / f"{name}.npz", x=x, y=y)


def mlp(where):
    m = Model([1, 20])
    h = m("Relu", m("Gemm", "x", m.weights(12, 20), m.weights(12), transB=1, alpha=0.5, beta=2.0))
    h = m("Add", m("MatMul", h, m.weights(12, 7)), m.weights(7))
    m.save("mlp", m("Softmax", m("Sigmoid", h)), where)


def cnn(where):
    """As PyTorch exports a small network: folded padding, view by shape arithmetic, an open batch."""
    m = Model([1, 3, 12, 10], batch="n")
    h = m("Relu", m.batch_norm(m.conv("x", 3, 8, (3, 3), bias=False, pads=[1, 1, 1, 1], strides=[2, 2]), 8))
    h = m("MaxPool", h, kernel_shape=[2, 2], strides=[2, 2])
    h = m("Clip", m.conv(h, 8, 6, (2, 2), dilations=[2, 1], pads=[1, 0, 1, 1]), m.constant(np.float32(0)),
          m.constant(np.float32(6)))
    batch = m("Unsqueeze", m("Gather", m("Shape", h), m.constant(np.int64(0)), axis=0), m.ints(0))
    h = m("Reshape", h, m("Concat", batch, m.ints(-1), axis=0))
    m.save("cnn", m("Gemm", h, m.weights(4, 6 * 3 * 2), m.weights(4), transB=1), where)


def depthwise(where):
    m = Model([1, 4, 9, 7])
    h = m("Clip", m.conv("x", 4, 8, (3, 3), groups=4, strides=[2, 1], auto_pad="SAME_UPPER"),
          m.constant(np.float32(0)), m.constant(np.float32(6)))
    h = m("Relu", m.batch_norm(m.conv(h, 8, 5, (1, 1)), 5))
    m.save("depthwise", m("Flatten", m("GlobalAveragePool", h)), where)


def residual(where):
    m = Model([1, 4, 8, 8], opset=13)
    a = m("Relu", m.conv("x", 4, 4, (3, 3), pads=[1, 1, 1, 1]))
    b = m("Add", m.conv(a, 4, 4, (3, 3), pads=[1, 1, 1, 1]), "x")
    b = m("Relu", b)
    gate = m("Sigmoid", m.conv(m("GlobalAveragePool", b), 4, 4, (1, 1)))
    c = m("Concat", m("Mul", b, gate), a, axis=1)
    c = m("AveragePool", c, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 0, 0])
    c = m("Dropout", c)
    h = m("Squeeze", m("ReduceMean", c, axes=[2, 3], keepdims=1), m.ints(2, 3))
    m.save("residual", m("Softmax", m("Gemm", h, m.weights(8, 3))), where)


def row(where):
    """Convolutions along a row of samples."""
    m = Model([1, 6, 50])
    h = m("Relu", m.conv("x", 6, 8, (5,), strides=[2], pads=[2, 2]))
    h = m("MaxPool", h, kernel_shape=[3], strides=[2], ceil_mode=1)
    h = m("Relu", m.conv(h, 8, 8, (3,), groups=8, dilations=[2]))
    h = m("Flatten", m("Sub", m("Div", h, m.constant(np.float32(2))), m.weights(8, 1)))
    m.save("row", m("Gemm", h, m.weights(8 * 8, 5), m.weights(5)), where)


def turned(where):
    """As tf2onnx exports Keras: samples, rows, columns, channels; transposed there and back."""
    m = Model([1, 10, 8, 3])
    h = m("Transpose", "x", perm=[0, 3, 1, 2])
    h = m("Relu", m.conv(h, 3, 4, (3, 3), auto_pad="SAME_UPPER", strides=[2, 2]))
    h = m("Pad", h, m.ints(0, 0, 1, 0, 0, 0, 0, 2))
    h = m("MaxPool", h, kernel_shape=[2, 2], strides=[1, 1])
    h = m("Transpose", h, perm=[0, 2, 3, 1])
    h = m("Reshape", h, m.ints(1, -1))
    m.save("turned", m("MatMul", h, m.weights(5 * 5 * 4, 6)), where)


def vectors(where):
    """A layer over several vectors, and a sum over them."""
    m = Model([1, 7, 6], opset=18)
    h = m("Relu", m("Add", m("MatMul", "x", m.weights(6, 9)), m.weights(9)))
    h = m("ReduceMean", h, m.ints(1), keepdims=0)
    m.save("vectors", m("Gemm", h, m.weights(9, 4), m.weights(1, 4)), where)


def lower(where):
    """Padding that is larger before the image, means over padding, and tanh."""
    m = Model([1, 3, 8, 11])
    h = m("Tanh", m.conv("x", 3, 6, (4, 2), auto_pad="SAME_LOWER", strides=[2, 1]))
    h = m("AveragePool", h, kernel_shape=[3, 3], strides=[1, 2], pads=[1, 1, 1, 1], count_include_pad=1)
    h = m("MaxPool", h, kernel_shape=[2, 2], auto_pad="SAME_LOWER", strides=[2, 2])
    m.save("lower", m("Gemm", m("Flatten", h), m.weights(6 * 2 * 3, 5), m.weights(5)), where)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for make in (mlp, cnn, depthwise, residual, row, turned, vectors, lower):
        make(target)

"""Trains a small CNN on Fashion-MNIST with JAX; writes it as ONNX and as safetensors.

    python train.py DIRECTORY

DIRECTORY has the data set's four files, *-ubyte.gz. Written: fashion.onnx and fashion.safetensors, the same numbers
in PyTorch's layout.
"""

import gzip
import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np
import onnx
import optax
from onnx import helper, numpy_helper
from safetensors.numpy import save_file

SEED, EPOCHS, BATCH, RATE = 0, 12, 128, 2e-3
# Name, shape [outputs, inputs, height, width] or [outputs, inputs].
LAYERS = [("conv1", (16, 1, 5, 5)), ("conv2", (32, 16, 5, 5)), ("fc1", (64, 1568)), ("fc2", (10, 64))]


def read(directory, part):
    images = gzip.open(directory / f"{part}-images-idx3-ubyte.gz").read()[16:]
    labels = gzip.open(directory / f"{part}-labels-idx1-ubyte.gz").read()[8:]
    x = np.frombuffer(images, np.uint8).reshape(-1, 1, 28, 28)
    return x.astype(np.float32) / 255, np.frombuffer(labels, np.uint8).astype(np.int32)


def start(key):
    weights = {}
    for name, shape in LAYERS:
        key, draw = jax.random.split(key)
        scale = (2 / np.prod(shape[1:])) ** 0.5
        weights[f"{name}.weight"] = scale * jax.random.normal(draw, shape)
        weights[f"{name}.bias"] = jnp.zeros(shape[0])
    return weights


def network(weights, x):
    for name in ["conv1", "conv2"]:
        x = jax.lax.conv(x, weights[f"{name}.weight"], (1, 1), "SAME")
        x = jax.nn.relu(x + weights[f"{name}.bias"][:, None, None])
        x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    x = x.reshape(len(x), -1)
    x = jax.nn.relu(x @ weights["fc1.weight"].T + weights["fc1.bias"])
    return x @ weights["fc2.weight"].T + weights["fc2.bias"]


def train(x, y):
    steps = EPOCHS * (len(x) // BATCH)
    rule = optax.adamw(optax.cosine_decay_schedule(RATE, steps), weight_decay=1e-2)
    weights = start(jax.random.key(SEED))
    state = rule.init(weights)

    @jax.jit
    def step(weights, state, x, y):
        def loss(weights):
            return optax.softmax_cross_entropy_with_integer_labels(network(weights, x), y).mean()

        gradients = jax.grad(loss)(weights)
        change, state = rule.update(gradients, state, weights)
        return optax.apply_updates(weights, change), state

    random = np.random.default_rng(SEED)
    for _ in range(EPOCHS):
        for batch in np.array_split(random.permutation(len(x)), len(x) // BATCH):
            batch = batch[:BATCH]
            pictures = x[batch]
            turned = random.random(BATCH) < 0.5
            pictures[turned] = pictures[turned, :, :, ::-1]
            weights, state = step(weights, state, pictures, y[batch])
    return {name: np.array(value, np.float32) for name, value in weights.items()}


def model(weights):
    def layer(kind, name, source, target, **attributes):
        inputs = [source, f"{name}.weight", f"{name}.bias"]
        return helper.make_node(kind, inputs, [target], name=name, **attributes)

    def node(kind, source, target, **attributes):
        return helper.make_node(kind, [source], [target], name=target, **attributes)

    pool = {"kernel_shape": [2, 2], "strides": [2, 2]}
    nodes = [
        layer("Conv", "conv1", "x", "a", pads=[2] * 4, kernel_shape=[5, 5]),
        node("Relu", "a", "relu1"),
        node("MaxPool", "relu1", "pool1", **pool),
        layer("Conv", "conv2", "pool1", "b", pads=[2] * 4, kernel_shape=[5, 5]),
        node("Relu", "b", "relu2"),
        node("MaxPool", "relu2", "pool2", **pool),
        node("Flatten", "pool2", "flat"),
        layer("Gemm", "fc1", "flat", "c", transB=1),
        node("Relu", "c", "relu3"),
        layer("Gemm", "fc2", "relu3", "y", transB=1),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "fashion",
        [value("x", onnx.TensorProto.FLOAT, [1, 1, 28, 28])],
        [value("y", onnx.TensorProto.FLOAT, [1, 10])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made)
    return made


def main():
    directory = pathlib.Path(sys.argv[1])
    weights = train(*read(directory, "train"))
    x, y = read(directory, "t10k")
    right = [jax.jit(network)(weights, x[at : at + 1000]).argmax(1) for at in range(0, len(x), 1000)]
    print(f"float accuracy {np.mean(np.concatenate(right) == y):.4f}")
    onnx.save(model(weights), "fashion.onnx")
    save_file(weights, "fashion.safetensors")


if __name__ == "__main__":
    main()

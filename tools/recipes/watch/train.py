#!/usr/bin/env python3
"""Trains the demo's two checkpoints: one dense, one at 90 % sparsity with Top-KAST.

    python train.py                writes watch_dense.tflite and watch_sparse.tflite
    python train.py --validate     learns from the first 64 % of each series and measures
                                   on the 16 % that follow; writes nothing

The same loop trains both: the dense model is the sparse one at density 1, where
the forward set A and the backward set B hold every weight. All state is NumPy;
TensorFlow computes the loss and its gradient, converts, and checks the result.
"""

import argparse
import math
import os
import warnings
from pathlib import Path

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

warnings.filterwarnings("ignore")

import numpy as np
import tensorflow as tf

import evaluate
from protocol import DEMO, Watch

# ---------------------------------------------------------------- the network

# (name, outputs, kernel, inputs, forward density when sparse); each convolution
# has stride 2 over time and a ReLU.
LAYERS = [
    ("conv1", 32, 5, 6, 0.5),
    ("conv2", 64, 5, 32, 0.084),
    ("conv3", 64, 5, 64, 0.084),
    ("conv4", 64, 5, 64, 0.084),
    ("classifier", 7, 1, 64, 1.0),
]
POOL = 7  # what is left of 100 samples after four strides of 2


def network(weights, biases, x, dropout=0.0):
    """Logits of x [n, 100, 1, 6]; weights are [out, kernel, in]."""
    for w, b in zip(weights[:-1], biases[:-1]):
        w = tf.transpose(w, [1, 2, 0])[:, None]
        x = tf.nn.relu(tf.nn.conv2d(x, w, [2, 1], "SAME") + b)
    x = tf.nn.avg_pool2d(x, [POOL, 1], [POOL, 1], "VALID")
    x = tf.reshape(x, [x.shape[0], -1])
    if dropout:
        x = tf.nn.dropout(x, dropout)
    return tf.matmul(x, weights[-1][:, 0, :], transpose_b=True) + biases[-1]


def initial(rng):
    weights = []
    for _, out, kernel, inputs, _ in LAYERS:
        std = math.sqrt(2 / (kernel * inputs))
        weights.append((rng.standard_normal((out, kernel, inputs)) * std).astype(np.float32))
    return weights, [np.zeros(layer[1], np.float32) for layer in LAYERS]


# -------------------------------------------------------------------- Top-KAST


def top(theta, k, among=None):
    """Mask of the k largest magnitudes (inside `among`), ties to the lower index."""
    magnitude = np.abs(theta.ravel())
    if among is not None:
        magnitude = np.where(among.ravel(), magnitude, np.float32(-1))
    mask = np.zeros(magnitude.size, bool)
    mask[np.argsort(-magnitude, kind="stable")[:k]] = True
    return mask.reshape(theta.shape)


def count(density, n):
    return math.floor(density * n + 0.5)


class TopKast:
    """One layer's weights theta, its forward set A and its backward set B.

    The forward pass sees alpha: theta on A, 0 elsewhere. Only weights in B
    move. B is chosen among all weights every `refresh` steps, A inside B at
    every step. After `explore_until`, B is A and both stay.
    """

    def __init__(self, theta, forward, backward, exploration, refresh, explore_until):
        self.theta, self.velocity = theta, np.zeros_like(theta)
        self.density = forward
        self.k_forward = count(forward, theta.size)
        self.k_backward = count(backward, theta.size)
        self.exploration, self.refresh, self.explore_until = exploration, refresh, explore_until

    def alpha(self, step):
        """Chooses the sets for this step and returns the weights the forward pass sees."""
        if step < self.explore_until or step == 0:
            if step % self.refresh == 0:
                self.b = top(self.theta, self.k_backward)
                self.velocity[~self.b] = 0
            self.a = top(self.theta, self.k_forward, self.b)
        elif step == self.explore_until:
            self.a = top(self.theta, self.k_forward, self.b)
            self.b = self.a
            self.velocity[~self.b] = 0
        return np.where(self.a, self.theta, np.float32(0))

    def update(self, gradient, rate, momentum):
        """SGD with momentum on B; the penalty is L2, lambda on A and lambda/D on the rest of B."""
        b = self.b
        self.velocity[b] = momentum * self.velocity[b] + gradient[b]
        penalty = np.where(self.a, self.exploration, self.exploration / self.density) * self.theta
        self.theta[b] -= rate * (self.velocity + penalty)[b]


# -------------------------------------------------------------------- training


def gradient_step(smoothing, dropout):
    @tf.function
    def step(weights, biases, x, y):
        with tf.GradientTape() as tape:
            tape.watch([weights, biases])
            logits = network(weights, biases, x, dropout)
            target = tf.one_hot(y, 7) * (1 - smoothing) + smoothing / 7
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(target, logits))
        return loss, tape.gradient(loss, [weights, biases])

    return step


def train(watch, sparse, o, seed):
    """Weights (alpha) and biases after o.steps of SGD with a cosine rate."""
    rng = np.random.default_rng(seed)
    tf.random.set_seed(seed)
    weights, biases = initial(rng)
    layers = []
    for theta, (_, _, _, _, density) in zip(weights, LAYERS):
        forward = density if sparse else 1.0
        backward = min(1.0, forward * o.reach)
        layers.append(TopKast(theta, forward, backward, o.exploration, o.refresh, int(o.steps * o.explore)))
    bias_velocity = [np.zeros_like(b) for b in biases]
    step_fn, momentum, warmup = gradient_step(o.smoothing, o.dropout), 0.9, o.steps // 20

    for step in range(o.steps):
        rate = np.float32(o.rate * min(1, (step + 1) / warmup) * 0.5 * (1 + math.cos(math.pi * step / o.steps)))
        x, y = watch.batch(rng, o.batch, o.turn, o.stretch, o.jitter)
        loss, (gw, gb) = step_fn([l.alpha(step) for l in layers], biases, x, y)
        for layer, g in zip(layers, gw):
            layer.update(g.numpy(), rate, np.float32(momentum))
        for b, v, g in zip(biases, bias_velocity, gb):
            v[:] = np.float32(momentum) * v + g.numpy()
            b -= rate * v
        if step % 1000 == 0:
            print(f"  step {step:4d}  loss {float(loss):.4f}", flush=True)
    return [l.alpha(o.steps) for l in layers], biases


# ------------------------------------------------------- conversion and checks


def convert(weights, biases, examples):
    """An int8 .tflite: int8 input and output, weights quantised per channel."""
    ws, bs = [tf.constant(w) for w in weights], [tf.constant(b) for b in biases]

    @tf.function(input_signature=[tf.TensorSpec([1, *examples.shape[1:]], tf.float32, name="window")])
    def model(window):
        return tf.nn.softmax(network(ws, bs, window), name="probabilities")

    module = tf.Module()
    module.model = model
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [model.get_concrete_function()], module)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([x[None]] for x in examples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def float_classes(weights, biases, x):
    return np.argmax(network([tf.constant(w) for w in weights], biases, x).numpy(), axis=1)


def int8_weights(blob):
    """The weight tensors of a .tflite: the ones quantised per channel."""
    runner = tf.lite.Interpreter(model_content=blob)
    return [runner.get_tensor(t["index"]) for t in runner.get_tensor_details()
            if t["dtype"] == np.int8 and len(t["quantization_parameters"]["scales"]) > 1]


def report(blob, weights, biases, watch):
    tensors = int8_weights(blob)
    for w in tensors:
        print(f"  {str(w.shape):16} {w.size:6} weights, {np.count_nonzero(w):6} not zero")
    total = sum(w.size for w in tensors)
    zeros = total - sum(np.count_nonzero(w) for w in tensors)
    print(f"  {total} weights, {zeros / total:.2%} zero, {len(blob)} bytes")
    for name, parts in [("held out", watch.held_out), ("new wearer", watch.new)]:
        x, y = watch.windows(parts)
        right = np.mean(float_classes(weights, biases, x) == y)
        print(f"  float, {name}: {len(y)} windows, {right:.4f}")
    evaluate.report(evaluate.TFLite(blob), watch)


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("--validate", action="store_true")
    a.add_argument("--only", choices=["dense", "sparse"])
    a.add_argument("--out", type=Path, default=DEMO)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--steps", type=int, default=4000)
    a.add_argument("--batch", type=int, default=64)
    a.add_argument("--rate", type=float, default=0.03)
    a.add_argument("--smoothing", type=float, default=0.05)
    a.add_argument("--dropout", type=float, default=0.2)
    a.add_argument("--turn", type=float, default=0.15)
    a.add_argument("--stretch", type=float, default=0.1)
    a.add_argument("--jitter", type=float, default=0.05)
    a.add_argument("--reach", type=float, default=3.0, help="|B| / |A|")
    a.add_argument("--exploration", type=float, default=5e-4)
    a.add_argument("--refresh", type=int, default=100)
    a.add_argument("--explore", type=float, default=0.75, help="share of the steps before B := A")
    o = a.parse_args()

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    watch = Watch(o.validate)
    examples, _ = watch.windows(watch.train)
    for name in [o.only] if o.only else ["dense", "sparse"]:
        print(name)
        weights, biases = train(watch, name == "sparse", o, o.seed)
        blob = convert(weights, biases, examples)
        report(blob, weights, biases, watch)
        if not o.validate:
            (o.out / f"watch_{name}.tflite").write_bytes(blob)


if __name__ == "__main__":
    main()

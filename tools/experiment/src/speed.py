"""Dense training of LeNet-300-100 in NumPy: for each line, a number of steps, prints their seconds."""

import sys
import time

import numpy as np

SIZES, BATCH, RATE, MOMENTUM, DECAY = [784, 300, 100, 10], 64, 0.05, 0.9, 1e-4

random = np.random.default_rng(0)
f = np.float32
pairs = list(zip(SIZES, SIZES[1:]))
weights = [(random.standard_normal(pair) * np.sqrt(2 / pair[0])).astype(f) for pair in pairs]
biases = [np.zeros(outputs, f) for _, outputs in pairs]
velocities = [np.zeros_like(array) for array in weights + biases]
pictures = random.standard_normal((BATCH, SIZES[0])).astype(f)
labels = np.arange(BATCH) % SIZES[-1]


def step():
    values = [pictures]
    for layer, (weight, bias) in enumerate(zip(weights, biases)):
        y = values[-1] @ weight + bias
        values.append(np.maximum(y, 0, out=y) if layer < 2 else y)
    share = np.exp(values[-1] - values[-1].max(1, keepdims=True))
    share /= share.sum(1, keepdims=True)
    share[np.arange(BATCH), labels] -= 1
    d = share / f(BATCH)
    for layer in (2, 1, 0):
        gradient, bias_gradient = values[layer].T @ d, d.sum(0)
        if layer:
            d = (d @ weights[layer].T) * (values[layer] > 0)
        velocity, bias_velocity = velocities[layer], velocities[3 + layer]
        velocity *= f(MOMENTUM)
        velocity += gradient
        weights[layer] -= f(RATE) * (velocity + f(DECAY) * weights[layer])
        bias_velocity *= f(MOMENTUM)
        bias_velocity += bias_gradient
        biases[layer] -= f(RATE) * bias_velocity


for line in sys.stdin:
    start = time.perf_counter()
    for _ in range(int(line)):
        step()
    print(time.perf_counter() - start, flush=True)

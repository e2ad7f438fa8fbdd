"""What a training case is made of: its parameters, and numbers that anyone can make again.

Every number comes from one stream of 32-bit words per case, xorshift32 from the case's seed:

    x ^= x << 13;  x ^= x >> 17;  x ^= x << 5        (modulo 2^32; the new x is the word)

    value(bits) = ((x >> (32 - bits)) - 2^(bits-1)) / 2^(bits-1)     a float32 in [-1, 1)
    label       = (x >> 8) mod classes

A word is drawn for each of these, in this order: for each layer all weights row-major
(`value(weight_bits) * scale`, scale = 1/sqrt(inputs of the layer) rounded to float32), then its
biases (`value(24) * 0.1`); then for each step the inputs (`value(24)`), then the label.
`weight_bits` is 24 but in the case of ties, where few bits make many weights exactly equal.
"""

import math
from dataclasses import dataclass

import numpy as np

F = np.float32


@dataclass(frozen=True)
class Case:
    """One training: what to make, how to choose, how to move. None = not used."""

    name: str
    seed: int
    steps: int = 100
    sizes: tuple[int, ...] = (20, 16, 5)
    weight_bits: int = 24
    # Selection: units of `unit` weights by density, or for unit "nm" (N of A, N of B, M).
    unit: str = "1x1"
    forward_density: float | None = 0.2
    backward_density: float | None = 0.5
    nm: tuple[int, int, int] | None = None
    refresh_forward_every: int = 1
    refresh_backward_every: int = 10
    explore_until: int | None = None
    # Update.
    optimizer: str = "sgd"
    momentum: float | None = None
    beta1: float | None = None
    beta2: float | None = None
    epsilon: float | None = None
    penalty: str = "l2"
    exploration: float = 0.0
    weight_decay: float = 0.0
    clip: float | None = None
    # Learning rate.
    schedule: str = "constant"
    lr: float = 0.05
    gamma: float | None = None
    gamma_every: int | None = None
    schedule_steps: int | None = None


class Words:
    """The stream of words."""

    def __init__(self, seed: int):
        self.x = seed

    def word(self) -> int:
        x = self.x
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0xFFFFFFFF
        self.x = x
        return x

    def values(self, count: int, bits: int = 24) -> np.ndarray:
        half = 1 << bits - 1
        return np.array([F((self.word() >> 32 - bits) - half) / F(half) for _ in range(count)], F)

    def label(self, classes: int) -> int:
        return (self.word() >> 8) % classes


def scale(inputs: int) -> np.float32:
    return F(1 / math.sqrt(inputs))


def initial_layer(words: Words, outputs: int, inputs: int, bits: int):
    """Weights [outputs][inputs] and biases of one layer."""
    weights = words.values(outputs * inputs, bits) * scale(inputs)
    return weights.reshape(outputs, inputs), words.values(outputs) * F(0.1)

"""Top-KAST training of a small multilayer perceptron, slowly and in one fixed order.

An independent reference: written from the rules, not from the crate. All arithmetic is float32,
one operation at a time (NumPy's element-wise operations round each result; no fused
multiply-add); sums run in the order that a plain loop has, one row or column after another. exp,
ln and cos are those of float64, rounded once. Another library's may differ in the last bit, so
floats are compared with a tolerance, but sets exactly.

A step t = 0, 1, …:

    refresh: t mod refresh_backward_every = 0:  B = the k_B units of largest magnitude,
                                                A = the k_A largest of B
             else t mod refresh_forward_every = 0:  A = the k_A largest of B
             t = explore_until:  then B = A, and no refresh ever after
    forward: y[r] = bias[r] + Σ_c θ[r][c]·x[c] over A; relu between layers
    loss:    softmax cross-entropy
    back:    dx[c] = Σ_r θ[r][c]·dy[r] over A, before the update; g[r][c] = dy[r]·x[c] on B
    update:  θ ← θ - lr·(v + p) on B,  b ← b - lr·v;  v from the optimizer, p the penalty

k = ⌊density·units + ½⌋; equal magnitudes: the lower index first.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from topkast_data import Case, F, Words, initial_layer


class Maths:
    """The functions that libraries round differently."""

    def exp(self, x) -> np.float32:
        return F(math.exp(float(x)))

    def ln(self, x) -> np.float32:
        return F(math.log(float(x)))

    def cos(self, x) -> np.float32:
        return F(math.cos(float(x)))


# ---- Units: how weights are selected together. ----


def unit_shape(case: Case) -> tuple[int, int]:
    """Rows and columns of a unit. N:M selects single weights, in groups."""
    return {"1x1": (1, 1), "4x1": (4, 1), "1x4": (1, 4), "nm": (1, 1)}[case.unit]


def magnitudes(theta: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """|w0| + |w1| + … of each unit, on the grid of units; members past the edge do not exist."""
    (rows, cols), (high, wide) = theta.shape, shape
    grid = np.zeros((-(-rows // high), -(-cols // wide)), F)
    for r in range(high):
        for c in range(wide):
            part = np.abs(theta[r::high, c::wide])
            grid[: part.shape[0], : part.shape[1]] += part
    return grid


def spread(units: np.ndarray, shape: tuple[int, int], weights: tuple[int, int]) -> np.ndarray:
    """The set of weights whose units are in the set `units`."""
    mask = np.repeat(np.repeat(units, shape[0], axis=0), shape[1], axis=1)
    return mask[: weights[0], : weights[1]]


# ---- Selection: which units are in A and B. ----


def quota(density: float, units: int) -> int:
    exact = density * units + 0.5
    # No density may lie where float32 and float64 round apart.
    assert density == F(density) or 0.01 < exact % 1 < 0.99, (density, units)
    return math.floor(exact)


def groups(case: Case, grid: tuple[int, int], forward: bool) -> list[tuple[range, int]]:
    """The units that compete with each other, and how many of them are kept."""
    rows, cols = grid
    if case.unit != "nm":
        density = case.forward_density if forward else case.backward_density
        return [(range(rows * cols), quota(density, rows * cols))]
    n, m = case.nm[0 if forward else 1], case.nm[2]
    starts = [(r * cols + c, min(m, cols - c)) for r in range(rows) for c in range(0, cols, m)]
    return [(range(at, at + length), min(n, length)) for at, length in starts]


def best(sizes: np.ndarray, competing: list[tuple[range, int]], within: np.ndarray) -> np.ndarray:
    """Of each group's units that are `within`, the largest; ties to the lower index."""
    flat, allowed = sizes.ravel(), within.ravel()
    chosen = np.zeros(flat.size, bool)
    for members, keep in competing:
        order = sorted((-flat[i], i) for i in members if allowed[i])
        chosen[[i for _, i in order[:keep]]] = True
    return chosen.reshape(sizes.shape)


# ---- A layer: θ, its sets, its optimizer's state. ----


@dataclass
class Layer:
    theta: np.ndarray
    bias: np.ndarray
    units_a: np.ndarray  # on the grid of units
    units_b: np.ndarray
    a: np.ndarray  # on the weights
    b: np.ndarray
    k_a: int
    k_b: int
    # The optimizer's arrays, first and second moment. 0 outside B.
    moments: list[np.ndarray] = field(default_factory=list)
    bias_moments: list[np.ndarray] = field(default_factory=list)

    def density(self) -> np.float32:
        """D of the penalty, as it is and not as it was asked for."""
        return F(self.k_a) / F(self.units_a.size)


def new_layer(case: Case, words: Words, outputs: int, inputs: int) -> Layer:
    theta, bias = initial_layer(words, outputs, inputs, case.weight_bits)
    grid = magnitudes(theta, unit_shape(case)).shape
    k_a, k_b = (sum(keep for _, keep in groups(case, grid, forward)) for forward in (True, False))
    empty = [np.zeros(grid, bool), np.zeros(grid, bool)]
    empty += [np.zeros(theta.shape, bool), np.zeros(theta.shape, bool)]
    layer = Layer(theta, bias, *empty, k_a, k_b)
    layer.moments = [np.zeros_like(theta), np.zeros_like(theta)]
    layer.bias_moments = [np.zeros_like(bias), np.zeros_like(bias)]
    return layer


def select(case: Case, layer: Layer, forward: bool) -> None:
    """Chooses A inside B, or B among all."""
    sizes = magnitudes(layer.theta, unit_shape(case))
    competing = groups(case, sizes.shape, forward)
    if forward:
        layer.units_a = best(sizes, competing, layer.units_b)
    else:
        layer.units_b = best(sizes, competing, np.ones(sizes.shape, bool))


def settle(case: Case, layer: Layer) -> None:
    """After a change of sets: the weights' sets; what left B loses its state."""
    shape = unit_shape(case)
    layer.a = spread(layer.units_a, shape, layer.theta.shape)
    layer.b = spread(layer.units_b, shape, layer.theta.shape)
    layer.moments = [np.where(layer.b, one, F(0)) for one in layer.moments]


def refresh(case: Case, layers: list[Layer], step: int) -> None:
    until = case.explore_until
    if until is not None and step > until:
        return
    backward = step % case.refresh_backward_every == 0
    forward = backward or step % case.refresh_forward_every == 0
    for layer in layers:
        if backward:
            select(case, layer, forward=False)
        if forward:
            select(case, layer, forward=True)
        if step == until:
            layer.units_b = layer.units_a.copy()
        settle(case, layer)


# ---- Forward, loss, backward. ----


def forward_layer(layer: Layer, x: np.ndarray) -> np.ndarray:
    """The sum starts from the bias; columns ascend. Adding 0 outside A changes no sum."""
    alpha, y = np.where(layer.a, layer.theta, F(0)), layer.bias.copy()
    for c in range(x.size):
        y = y + alpha[:, c] * x[c]
    return y


def forward(layers: list[Layer], x: np.ndarray) -> list[np.ndarray]:
    """Each layer's input, then the outputs."""
    values = [x]
    for layer in layers[:-1]:
        values.append(np.maximum(forward_layer(layer, values[-1]), F(0)))
    return values + [forward_layer(layers[-1], values[-1])]


def cross_entropy(z: np.ndarray, label: int, maths: Maths) -> tuple[np.float32, np.ndarray]:
    """The loss and its gradient to z."""
    shifted = z - max(z)
    e, total = np.array([maths.exp(one) for one in shifted], F), F(0)
    for one in e:
        total = total + one
    dz = e / total
    dz[label] = dz[label] - F(1)
    return maths.ln(total) - shifted[label], dz


def input_gradient(layer: Layer, dy: np.ndarray) -> np.ndarray:
    """Rows ascend; A only."""
    alpha, dx = np.where(layer.a, layer.theta, F(0)), np.zeros(layer.theta.shape[1], F)
    for r in range(dy.size):
        dx = dx + alpha[r] * dy[r]
    return dx


def gradients(layers: list[Layer], values: list[np.ndarray], dz: np.ndarray):
    """Of each layer, the weights' gradient on B and the biases'; the last layer first."""
    dy, found = dz, []
    for index in reversed(range(len(layers))):
        layer, x = layers[index], values[index]
        found.append((np.where(layer.b, dy[:, None] * x[None, :], F(0)), dy))
        # x is the relu's output, so this is its gradient too; the first layer's is not used.
        dy = np.where(x > 0, input_gradient(layer, dy), F(0))
    return found[::-1]


# ---- Update. ----


def learning_rate(case: Case, step: int, maths: Maths) -> np.float32:
    lr = F(case.lr)
    if case.schedule == "step":
        for _ in range(step // case.gamma_every):
            lr = lr * F(case.gamma)
    if case.schedule == "cosine":
        angle = F(step) / F(case.schedule_steps) * F(math.pi)
        lr = (F(1) + maths.cos(angle)) * F(0.5) * lr
    return lr


def power(base: float, exponent: int) -> np.float32:
    result = F(1)
    for _ in range(exponent):
        result = result * F(base)
    return result


def direction(case: Case, g: np.ndarray, moments: list[np.ndarray], step: int) -> np.ndarray:
    """v: where the optimizer goes. `moments` are the arrays it keeps. Biases are clipped too."""
    if case.clip is not None:
        g = np.clip(g, -F(case.clip), F(case.clip))
    if case.optimizer == "momentum":
        moments[0] = F(case.momentum) * moments[0] + g
        return moments[0]
    if case.optimizer == "adam":
        beta1, beta2 = F(case.beta1), F(case.beta2)
        moments[0] = beta1 * moments[0] + (F(1) - beta1) * g
        moments[1] = beta2 * moments[1] + (F(1) - beta2) * (g * g)
        mean = moments[0] / (F(1) - power(case.beta1, step + 1))
        square = moments[1] / (F(1) - power(case.beta2, step + 1))
        return mean / (np.sqrt(square) + F(case.epsilon))
    return g


def penalty(case: Case, layer: Layer) -> np.ndarray:
    """λ on A, λ/D on B∖A, times θ or its sign; weight decay on both."""
    coefficient = np.where(layer.a, F(case.exploration), F(case.exploration) / layer.density())
    pull = np.sign(layer.theta) if case.penalty == "l1" else layer.theta
    return coefficient * pull + F(case.weight_decay) * layer.theta


def update(case: Case, layer: Layer, gradient, lr: np.float32, step: int) -> None:
    g, bias_g = gradient
    moved = layer.theta - lr * (direction(case, g, layer.moments, step) + penalty(case, layer))
    layer.theta = np.where(layer.b, moved, layer.theta)
    layer.bias = layer.bias - lr * direction(case, bias_g, layer.bias_moments, step)


# ---- All of it. ----


class Training:
    """A case in progress. Each step: `refresh()`, then `step()`, which returns the loss."""

    def __init__(self, case: Case, maths: Maths):
        self.case, self.maths, self.t = case, maths, 0
        self.words = Words(case.seed)
        shapes = zip(case.sizes[1:], case.sizes)
        self.layers = [new_layer(case, self.words, *shape) for shape in shapes]

    def refresh(self) -> None:
        refresh(self.case, self.layers, self.t)

    def sample(self) -> tuple[np.ndarray, int]:
        x = self.words.values(self.case.sizes[0])
        return x, self.words.label(self.case.sizes[-1])

    def step(self) -> np.float32:
        x, label = self.sample()
        values = forward(self.layers, x)
        loss, dz = cross_entropy(values[-1], label, self.maths)
        lr = learning_rate(self.case, self.t, self.maths)
        for layer, gradient in zip(self.layers, gradients(self.layers, values, dz)):
            update(self.case, layer, gradient, lr, self.t)
        self.t += 1
        return loss

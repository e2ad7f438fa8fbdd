"""What must hold while the reference trains, checked by other means than its own.

Sets are checked by rank instead of by sorting; gradients by finite differences in float64; D = 1
against plain dense SGD and B = 1 against the straight-through top-k, bit for bit.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np

from topkast import Layer, Maths, Training, cross_entropy, forward, gradients, groups, magnitudes
from topkast import spread, unit_shape
from topkast_data import Case, F

# Between the last unit chosen and the first not chosen, relative: floats that differ in their
# last bits must not choose different sets.
MARGIN = 1e-5


def same_bits(left: np.ndarray, right: np.ndarray) -> bool:
    return np.array_equal(left.view(np.uint32), right.view(np.uint32))


# ---- After a refresh. ----


class Margins:
    """How close the choices of a training were."""

    def __init__(self):
        self.smallest, self.ties = float("inf"), 0

    def add(self, size: np.ndarray, chosen: np.ndarray, left: np.ndarray, moved: np.ndarray):
        """A group's choice among its units `left`.

        An exact tie between units that no update has changed is safe, and counted: everyone
        starts from the same bits.
        """
        out = left & ~chosen
        if not out.any() or not chosen.any():
            return
        last, first = size[chosen].min(), size[out].max()
        if last > first:
            self.smallest = min(self.smallest, float((last - first) / last))
        elif moved[left & (size == last)].any():
            self.smallest = 0.0
        else:
            self.ties += 1


@dataclass
class Choice:
    """A set of units, and what it was chosen from; all on the grid of units."""

    forward: bool
    sizes: np.ndarray
    chosen: np.ndarray
    within: np.ndarray
    moved: np.ndarray


def check_choice(case: Case, choice: Choice, margins: Margins) -> None:
    """A unit is chosen just where fewer than k are better."""
    flat = [one.ravel() for one in (choice.sizes, choice.chosen, choice.within, choice.moved)]
    for members, keep in groups(case, choice.sizes.shape, choice.forward):
        size, chosen, left, moved = (one[members.start : members.stop] for one in flat)
        index = np.arange(size.size)
        larger = size[None, :] > size[:, None]
        earlier = (size[None, :] == size[:, None]) & (index[None, :] < index[:, None])
        better = ((larger | earlier) & left[None, :]).sum(axis=1)
        assert np.array_equal(chosen, left & (better < keep)), "not the largest"
        assert chosen.sum() == keep, "not k"
        margins.add(size, chosen, left, moved)


def check_sizes(case: Case, layer: Layer, exploring: bool) -> None:
    assert not (layer.a & ~layer.b).any(), "A outside B"
    assert layer.units_a.sum() == layer.k_a, "size of A"
    assert layer.units_b.sum() == (layer.k_b if exploring else layer.k_a), "size of B"
    for units, weights in ((layer.units_a, layer.a), (layer.units_b, layer.b)):
        assert np.array_equal(spread(units, unit_shape(case), weights.shape), weights)


def check_refresh(
    case: Case, layer: Layer, step: int, moved: np.ndarray, margins: Margins
) -> None:
    """The sets after the refresh of `step`."""
    exploring = case.explore_until is None or step < case.explore_until
    check_sizes(case, layer, exploring)
    if not exploring:
        return
    sizes = magnitudes(layer.theta, unit_shape(case))
    everywhere = np.ones(sizes.shape, bool)
    if step % case.refresh_backward_every == 0:
        check_choice(case, Choice(False, sizes, layer.units_b, everywhere, moved), margins)
        check_choice(case, Choice(True, sizes, layer.units_a, everywhere, moved), margins)
    elif step % case.refresh_forward_every == 0:
        check_choice(case, Choice(True, sizes, layer.units_a, layer.units_b, moved), margins)


# ---- Around a step. ----


class Watch:
    """Follows a training and checks each step; counts the units that enter A."""

    def __init__(self, training: Training):
        self.training, self.margins, self.promoted = training, Margins(), 0
        # The units that an update has changed.
        self.moved = [np.zeros_like(layer.units_b) for layer in training.layers]

    def refresh(self) -> None:
        layers, step = self.training.layers, self.training.t
        before = [(layer.theta.copy(), layer.units_a) for layer in layers]
        self.training.refresh()
        for layer, moved, (theta, units_a) in zip(layers, self.moved, before):
            assert same_bits(layer.theta, theta), "a refresh moved a weight"
            check_refresh(self.training.case, layer, step, moved, self.margins)
            self.promoted += int((layer.units_a & ~units_a).sum()) if step else 0
        assert self.margins.smallest >= MARGIN, f"margin {self.margins.smallest} at step {step}"

    def step(self) -> np.float32:
        before = [layer.theta.copy() for layer in self.training.layers]
        loss = self.training.step()
        for layer, theta, moved in zip(self.training.layers, before, self.moved):
            assert same_bits(layer.theta[~layer.b], theta[~layer.b]), "moved outside B"
            for moment in layer.moments:
                assert not moment[~layer.b].any(), "state outside B"
            changed = (layer.theta != theta).astype(F)
            moved |= magnitudes(changed, unit_shape(self.training.case)) > 0
        return loss


# ---- The gradient, by finite differences in float64. ----


def loss64(weights: list[np.ndarray], biases: list[np.ndarray], x: np.ndarray, label: int) -> float:
    for w, b in zip(weights[:-1], biases[:-1]):
        x = np.maximum(w @ x + b, 0)
    z = weights[-1] @ x + biases[-1]
    return float(np.log(np.exp(z - z.max()).sum()) - (z[label] - z.max()))


def difference(loss, array: np.ndarray, at: tuple[int, ...], h: float = 1e-6) -> float:
    """Of `loss()` to one element of an array that it reads."""
    kept = array[at]
    array[at] = kept + h
    above = loss()
    array[at] = kept - h
    below = loss()
    array[at] = kept
    return (above - below) / (2 * h)


def check_gradient(case: Case) -> float:
    """The first step's gradients, formed at α and gathered on B. The largest error."""
    training = Training(case, Maths())
    training.refresh()
    x, label = training.sample()
    layers, worst = training.layers, 0.0
    values = forward(layers, x)
    _, dz = cross_entropy(values[-1], label, training.maths)
    alphas = [np.where(layer.a, layer.theta, 0).astype(np.float64) for layer in layers]
    biases = [layer.bias.astype(np.float64) for layer in layers]

    def loss() -> float:
        return loss64(alphas, biases, x.astype(np.float64), label)

    for layer, alpha, bias, found in zip(layers, alphas, biases, gradients(layers, values, dz)):
        for at in np.ndindex(alpha.shape):
            wanted = difference(loss, alpha, at) if layer.b[at] else 0.0
            worst = max(worst, abs(float(found[0][at]) - wanted))
        for at in np.ndindex(bias.shape):
            worst = max(worst, abs(float(found[1][at]) - difference(loss, bias, at)))
    assert worst < 1e-6, f"gradient off by {worst}"
    return worst


# ---- The limits: D = 1 is dense SGD, B = 1 the straight-through top-k. ----


def top(theta: np.ndarray, k: int) -> np.ndarray:
    """θ with all but its k largest weights 0."""
    kept = np.argsort(-np.abs(theta), axis=None, kind="stable")[:k]
    alpha = np.zeros_like(theta)
    alpha.flat[kept] = theta.flat[kept]
    return alpha


def plain_step(thetas, biases, keep: list[int], x, label: int, lr: np.float32) -> None:
    """SGD in which forward and backward see the `keep` largest weights, and all are updated."""
    alphas, inputs = [top(theta, k) for theta, k in zip(thetas, keep)], [x]
    for index, (alpha, bias) in enumerate(zip(alphas, biases)):
        y = bias.copy()
        for c, one in enumerate(inputs[-1]):
            y += alpha[:, c] * one
        inputs.append(y if index + 1 == len(alphas) else np.where(y > 0, y, F(0)))
    _, dy = cross_entropy(inputs.pop(), label, Maths())
    for theta, bias, alpha in reversed(list(zip(thetas, biases, alphas))):
        x, dx = inputs.pop(), np.zeros(theta.shape[1], F)
        for r, one in enumerate(dy):
            dx += alpha[r] * one
        theta -= lr * np.outer(dy, x)
        bias -= lr * dy
        dy = np.where(x > 0, dx, F(0))


def check_limit(case: Case) -> None:
    """B = 1 with plain SGD, A chosen at every step, nothing else: the same bits as without sets."""
    case = dataclasses.replace(
        case, backward_density=1.0, exploration=0.0, refresh_forward_every=1, optimizer="sgd"
    )
    ours, plain = Training(case, Maths()), Training(case, Maths())
    thetas = [layer.theta.copy() for layer in plain.layers]
    biases = [layer.bias.copy() for layer in plain.layers]
    keep = [layer.k_a for layer in plain.layers]
    for _ in range(case.steps):
        ours.refresh()
        ours.step()
        plain_step(thetas, biases, keep, *plain.sample(), F(case.lr))
    for layer, theta, bias in zip(ours.layers, thetas, biases):
        assert same_bits(layer.theta, theta) and same_bits(layer.bias, bias), case.name

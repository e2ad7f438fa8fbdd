"""The demo's data and protocol: which windows are learned from, which are measured.

Needs NumPy only. tools/kastanet/demo/README.md states the same in prose.
"""

import tomllib
from pathlib import Path

import numpy as np

DEMO = Path(__file__).resolve().parents[2] / "kastanet" / "demo"


class Watch:
    """watch.npz and its protocol (watch.toml)."""

    def __init__(self, validate=False):
        with open(DEMO / "watch.toml", "rb") as file:
            self.p = tomllib.load(file)
        a = np.load(DEMO / "watch.npz")
        self.samples = a["samples"].astype(np.float32) * a["scale"]
        self.starts, self.label = a["starts"].astype(int), a["label"].astype(int)
        self.wearer, self.side = a["wearer"], a["side"]
        self.mean, self.std = np.float32(self.p["mean"]), np.float32(self.p["std"])
        p = self.p
        known = [i for i in range(len(self.label))
                 if self.wearer[i] in p["train_wearers"] and self.side[i] == p["train_side"]]
        new = [i for i in range(len(self.label))
               if self.wearer[i] == p["new_wearer"] and self.side[i] == p["new_side"]]
        self.train, self.held_out, self.new = [], [], []
        for i in known:
            a, b = self.starts[i], self.starts[i + 1]
            cut = self.split(a, b)
            if validate:
                a, b, cut = a, cut, self.split(a, cut)
            self.train.append((a, cut, self.label[i]))
            self.held_out.append((cut, b, self.label[i]))
        for i in new:
            self.new.append((self.starts[i], self.starts[i + 1], self.label[i]))

    def split(self, a, b):
        return a + (b - a) * self.p["split_num"] // self.p["split_den"]

    def standardise(self, x):
        return (x - self.mean) / self.std

    def windows(self, parts):
        """The protocol's windows of these parts: [n, 100, 1, 6] and labels."""
        n, hop = self.p["window"], self.p["hop"]
        at = [(s, y) for a, b, y in parts for s in range(a, b - n + 1, hop)]
        x = np.stack([self.samples[s : s + n] for s, _ in at])
        return self.standardise(x)[:, :, None], np.array([y for _, y in at])

    def batch(self, rng, size, turn, stretch, jitter):
        """Random training windows at any offset, turned, stretched and jittered."""
        n = self.p["window"]
        room = np.array([b - a - n + 1 for a, b, _ in self.train])
        which = rng.choice(len(room), size, p=room / room.sum())
        offset = (rng.random(size) * room[which]).astype(int)
        first = np.array([self.train[i][0] for i in which]) + offset
        x = self.samples[first[:, None] + np.arange(n)].astype(np.float32)
        if turn:
            r = rotations(rng, size, turn)
            x = np.concatenate([x[:, :, :3] @ r, x[:, :, 3:] @ r], axis=2)
        if stretch:
            x = x * rng.uniform(1 - stretch, 1 + stretch, (size, 1, 1))
        x = self.standardise(x) + jitter * rng.standard_normal(x.shape)
        y = np.array([self.train[i][2] for i in which])
        return x.astype(np.float32)[:, :, None], y


def rotations(rng, size, angle):
    """Rotations about random axes by normal angles (radians): the watch sits a little differently."""
    axis = rng.standard_normal((size, 3))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    t = rng.standard_normal((size, 1, 1)) * angle
    k = np.zeros((size, 3, 3))
    k[:, 0, 1], k[:, 0, 2], k[:, 1, 2] = -axis[:, 2], axis[:, 1], -axis[:, 0]
    k -= k.transpose(0, 2, 1)
    return np.eye(3) + np.sin(t) * k + (1 - np.cos(t)) * (k @ k)


def quantise(x, scale, zero):
    """round(x / scale) + zero, halves away from zero, clamped to int8."""
    v = (x / np.float32(scale)).astype(np.float64)  # so that adding a half is exact
    return np.clip(np.trunc(v + np.copysign(0.5, v)) + zero, -128, 127).astype(np.int8)

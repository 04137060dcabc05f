"""Train a small convolutional VAE in JAX on dSprites, drawn while training, or with --path on a set on disk.

Prints the reconstruction loss (nats a pixel) and which share of the time the training waited for data.
"""

from __future__ import annotations

import argparse
import time
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import factorhub
from factorhub.loaders.jax import Stream

SIZES, LATENTS = (16, 16, 32, 32), 10
AXES = ("NHWC", "HWIO", "NHWC")


def initial(channels: int) -> list[tuple[Any, Any]]:
    """Weights and biases: four convolutions down, two dense layers, four convolutions up."""
    sizes = (channels, *SIZES)
    shapes = [(4, 4, a, b) for a, b in pairwise(sizes)]
    shapes += [(512, 2 * LATENTS), (LATENTS, 512)] + [(4, 4, b, a) for a, b in reversed(list(pairwise(sizes)))]
    draw = np.random.default_rng(0).standard_normal
    return [(jnp.array(draw(s) / np.sqrt(np.prod(s[:-1]) / 2), jnp.float32), jnp.zeros(s[-1])) for s in shapes]


def losses(weights: list[tuple[Any, Any]], images: Any, key: Any) -> tuple[Any, Any]:
    """Reconstruction loss and divergence from the prior, each in nats an image."""
    x = images = images.astype(jnp.float32)  # the stream gave uint8; this set's pixels are 0 and 1
    for w, b in weights[:4]:
        x = jax.nn.relu(jax.lax.conv_general_dilated(x, w, (2, 2), "SAME", dimension_numbers=AXES) + b)
    (w, b), (v, c) = weights[4:6]
    mean, log_variance = jnp.split(x.reshape(len(x), -1) @ w + b, 2, axis=1)
    z = mean + jax.random.normal(key, mean.shape) * jnp.exp(log_variance / 2)
    x = jax.nn.relu(z @ v + c).reshape(-1, 4, 4, 32)
    for i, (w, b) in enumerate(weights[6:]):
        x = jax.lax.conv_transpose(jax.nn.relu(x) if i else x, w, (2, 2), "SAME", dimension_numbers=AXES) + b
    reconstruction = (jax.nn.softplus(x) - x * images).sum() / len(images)
    return reconstruction, 0.5 * (mean**2 + jnp.exp(log_variance) - log_variance - 1).sum() / len(images)


@jax.jit
def train(state: Any, images: Any, key: Any) -> tuple[Any, Any]:
    """One step of Adam."""
    weights, first, second, count = state

    def total(weights: Any) -> tuple[Any, Any]:
        reconstruction, divergence = losses(weights, images, key)
        return reconstruction + divergence, reconstruction

    slope, loss = jax.grad(total, has_aux=True)(weights)
    count = count + 1
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, slope)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g**2, second, slope)
    rate = 1e-3 * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
    weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-8), weights, first, second)
    return (weights, first, second, count), loss


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--path", help="the folder of a set with 64x64 binary images; dSprites without a disk by default")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch-size", type=int, default=64)
    asked = parser.parse_args()

    source = factorhub.open(asked.path) if asked.path else factorhub.recipe("dsprites")
    batches = iter(Stream(source, asked.batch_size, fields=["image"], endless=True, threads=1, channels="last"))
    key = jax.random.key(0)
    weights = initial(next(batches)["image"].shape[-1])
    state: Any = (weights, *[jax.tree.map(jnp.zeros_like, weights)] * 2, jnp.array(0))

    waited, history, started = 0.0, [], time.perf_counter()
    for step in range(1, asked.steps + 1):
        before = time.perf_counter()
        images = next(batches)["image"]
        waited += time.perf_counter() - before
        state, loss = train(state, images, jax.random.fold_in(key, step))
        history.append(float(loss) / images[0].size)
        if step % max(asked.steps // 10, 1) == 0:
            recent = sum(history[-10:]) / len(history[-10:])
            share = waited / (time.perf_counter() - started)
            print(f"step {step:5}  reconstruction {recent:.4f} nats a pixel  waited for data {share:.1%} of the time")


if __name__ == "__main__":
    main()

"""Train a small convolutional VAE in torch on dSprites, drawn while training, or with --path on a set on disk.

Prints the reconstruction loss (nats a pixel) and which share of the time the training waited for data.
"""

from __future__ import annotations

import argparse
import time
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

import factorhub
from factorhub.loaders.torch import Stream


class Vae(nn.Module):
    """Four strided convolutions down to a Gaussian over `latents` numbers, and four back up to the logits of pixels."""

    def __init__(self, channels: int, latents: int) -> None:
        super().__init__()
        sizes = (channels, 16, 16, 32, 32)
        down: list[nn.Module] = []
        up: list[nn.Module] = []
        for a, b in pairwise(sizes):
            down += [nn.Conv2d(a, b, 4, 2, 1), nn.ReLU()]
            up = [nn.ReLU(), nn.ConvTranspose2d(b, a, 4, 2, 1), *up]
        self.encode = nn.Sequential(*down, nn.Flatten(), nn.Linear(32 * 4 * 4, 2 * latents))
        self.decode = nn.Sequential(nn.Linear(latents, 32 * 4 * 4), nn.Unflatten(1, (32, 4, 4)), *up)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Reconstruction loss and divergence from the prior, each in nats an image."""
        mean, log_variance = self.encode(images).chunk(2, dim=1)
        logits = self.decode(mean + torch.randn_like(mean) * (log_variance / 2).exp())
        loss = functional.binary_cross_entropy_with_logits(logits, images, reduction="sum") / len(images)
        divergence = 0.5 * (mean**2 + log_variance.exp() - log_variance - 1).sum() / len(images)
        return loss, divergence


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--path", help="the folder of a set with 64x64 images; dSprites without a disk by default")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch-size", type=int, default=64)
    asked = parser.parse_args()

    torch.manual_seed(0)
    source = factorhub.open(asked.path) if asked.path else factorhub.recipe("dsprites")
    stream = Stream(source, asked.batch_size, fields=["image"], endless=True, threads=1, channels="first", normalise=["image"])
    batches = iter(stream)
    model = Vae(next(batches)["image"].shape[1], 10)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)

    waited, losses, started = 0.0, [], time.perf_counter()
    for step in range(1, asked.steps + 1):
        before = time.perf_counter()
        images = next(batches)["image"]
        waited += time.perf_counter() - before
        loss, divergence = model(images)
        optimizer.zero_grad()
        (loss + divergence).backward()
        optimizer.step()
        losses.append(loss.item() / images[0].numel())
        if step % max(asked.steps // 10, 1) == 0:
            recent = sum(losses[-10:]) / len(losses[-10:])
            share = waited / (time.perf_counter() - started)
            print(f"step {step:5}  reconstruction {recent:.4f} nats a pixel  waited for data {share:.1%} of the time")


if __name__ == "__main__":
    main()

"""Any generator of pictures with damage as factors: its kind, its strength, where it is, and the seed of its noise."""

from __future__ import annotations

import numpy as np

from factorhub import catalog, randomness
from factorhub.errors import InputError
from factorhub.factors import Array, categorical, continuous, ordinal
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.space import FactorSpace

KINDS = ("none", "blur", "noise", "pixels", "blocks", "occlusion")
NOISE = KINDS.index("noise")


def degraded(*, of: str = "shapes3d") -> Generator:
    """The generator `of` pictures, each damaged in one way; the field `clean` has it whole.

    The factors of damage follow those of the picture: `damage`, its `strength`, where an occlusion is (`spotX`, `spotY`), and
    `noise_seed`. Strength 0 leaves every picture whole.

    Args:
        of: a generator whose first field is a picture; its options have their defaults.
    """
    made = catalog.generator(of)
    first = made.fields[0]
    if not first.is_image:
        raise InputError(f"degraded needs a generator of pictures; {of} gives {first.name} {first.shape}; try of=shapes3d")
    white = 1 if first.meta.get("binary") else 255
    shape = first.shape if len(first.shape) == 3 else (*first.shape, 1)
    own = (
        categorical("damage", KINDS, description="of the picture"),
        continuous("strength", 0.0, 1.0, grid=9, description="of the damage; 0 is none"),
        continuous("spotX", 0.0, 1.0, grid=5, description="of an occlusion, left to right"),
        continuous("spotY", 0.0, 1.0, grid=5, description="of an occlusion, top to bottom"),
        ordinal("noise_seed", range(2**32), nuisance=True, description="of the noise"),
    )
    about = dict(first.meta)
    about.pop("binary", None)
    image = Field(first.name, "uint8", first.shape, first.dims, description="damaged", meta=about)
    clean = Field("clean", "uint8", first.shape, first.dims, description="the same without damage", meta=about)

    def draw(values: Array) -> Batch:
        from factorhub.wrappers.kernels.damage import degrade

        n, k = len(values), len(made.space.factors)
        found = made.render(values[:, :k], check=False)
        whole = found[first.name] * np.uint8(255 // white)
        kinds = values[:, k].astype(np.int64)
        seeds = values[kinds == NOISE, k + 4].astype(np.uint64)
        noise = randomness.words(0, "degraded/noise", seeds, int(np.prod(shape)))
        out = np.empty((n, *shape), np.uint8)
        pictures = np.ascontiguousarray(whole.reshape(n, *shape))
        degrade(pictures, kinds, np.ascontiguousarray(values[:, k + 1]), noise, np.ascontiguousarray(values[:, k + 2 : k + 4]), out)
        rest = {item.name: found[item.name] for item in made.fields[1:]}
        return {first.name: out.reshape(n, *first.shape), "clean": whole, **rest}

    return Generator(
        name="degraded",
        summary=f"{of} with blur, noise, coarse pixels, blocks or an occlusion as factors, beside the clean picture",
        space=FactorSpace((*made.space.factors, *own), made.space.symmetries, groups=made.space.groups),
        fields=(image, clean, *made.fields[1:]),
        draw=draw,
        source=f"kinds of damage after Hendrycks, Dietterich: ImageNet-C (2019); pictures of {made.source}",
        notes=made.notes,
    )

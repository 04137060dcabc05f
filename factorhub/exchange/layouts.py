"""How data sets were published: which arrays their files hold, and which factors their rows run through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from factorhub.dmelodies.dmelodies import dmelodies
from factorhub.dmelodies.rules import space as melodies_space
from factorhub.dsprites_like import dsprites
from factorhub.factors import categorical, circular, continuous, ordinal
from factorhub.fields import Field
from factorhub.space import FactorSpace


@dataclass(frozen=True)
class PublishedFile:
    """One published file. Its rows are the grid of `space` in C order, each combination once.

    Attributes:
        name: of the data set; what a file is called where its arrays fit several.
        summary: one line of what the file is.
        source: where it was published.
        space: makes the factors.
        field: the observation, as it is called and shaped here.
        observations: the array in the file that holds it.
        classes: the array of factor codes, or None.
        values: the array of factor values, or None.
    """

    name: str
    summary: str
    source: str
    space: Callable[[], FactorSpace]
    field: Field
    observations: str
    classes: str | None = None
    values: str | None = None

    def takes(self, dtype: np.dtype[Any]) -> bool:
        """Whether the observations may be stored so: tokens as any integers, since files number them, pictures as they are."""
        return dtype.kind in "iu" if self.name == "dmelodies" else dtype == np.dtype(self.field.dtype)

    @property
    def dtypes(self) -> str:
        """The dtype of the observations, for people."""
        return "integers" if self.name == "dmelodies" else self.field.dtype

    @property
    def arrays(self) -> dict[str, tuple[int, ...]]:
        """The shape of each array that the file must hold."""
        space = self.space()
        shapes = {self.observations: (len(space), *self.field.shape)}
        shapes |= {name: (len(space), len(space.factors)) for name in (self.classes, self.values) if name is not None}
        return shapes


def shapes3d_space() -> FactorSpace:
    """The factors of 3D Shapes: 480,000 pictures."""
    hues = [circular(f"{what}_hue", 1.0, grid=[i / 10 for i in range(10)]) for what in ("floor", "wall", "object")]
    return FactorSpace(
        (
            *hues,
            continuous("scale", 0.75, 1.25, grid=8),
            categorical("shape", ["cube", "cylinder", "sphere", "capsule"]),
            continuous("orientation", -30.0, 30.0, grid=15, unit="deg"),
        )
    )


def mpi3d_space(colors: Sequence[str], shapes: Sequence[str]) -> FactorSpace:
    """The factors of MPI3D with objects of these colours and shapes."""
    return FactorSpace(
        (
            categorical("object_color", colors),
            categorical("object_shape", shapes),
            categorical("object_size", ["small", "large"]),
            categorical("camera_height", ["top", "center", "bottom"]),
            categorical("background_color", ["purple", "sea green", "salmon"]),
            ordinal("horizontal_axis", range(40), description="joint of the robot arm"),
            ordinal("vertical_axis", range(40), description="joint of the robot arm"),
        )
    )


MPI3D = partial(
    mpi3d_space,
    ("white", "green", "red", "blue", "brown", "olive"),
    ("cone", "cube", "cylinder", "hexagonal", "pyramid", "sphere"),
)
MPI3D_COMPLEX = partial(mpi3d_space, ("yellow", "green", "olive", "red"), ("coffee-cup", "tennis-ball", "croissant", "beer-cup"))


def mpi3d_simulated_space() -> FactorSpace:
    """The factors of the simulated MPI3D files of the challenge, four colours and four shapes whose names were not published."""
    rest = MPI3D().factors[2:]
    numbered = [
        categorical(name, [str(i) for i in range(4)], description="as numbered") for name in ("object_color", "object_shape")
    ]
    return FactorSpace((*numbered, *rest))


def layouts() -> tuple[PublishedFile, ...]:
    """All published files that are known."""
    sprites, melodies = dsprites.dsprites(), dmelodies()
    rgb = Field("image", "uint8", (64, 64, 3), ("y", "x", "channel"))
    matthey = "Matthey, Higgins, Hassabis, Lerchner: dSprites (2017), https://github.com/google-deepmind/dsprites-dataset"
    burgess = "Burgess, Kim: 3D Shapes (2018), https://github.com/google-deepmind/3d-shapes"
    gondal = "Gondal et al.: MPI3D (NeurIPS 2019), https://github.com/rr-learning/disentanglement_dataset"
    pati = "Pati, Gururani, Lerch: dMelodies (ISMIR 2020), https://github.com/ashispati/dmelodies_dataset"
    sprite, tokens, space = sprites.fields[0], melodies.fields[0], partial(dsprites.space, "original")
    return (
        PublishedFile(
            "dsprites", "dSprites, the published npz", matthey, space, sprite, "imgs", "latents_classes", "latents_values"
        ),
        PublishedFile(
            "dsprites", "dSprites, the published HDF5", matthey, space, sprite, "imgs", "latents/classes", "latents/values"
        ),
        PublishedFile("shapes3d", "3D Shapes, the published HDF5", burgess, shapes3d_space, rgb, "images", values="labels"),
        PublishedFile("mpi3d", "MPI3D toy, realistic or real, the published npz", gondal, MPI3D, rgb, "images"),
        PublishedFile("mpi3d_complex", "MPI3D real complex, the published npz", gondal, MPI3D_COMPLEX, rgb, "images"),
        PublishedFile(
            "mpi3d_simulated", "MPI3D toy or realistic of 4 colours and shapes, npz", gondal, mpi3d_simulated_space, rgb, "images"
        ),
        PublishedFile("dmelodies", "dMelodies, the published npz", pati, melodies_space, tokens, "score_array", "latent_array"),
    )

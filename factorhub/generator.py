"""A Generator: a factor space, the named fields of an observation, and the pure function that renders them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from factorhub import html, randomness
from factorhub.attributes import Attribute
from factorhub.errors import InputError, short, unknown
from factorhub.factors import Array
from factorhub.fields import Batch, Field, check_batch
from factorhub.space import FactorSpace
from factorhub.strings import is_text, strings

STRONG = np.array(
    [(230, 60, 60), (60, 190, 75), (70, 110, 250), (245, 215, 60), (200, 80, 220), (60, 210, 220), (250, 140, 40), (240, 240, 240)],
    np.uint8,
)
MOST_BYTES = 1 << 31  # of a field of one row; what stands in HDF5 as one chunk has less than 4 GiB


@dataclass(frozen=True)
class Generator:
    """What varies and how it looks: the central noun of factorhub.

    Attributes:
        name: what it is found under: a catalog name, or `package.module:function`.
        summary: one line of what it is.
        space: the ground-truth factors.
        fields: what `render` returns, in order.
        draw: the renderer, a pure vectorised function of checked values (n, k) float64 that returns one array
            (n, *field.shape) per field. Call `render` instead, which checks and takes any leading axes.
        source: where the definition is published.
        version: raised whenever any row changes.
        options: the options it was made with, all of them, as JSON data.
        picture: turns a batch into uint8 pictures (n, y, x, 3) where no field is an image.
        quality: where rows are computed to a tolerance: from checked values (n, k) to {name: (n,)}, each row's measured
            error bound ("error") and invariant drifts ("drift_…"), all as fractions; what a build stores and limits.
        notes: lines for people on how observations follow from the factors, such as equations of motion.
        attributes: that it offers by name to `derive`; those that its rows have are in `space.attributes`.
        reader: of observations that a model made: from tokens (…, L) to the codes (…, k) that can be read, -1 elsewhere, and
            which (…) of them are observations of the grid. See `factorhub.read_factors`.
    """

    name: str
    summary: str
    space: FactorSpace
    fields: tuple[Field, ...]
    draw: Callable[[Array], Batch]
    source: str
    version: int = 1
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    picture: Callable[[Batch], Array] | None = None
    quality: Callable[[Array], Batch] | None = None
    notes: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    reader: Callable[[npt.ArrayLike], tuple[Array, Array]] | None = None

    def __post_init__(self) -> None:
        derived = [attribute.name for attribute in self.space.attributes]
        names = [*self.space.names, *derived, *(item.name for item in self.fields)]
        if not self.fields or len(set(names)) != len(names):
            raise InputError(f"{self.name} needs at least one field and distinct names; got {', '.join(names)}")
        size, largest = max((math.prod(item.shape) * np.dtype(item.dtype).itemsize, item.name) for item in self.fields)
        if size > MOST_BYTES:
            limit = f"a row of {self.name} has at most {MOST_BYTES >> 30} GiB"
            raise InputError(f"{limit}; got {size / 2**30:.3g} GiB of {largest}; choose smaller options")

    def made_by(self, maker: Callable[..., Generator]) -> Generator:
        """A copy that `maker(name, **options)` made, and that is pickled as such: renderers are often closures, which do not
        pickle. What `dataclasses.replace` makes of it is not.
        """
        made = replace(self)
        object.__setattr__(made, "_maker", maker)
        return made

    def __reduce__(self) -> Any:
        maker = vars(self).get("_maker")
        return super().__reduce__() if maker is None else (_again, (maker, self.name, dict(self.options), self.version))

    def __repr__(self) -> str:
        rows = f", {self.space.grid_size:,} rows on its grid" if self.space.enumerable else ""
        fields = ", ".join(f"{item.name} {item.dtype} {item.shape}" for item in self.fields)
        return f"Generator({self.name!r}): {len(self.space.factors)} factors{rows}; {fields}"

    @html.never_raises
    def _repr_html_(self) -> str:
        u = randomness.uniforms(0, "repr", np.arange(8), len(self.space.factors))
        try:
            drawn = html.gallery(self.pictures(self.render(self.space.from_unit(u))))
        except InputError:  # nothing to see
            drawn = ""
        rows = f"{self.space.grid_size:,} rows on its grid" if self.space.enumerable else "endless"
        fields = html.table(
            ["field", "dtype", "shape", "description"], ((f.name, f.dtype, f.shape, f.description) for f in self.fields)
        )
        begin = f"g = factorhub.generator({self.name!r})\nrows = factorhub.recipe(g, rows=1000).source()"
        options = "\n".join(f"{name} = {value!r}" for name, value in self.options.items())
        return html.page(
            f"{self.name}: {self.summary}",
            f"<div class='dim'>{html.text(rows)}; version {self.version}; {html.text(self.source)}</div>",
            drawn,
            html.folded(f"{len(self.space.factors)} factors", html.factor_table(self.space), shown=len(self.space.factors) <= 12),
            html.folded("fields", fields),
            html.folded("equations", html.code("\n".join(self.notes)) if self.notes else ""),
            html.folded("options", html.code(options) if options else ""),
            html.folded("to start", html.code(begin)),
        )

    def field(self, name: str) -> Field:
        """The field called `name`."""
        for item in self.fields:
            if item.name == name:
                return item
        raise unknown("field", name, [item.name for item in self.fields], self.name)

    def render(self, values: npt.ArrayLike | None = None, *, check: bool = True, **named: npt.ArrayLike) -> Batch:
        """The observations at factor `values` (…, k), in physical units, or at factors by name: {field: (…, *field.shape)}.

        Pure: the same values give the same bits in any batch, order, thread or process. Leading axes are free:
        (n, k) gives single rows, (n, 2, k) pairs, (n, T, k) sequences.

        Args:
            values: float64; a categorical factor's value is its code. See `space.values` for grid codes.
            check: False skips the range check, for values that are known to lie in the space.
            named: in the place of `values`, some factors by name, as labels or numbers or arrays of either; the others have
                their first value. See `space.point`.

        Raises:
            InputError: a value lies outside the space, the last axis is not the factors, or `draw` returned something else
                than the declared fields.

        >>> import factorhub
        >>> dsprites = factorhub.generator("dsprites")
        >>> dsprites.render(dsprites.space.values([[0, 2, 5, 0, 0, 0]]))["image"].sum().item()
        222
        >>> dsprites.render(shape=["square", "heart"], scale=1)["image"].shape
        (2, 64, 64)
        """
        if values is not None and named:
            raise InputError(f"render takes values, or factors by name, and not both; got values and {', '.join(named)}")
        if values is None:
            values = self.space.point(**named)
        values = self.space.check(values) if check else np.asarray(values, dtype=np.float64)
        lead = values.shape[:-1]
        flat = np.ascontiguousarray(values.reshape(-1, values.shape[-1]))
        batch = self.draw(flat)
        check_batch(f"draw of {self.name}", self.fields, batch, flat.shape[:1])
        return {item.name: batch[item.name].reshape((*lead, *item.shape)) for item in self.fields}

    def texts(self, batch: Batch, field: str = "") -> Any:
        """The texts (…) of a batch, of the first field of tokens with a vocabulary unless one is named; a string of a single row.

        Raises:
            InputError: the generator has no text.
        """
        for item in [self.field(field)] if field else self.fields:
            if is_text(item.dims, item.meta):
                found = strings(batch[item.name], item.meta)
                return found if found.ndim else found.item()
        raise InputError(f"{self.name} has no text: none of its fields ({', '.join(f.name for f in self.fields)}) has a vocabulary")

    def pictures(self, batch: Batch) -> Array:
        """A batch as uint8 pictures (n, y, x, 3) for people: the first image field, or what `picture` draws.

        Instance maps (fields whose `meta` has "instances") stand beside it, a colour for each object.
        """
        if self.picture is not None:
            drawn = self.picture(batch)
            if not (isinstance(drawn, np.ndarray) and drawn.dtype == np.uint8 and drawn.ndim == 4 and drawn.shape[3] == 3):
                got = f"{drawn.dtype} {drawn.shape}" if isinstance(drawn, np.ndarray) else short(drawn)
                raise InputError(f"picture of {self.name} gives uint8 (n, y, x, 3); got {got}; return it so")
            return drawn
        for item in self.fields:
            if item.is_image:
                first = as_rgb(batch[item.name], binary=bool(item.meta.get("binary")))
                gap = np.full((*first.shape[:2], 2, 3), 255, np.uint8)
                maps = [colored(batch[other.name]) for other in self.fields if "instances" in other.meta]
                return np.concatenate([first, *(part for drawn in maps for part in (gap, drawn))], axis=2)
        raise InputError(f"{self.name} has no picture: none of its fields ({', '.join(f.name for f in self.fields)}) is an image")


def _again(maker: Callable[..., Generator], name: str, options: Mapping[str, Any], version: int) -> Generator:
    """The generator of a pickle, which must draw the same rows as the one that was pickled."""
    made = maker(name, **options)
    if made.version != version:
        raise InputError(f"the pickle holds version {version} of {name}, and here is version {made.version}; pickle it again here")
    return made


def as_rgb(images: Array, *, binary: bool = False) -> Array:
    """uint8 images (n, y, x) or (n, y, x, 1 | 3 | 4) as (n, y, x, 3); `binary` ones hold 0 and 1 and become 0 and 255."""
    images = images * np.uint8(255) if binary else images
    if images.ndim == 3:
        images = images[..., None]
    return np.repeat(images, 3, axis=-1) if images.shape[-1] == 1 else images[..., :3]


def colored(instances: Array) -> Array:
    """An instance map (n, y, x) as (n, y, x, 3) uint8: black background, and strong colours that come again after eight."""
    return np.where(instances[..., None] > 0, STRONG[(instances - 1) % len(STRONG)], np.uint8(0))

"""Batches of JAX arrays, put on their devices ahead of the step that needs them. Needs jax."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from factorhub.errors import InputError, MissingExtra
from factorhub.fields import Batch
from factorhub.loaders.stream import Recipe
from factorhub.loaders.stream import Stream as NumpyStream
from factorhub.source import Source

try:
    import jax
except ImportError:
    raise MissingExtra("jax", "jax", "factorhub.loaders.jax") from None


class Stream:
    """A stream of pytrees of JAX arrays: {column: (batch, …)} with a device or a sharding of your choice.

    On CPU the arrays share the stream's memory where it is aligned, which for images it is; a batch's memory is used
    again only when JAX has let go of it. Without `jax_enable_x64`, int64 becomes int32 and float64 becomes float32, as
    everywhere in JAX; a row number that does not fit is an error.

    Args:
        source: `factorhub.open(path)`, a recipe, or any source of rows.
        batch_size: rows of this process's part of a batch.
        sharding: how to lay batches over devices, such as `NamedSharding(mesh, PartitionSpec("data"))`; where there are
            several processes, each gives its part of the global batch.
        device: where to put batches otherwise; JAX's default device by default.
        prefetch: batches that are put on the device ahead; by default 2, and none on a CPU, which reads the batch where it lies.
        rank: which of `world` processes this one is; `jax.process_index()` by default.
        world: how many processes share an epoch; `jax.process_count()` by default.
        transform: a function of each batch of NumPy arrays, before it goes to the device.
        options: of `factorhub.loaders.Stream`: fields, shuffle, seed, endless, drop_last, threads, window, channels,
            normalise, clip.

    Raises:
        InputError: as `factorhub.loaders.Stream`; batches that do not divide among the devices of the sharding.

    >>> import factorhub
    >>> from factorhub.loaders.jax import Stream
    >>> stream = Stream(factorhub.recipe("dsprites", rows=1000), 250, fields=["image"], channels="last")
    >>> [batch["image"].shape for batch in stream]
    [(250, 64, 64, 1), (250, 64, 64, 1), (250, 64, 64, 1), (250, 64, 64, 1)]
    """

    def __init__(
        self,
        source: Source | Recipe,
        batch_size: int = 256,
        *,
        sharding: jax.sharding.Sharding | None = None,
        device: jax.Device | None = None,
        prefetch: int | None = None,
        rank: int | None = None,
        world: int | None = None,
        transform: Callable[[Batch], Any] | None = None,
        **options: Any,
    ) -> None:
        if prefetch is not None and prefetch < 0:
            raise InputError(f"prefetch is a number of batches from 0; got {prefetch}")
        rank = jax.process_index() if rank is None else rank
        world = jax.process_count() if world is None else world
        self.stream = NumpyStream(source, batch_size, rank=rank, world=world, transform=transform, **options)
        self.sharding = sharding
        self.device = device
        first = device or (next(iter(sharding.device_set)) if sharding is not None else jax.local_devices()[0])
        self.prefetch = prefetch if prefetch is not None else 0 if first.platform == "cpu" else 2
        self._place: tuple[int, int] | None = None  # epoch and batch after the last one given out
        if sharding is not None:
            self._check(sharding, batch_size)
            if not self.stream.drop_last and self.stream.rows % batch_size:
                self._check(sharding, self.stream.rows % batch_size)

    def _check(self, sharding: jax.sharding.Sharding, rows: int) -> None:
        """Refuse a number of rows that does not divide among the devices."""
        try:
            sharding.shard_shape((rows * jax.process_count(),))
        except ValueError:
            raise InputError(
                f"a batch must divide among the {sharding.num_devices} devices of its sharding; got {rows} rows; "
                f"choose a multiple as batch_size, and drop_last=True where the last batch has fewer"
            ) from None

    def __repr__(self) -> str:
        return f"jax {self.stream!r}"

    def __len__(self) -> int:
        return len(self.stream)

    def __iter__(self) -> Iterator[Any]:
        """The batches of an epoch, each on its devices."""
        if self.prefetch == 0:
            self._place = None
            yield from map(self._put, self.stream)
            return
        ahead: deque[tuple[Any, tuple[int, int]]] = deque()
        for batch in self.stream:
            ahead.append((self._put(batch), self.stream.place))
            if len(ahead) > self.prefetch:
                made, self._place = ahead.popleft()
                yield made
                del made
        while ahead:
            made, self._place = ahead.popleft()
            yield made
            del made
        self._place = None

    def _put(self, batch: Any) -> Any:
        """A batch on its devices, in one transfer."""
        if jax.dtypes.canonicalize_dtype(np.int64) != np.int64:
            batch = jax.tree.map(_narrow, batch)
        if self.sharding is not None:
            return jax.tree.map(partial(jax.make_array_from_process_local_data, self.sharding), batch)
        return jax.device_put(batch, self.device)

    def set_epoch(self, epoch: int) -> None:
        """Let the next pass be this epoch."""
        self.stream.set_epoch(epoch)
        self._place = None

    def state_dict(self) -> dict[str, Any]:
        """Where this stream is, batches that wait on a device not counted; see `factorhub.loaders.Stream.state_dict`."""
        return self.stream.state_dict(self._place)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where a stream of the same batches was; see `factorhub.loaders.Stream.load_state_dict`."""
        self.stream.load_state_dict(state)
        self._place = None


def _narrow(array: Any) -> Any:
    """64-bit integers as the 32-bit ones that JAX makes of them, provided that they fit."""
    if not isinstance(array, np.ndarray) or array.dtype != np.int64 or array.size == 0:
        return array
    bounds = np.iinfo(np.int32)
    if array.min() < bounds.min or array.max() > bounds.max:
        raise InputError(
            f"JAX has 32-bit integers here, and a batch holds {int(np.abs(array).max())}; "
            f"set jax_enable_x64, or name fields without that column"
        )
    return array.astype(np.int32)

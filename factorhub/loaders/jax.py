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

SMALL = 1 << 16  # bytes; larger arrays are worth sharing instead of copying


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
        # one call of a compiled function for all small arrays: device_put would cost each of them more than it holds
        first = device or (next(iter(sharding.device_set)) if sharding is not None else jax.local_devices()[0])
        self.prefetch = prefetch if prefetch is not None else 0 if first.platform == "cpu" else 2
        self._together = _put_together(device)
        self._place: tuple[int, int] | None = None  # epoch and batch after the last one given out
        if sharding is not None:
            self._check(sharding, batch_size)
            if not self.stream.drop_last and self.stream.rows % batch_size:
                self._check(sharding, self.stream.rows % batch_size)

    def __getstate__(self) -> dict[str, Any]:
        """What to pickle: not what is compiled for the devices of this process."""
        return {**vars(self), "_together": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._together = _put_together(self.device)

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
        alone = quick_put(self.device) or (lambda array: jax.device_put(array, self.device))
        put = partial(self._put, alone, jax.dtypes.canonicalize_dtype(np.int64) == np.int64)
        if self.prefetch == 0:
            self._place = None
            yield from map(put, self.stream)
            return
        ahead: deque[tuple[Any, tuple[int, int]]] = deque()
        for batch in self.stream:
            ahead.append((put(batch), self.stream.place))
            if len(ahead) > self.prefetch:
                made, self._place = ahead.popleft()
                yield made
                del made
        while ahead:
            made, self._place = ahead.popleft()
            yield made
            del made
        self._place = None

    def _put(self, alone: Callable[[Any], Any], wide: bool, batch: Any) -> Any:
        if type(batch) is dict and self.sharding is None:  # as streams give them: no tree to be taken apart
            made = {}
            for name, array in batch.items():
                if getattr(array, "nbytes", 0) < SMALL or (array.dtype == np.int64 and not wide):
                    break
                made[name] = alone(array)
            else:
                return made
        arrays, kind = jax.tree.flatten(batch)
        if not wide:
            arrays = [_narrow(array) for array in arrays]
        if self.sharding is not None:
            place: Callable[..., Any] = jax.make_array_from_process_local_data
            return jax.tree.unflatten(kind, [place(self.sharding, array) for array in arrays])
        few = [array for array in arrays if array.nbytes < SMALL]
        small = iter(self._together(few) if few else ())
        return jax.tree.unflatten(kind, [next(small) if array.nbytes < SMALL else alone(array) for array in arrays])

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


def _put_together(device: jax.Device | None) -> Callable[[Any], Any]:
    """A compiled function that puts a list of arrays on the device in one call."""
    place = None if device is None else jax.sharding.SingleDeviceSharding(device)
    return jax.jit(lambda arrays: arrays, out_shardings=place)


def quick_put(device: jax.Device | None) -> Callable[[Any], Any] | None:
    """`jax.device_put` for arrays alone, on one device: a fifth of its time, the rest of which goes into finding out what
    it was given. None where this JAX has no such function, for it is not part of JAX's public interface.
    """
    try:
        from jax._src.lib import xla_client  # type: ignore[attr-defined, unused-ignore]

        put: Callable[..., Any] = xla_client.batched_device_put
        on = device or jax.config.jax_default_device or jax.local_devices()[0]  # type: ignore[attr-defined, unused-ignore]
        sharding = jax.sharding.SingleDeviceSharding(on)
        kinds: dict[Any, Any] = {}

        def quick(array: Any) -> Any:
            key = array.shape, array.dtype
            kind = kinds.get(key)
            if kind is None:
                if jax.dtypes.canonicalize_dtype(array.dtype) != array.dtype:
                    return jax.device_put(array, device)
                kind = kinds[key] = jax.core.ShapedArray(*key)
            return put(kind, sharding, [array], [on], device is not None)

        trial = quick(np.arange(3, dtype=np.uint8))
        return quick if np.array_equal(trial, [0, 1, 2]) and trial.devices() == {on} else None
    except Exception:  # whatever else JAX may make of it one day
        return None


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

"""Batches of torch tensors: a stream for training, and a map-style dataset for samplers. Needs torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from factorhub.errors import MissingExtra
from factorhub.fields import Batch
from factorhub.loaders.stream import Recipe
from factorhub.loaders.stream import Stream as NumpyStream
from factorhub.source import Source, check_source, select

try:
    import torch
    from torch.utils.data import Dataset, IterableDataset, default_collate, get_worker_info
except ImportError:
    raise MissingExtra("torch", "torch", "factorhub.loaders.torch") from None

Tensors: TypeAlias = dict[str, torch.Tensor]


class Stream(IterableDataset[Any]):
    """A stream that yields whole batches of tensors: iterate over it as it is, or with a DataLoader's workers.

    Iterated as it is, threads read ahead and nothing is copied: the fastest way. `DataLoader(stream, batch_size=None,
    num_workers=n)` moves the work of `transform` to processes and gives the same batches in the same order; call
    `set_epoch` before each epoch then, as with a DistributedSampler, since workers end with an epoch. State is saved
    and restored by `state_dict` and `load_state_dict`, and by torchdata's StatefulDataLoader.

    Args:
        source: `factorhub.open(path)`, a recipe, or any source of rows. A recipe also reaches spawned workers where
            what it makes would not pickle.
        batch_size: rows of a batch.
        rank: which of `world` processes this one is; that of `torch.distributed` where it is initialised, else 0.
        world: how many processes share an epoch, likewise.
        pin_memory: copy batches to page-locked memory; by default where CUDA is available.
        transform: a function of each batch of tensors.
        options: of `factorhub.loaders.Stream`: fields, shuffle, seed, endless, drop_last, threads, window, channels,
            normalise, clip. `channels="first"` is a view, in the layout torch calls channels_last.

    Raises:
        InputError: as `factorhub.loaders.Stream`.

    >>> import factorhub
    >>> from factorhub.loaders.torch import Stream
    >>> stream = Stream(factorhub.recipe("dsprites", rows=1000), 250, channels="first", normalise=["image"])
    >>> [tuple(batch["image"].shape) for batch in stream]
    [(250, 1, 64, 64), (250, 1, 64, 64), (250, 1, 64, 64), (250, 1, 64, 64)]
    """

    def __init__(
        self,
        source: Source | Recipe,
        batch_size: int = 256,
        *,
        rank: int | None = None,
        world: int | None = None,
        pin_memory: bool | None = None,
        transform: Callable[[Tensors], Any] | None = None,
        **options: Any,
    ) -> None:
        super().__init__()
        if rank is None and world is None and torch.distributed.is_available() and torch.distributed.is_initialized():
            rank, world = torch.distributed.get_rank(), torch.distributed.get_world_size()
        self.stream = NumpyStream(source, batch_size, rank=rank or 0, world=world or 1, **options)
        self.transform = transform
        self.pin_memory = torch.cuda.is_available() if pin_memory is None else pin_memory
        # the epoch asked for and how often one was: shared, so that it reaches workers that live on
        self._asked = torch.zeros(2, dtype=torch.int64)
        self._asked.share_memory_()  # type: ignore[no-untyped-call]
        self._heard = 0

    def __repr__(self) -> str:
        return f"torch {self.stream!r}"

    def __len__(self) -> int:
        return len(self.stream)

    def __iter__(self) -> Iterator[Any]:
        """The batches of an epoch: {column: (batch, …)} unless transformed."""
        info = get_worker_info()
        if self._heard != self._asked[1]:
            self._heard = int(self._asked[1])
            self.stream.set_epoch(int(self._asked[0]))
        if info is None:
            batches = self.stream.batches()
        else:
            batches = self.stream.batches(info.id, info.num_workers, self.stream.threads or 1)
        for batch in batches:
            tensors = as_tensors(batch, self.pin_memory and info is None)
            yield tensors if self.transform is None else self.transform(tensors)

    def set_epoch(self, epoch: int) -> None:
        """Let the next pass be this epoch, in this process and in workers that it has or will have."""
        self.stream.set_epoch(epoch)
        self._asked += torch.tensor([epoch - int(self._asked[0]), 1])
        self._heard = int(self._asked[1])

    def state_dict(self) -> dict[str, Any]:
        """Where this stream is; see `factorhub.loaders.Stream.state_dict`."""
        return self.stream.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where a stream of the same batches was; see `factorhub.loaders.Stream.load_state_dict`."""
        self.stream.load_state_dict(state)


class Rows(Dataset[Any]):
    """Single rows by number, for samplers, Subset and DistributedSampler; each chunk is decoded once a batch.

    Give `collate` to the DataLoader, so that a batch is not taken apart and put together again:
    `DataLoader(rows, batch_size=256, sampler=…, collate_fn=collate)`. A random sampler asks for a chunk a row; where
    the order is yours to choose, a `Stream` is many times faster.

    Args:
        source: `factorhub.open(path)`, a recipe, or any source of rows.
        fields: the columns to load, all by default.

    >>> import factorhub
    >>> from factorhub.loaders.torch import Rows
    >>> rows = Rows(factorhub.recipe("dsprites", rows=1000), fields=["image", "shape"])
    >>> len(rows), rows[7]["image"].shape
    (1000, torch.Size([64, 64]))
    """

    def __init__(self, source: Source | Recipe, fields: Sequence[str] | None = None) -> None:
        self.source = source.source() if isinstance(source, Recipe) else source
        check_source("Rows reads", self.source)
        self.fields = [column.name for column in select(self.source.columns, fields, "this source")]

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, row: int) -> Tensors:
        """One row: {column: (…)}."""
        one: Tensors = self.__getitems__([row])[0]
        return one

    def __getitems__(self, rows: Sequence[int]) -> Fetched:
        """Several rows at once, as the DataLoader asks for them."""
        return Fetched(as_tensors(self.source.read(np.asarray(rows), self.fields)))


class Fetched(Sequence[Any]):
    """Rows that were read together: a sequence of rows for any collate function, and already a batch for `collate`."""

    def __init__(self, batch: Tensors) -> None:
        self.batch = batch

    def __len__(self) -> int:
        return len(next(iter(self.batch.values())))

    def __getitem__(self, place: Any) -> Any:
        return {name: tensor[place] for name, tensor in self.batch.items()}


def collate(rows: Any) -> Any:
    """What a DataLoader over `Rows` should collate with: the batch as it was read."""
    return rows.batch if isinstance(rows, Fetched) else default_collate(rows)


def as_tensors(batch: Batch, pin: bool = False) -> Tensors:
    """Arrays as tensors that share their memory, or as copies in page-locked memory."""
    tensors = {name: torch.from_numpy(array) for name, array in batch.items()}
    return {name: tensor.pin_memory() for name, tensor in tensors.items()} if pin else tensors

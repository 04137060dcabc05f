"""A stream of batches from any source of rows, in plain NumPy: what every framework's loader is made of.

`epoch` says which rows come when, `reading` reads them ahead on threads, and here they become a stream that can be
shared by ranks and workers, stopped anywhere and resumed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from factorhub.errors import InputError, must_be, short, unknown, whole
from factorhub.fields import Batch
from factorhub.loaders.clips import Clip, check_clip
from factorhub.loaders.epoch import Epoch, Shuffle, grouping
from factorhub.loaders.pixels import Channels, pictured, with_channels
from factorhub.loaders.reading import Reading, Span
from factorhub.loaders.remainder import Runs, between, count, left
from factorhub.loaders.scaling import Normalise, scaled, scales
from factorhub.randomness import SEEDS
from factorhub.source import BlockSource, Source, check_source, select
from factorhub.threads import cores

MOST_THREADS = 4  # unless more are asked for: a few saturate the memory


@runtime_checkable
class Recipe(Protocol):
    """What gives a source when asked, such as `factorhub.recipe("dsprites")`."""

    def to_dict(self) -> dict[str, Any]:
        """The recipe as JSON data."""
        ...

    def source(self) -> Source:
        """The rows of this recipe."""
        ...


class Stream:
    """Batches of a source in a seeded order, read ahead by threads; one pass over the stream is one epoch.

    Each epoch visits every row once, in an order that depends on the number of rows, their columns, `seed` and the
    epoch's number, and on nothing else: not on threads, workers, files or framework. `world` ranks share an epoch:
    each takes `len(source) // world` consecutive positions of that order, and the `len(source) % world` last ones are
    left out.

    Args:
        source: `factorhub.open(path)`, a recipe such as `factorhub.recipe("dsprites")`, which needs no disk, or
            anything with columns, a length and `read(rows, columns)`.
        batch_size: rows of a batch.
        fields: the columns to load, all by default: observations, factor codes and values, and the row number ("index").
        shuffle: True mixes rows within windows of blocks that come in random order (see `factorhub.loaders.epoch`).
            "blocks" takes small blocks in random order and leaves each whole: the fastest, for sets in permuted order,
            where a block is a random sample, though the same one in every epoch. "full" permutes all rows, at the price
            of a decoded chunk for each. False keeps the source's order.
        seed: of the order.
        endless: go on with the next epoch instead of ending.
        drop_last: leave out a last batch that is not full.
        transform: a function of each batch, called in this thread, in order.
        rank: which of `world` processes this one is.
        world: how many processes share an epoch.
        threads: that read and decode; as many as cores, at most 4, by default.
        window: rows that are mixed at once, rounded up to whole blocks; 16 MiB of observations by default, and 64 MiB
            for sets in natural order, whose neighbours are alike.
        channels: "first" or "last" puts the channels of images there, as a view; grey images get an axis of one.
        normalise: names of fields to scale to float32: images of uint8 to [0, 1], numbers to mean 0 and deviation 1 as measured
            on this source; or {field: (mean, deviation)}, such as those of the training rows by `factorhub.loaders.scale_of`.
        clip: of rows over time, such as trajectories, how many steps to take, from anywhere, drawn anew for each row in
            each epoch; or (first step, how many). The column "start" says from which step on.

    Raises:
        InputError: an unknown field, a batch larger than the source, a size below 1, or ranks that do not fit.

    >>> import factorhub
    >>> from factorhub.loaders import stream
    >>> batches = stream(factorhub.recipe("dsprites", rows=1000), batch_size=256, fields=["image", "shape"], seed=7)
    >>> [len(batch["shape"]) for batch in batches], batches.epoch
    ([256, 256, 256, 232], 1)

    A batch is the consumer's own, to keep and to write to. Its arrays are views of the window they were mixed in, whose
    memory is freed with the last of them: copy what you keep for long of many batches.
    """

    def __init__(
        self,
        source: Source | Recipe,
        batch_size: int = 256,
        *,
        fields: Sequence[str] | None = None,
        shuffle: Shuffle = True,
        seed: int = 0,
        endless: bool = False,
        drop_last: bool = False,
        transform: Callable[[Batch], Any] | None = None,
        rank: int = 0,
        world: int = 1,
        threads: int | None = None,
        window: int | None = None,
        channels: Channels | None = None,
        normalise: Normalise = (),
        clip: Clip | None = None,
    ) -> None:
        self._recipe = source if isinstance(source, Recipe) else None
        if isinstance(source, Recipe):
            source = source.source()
        check_source("a stream reads", source)
        if isinstance(fields, str):
            raise InputError(f"fields is a list of columns; got '{fields}'; write fields=['{fields}']")
        if shuffle not in (True, False, "blocks", "full"):
            raise unknown("shuffle", shuffle, ("True", "False", "blocks", "full"))
        if channels not in (None, "first", "last"):
            raise unknown("place of channels", channels, ("first", "last"))
        batch_size, world = whole("batch_size", batch_size, 1), whole("world", world, 1)
        threads, window = (None if n is None else whole(name, n, 1) for name, n in (("threads", threads), ("window", window)))
        rank = whole(f"rank (of {world} processes)", rank, 0, world - 1)
        for name, switch in (("endless", endless), ("drop_last", drop_last)):
            must_be(name, switch, bool, "True or False")
        if transform is not None and not callable(transform):
            raise InputError(f"transform is a function of a batch; got {short(transform)}")
        self.source = source
        self.columns = select(source.columns, fields, "this source")
        self.batch_size = batch_size
        self.shuffle: Shuffle = shuffle
        self.seed = whole("seed", seed, 0, SEEDS - 1)
        self.endless = endless
        self.drop_last = drop_last
        self.transform = transform
        self.rank = rank
        self.world = world
        self.threads = threads
        self.channels = channels
        self.normalise = scales(normalise, self.columns, source)
        self.clips = None if clip is None else check_clip(clip, self.columns)
        self.rows = len(source) // world
        if batch_size > self.rows:
            share = f" for each of {world} ranks" if world > 1 else ""
            raise InputError(f"this source has {self.rows} rows{share}; got batch_size {batch_size}; ask for a smaller one")
        natural = getattr(getattr(source, "order", None), "kind", "natural") == "natural"
        self.grouping = grouping(source.columns, shuffle, natural=natural, window=window)
        self.epoch = 0
        self._next = (0, 0)  # epoch and number of the batch that comes next
        self._resumed = False
        self._left: tuple[int, Runs] = (-1, ())  # an epoch of which only these positions are left, shared by all ranks
        self._workers = 1

    @property
    def length(self) -> int:
        """Batches in an epoch of this rank."""
        return self.rows // self.batch_size if self.drop_last else -(-self.rows // self.batch_size)

    def __repr__(self) -> str:
        return f"Stream of {self.length:,} batches of {self.batch_size} an epoch, of {self.source!r}"

    def __len__(self) -> int:
        if self.endless:
            raise TypeError("an endless stream has no length; its epochs have stream.length batches each")
        return self.length

    def __iter__(self) -> Iterator[Any]:
        """The batches of the epoch `self.epoch`, after which it is the next; {column: (batch, …)} unless transformed."""
        return self.batches()

    def batches(self, worker: int = 0, workers: int = 1, threads: int | None = None) -> Iterator[Any]:
        """The batches that worker number `worker` of `workers` yields: every `workers`-th one of the epoch.

        Workers that are asked in turn give the very batches, in the very order, of a stream without workers. Each
        decodes all that its batches are mixed from, so threads are the faster choice wherever they will do.
        """
        epoch, first = self._next if self._resumed else (self.epoch, 0)
        first = first or worker  # a state of before the first batch says 0
        if first % workers != worker:
            raise InputError(
                f"batch {first} comes next, but worker {worker} of {workers} yields every {workers}th from {worker}; "
                f"use as many workers as when the state was saved, or begin the epoch again with set_epoch({epoch})"
            )
        self._next, self._resumed, self._workers = (epoch, first), False, workers
        threads = threads or self.threads or min(cores(), MOST_THREADS)
        windows = None if self.shuffle == "full" else self.grouping
        finish = self._prepared if self.normalise or self.clips else None
        reading = Reading(self.source, self.columns, windows, threads, finish)
        prepared = not isinstance(self.source, BlockSource)
        try:
            for span, batch in reading.batches(self._spans(epoch, first, worker, workers), self.batch_size * workers):
                self.epoch = span.epoch.number
                self._next = (self.epoch, span.batch + workers)
                yield self._finished(batch)
                del batch  # so that its memory is free as soon as the consumer lets go of it
                if not prepared and isinstance(self.source, BlockSource):
                    prepared = self.source.prepare()
            self.set_epoch(self.epoch + 1)
        finally:
            reading.close()

    def _spans(self, epoch: int, first: int, worker: int, workers: int) -> Iterator[Span]:
        """Where the batches of a worker stand, from number `first` of an epoch on."""
        while True:
            order = Epoch(len(self.source), epoch, self.seed, self.shuffle, self.grouping)
            runs = self._runs(epoch)
            rows = count(runs) // self.world
            low, high = self.rank * rows, (self.rank + 1) * rows
            batches = rows // self.batch_size if self.drop_last else -(-rows // self.batch_size)
            for batch in range(first, batches, workers):
                start = low + batch * self.batch_size
                yield Span(order, batch, between(runs, start, min(start + self.batch_size, high)))
            if not self.endless:
                return
            epoch, first = epoch + 1, worker

    def _runs(self, epoch: int) -> Runs:
        """The positions of an epoch that all ranks share."""
        return self._left[1] if self._left[0] == epoch else ((0, len(self.source)),)

    def _prepared(self, span: Span, batch: Batch) -> Batch:
        """What is worth a thread: cutting and scaling."""
        if self.clips is not None:
            batch = self.clips.cut(batch, self.seed, span.epoch.number, span.positions())
        for name, scale in self.normalise.items():
            batch[name] = scaled(batch[name], scale)
        return batch

    def _finished(self, batch: Batch) -> Any:
        if self.channels is not None:
            for column in self.columns:
                if pictured(column):
                    batch[column.name] = with_channels(batch[column.name], column, self.channels)
        return batch if self.transform is None else self.transform(batch)

    def set_epoch(self, epoch: int) -> None:
        """Let the next pass be this epoch, from its first batch."""
        epoch = whole("an epoch", epoch, 0)
        self.epoch, self._next, self._resumed, self._left = epoch, (epoch, 0), False, (-1, ())

    @property
    def place(self) -> tuple[int, int]:
        """The epoch and the number of the batch that comes next."""
        return self._next

    def state_dict(self, place: tuple[int, int] | None = None) -> dict[str, Any]:
        """Where this stream is; after `load_state_dict` of it, the next batch is the one that would have come next.

        Args:
            place: another `place`, for leaves that have read batches ahead of those that they gave out.
        """
        epoch, batch = place or self._next
        runs = [list(run) for run in self._left[1]] if self._left[0] == epoch else None
        return {"epoch": epoch, "batch": batch, "workers": self._workers, "left": runs, "stream": self._identity()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where a stream of the same rows in the same order was; threads, fields and transform may be others.

        With another batch size or number of ranks, what all ranks together had not yet given out is shared anew, so that the
        epoch still visits each row at most once. The state of any rank will do: all ranks were at the same batch.

        Raises:
            InputError: the state is of another order, or of one of several workers and for other batches.
        """
        try:
            epoch, batch, theirs = int(state["epoch"]), int(state["batch"]), dict(state["stream"])
            runs = None if state.get("left") is None else tuple((int(start), int(stop)) for start, stop in state["left"])
            workers, size, world = int(state.get("workers", 1)), int(theirs["batch_size"]), int(theirs["world"])
        except (KeyError, TypeError, ValueError, AttributeError):
            raise InputError(f"a stream's state is what its state_dict gave; got {short(state)}") from None
        elastic = () if workers > 1 else ("batch_size", "world")
        for name, ours in self._identity().items():
            if theirs.get(name) != ours and name not in elastic:
                raise InputError(
                    f"the state is of a stream with {name} {theirs.get(name)}, this one has {name} {ours}; "
                    f"make it as it was, or begin the epoch again with set_epoch({epoch})"
                )
        self._left = (-1, ()) if runs is None else (epoch, runs)
        if (size, world) != (self.batch_size, self.world):
            self._left = (epoch, left(self._runs(epoch), world, batch * size))
            batch = 0
            if count(self._left[1]) < self.world * (self.batch_size if self.drop_last else 1):
                self.set_epoch(epoch + 1)  # nothing is left of that one
                return
        self.epoch, self._next, self._resumed = epoch, (epoch, batch), True

    def __getstate__(self) -> dict[str, Any]:
        """What to pickle: of a source that a recipe makes, the recipe, since a generator may hold what does not pickle."""
        return {**vars(self), "source": None} if self._recipe is not None else vars(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        if self._recipe is not None:
            self.source = self._recipe.source()

    def _identity(self) -> dict[str, Any]:
        """All that the batches of an epoch depend on."""
        names = ("batch_size", "shuffle", "seed", "drop_last", "world")
        return {"rows": len(self.source), "window": self.grouping.window, **{name: getattr(self, name) for name in names}}


stream = Stream

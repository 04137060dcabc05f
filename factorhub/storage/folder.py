"""The folder a set is written to: who may write, what is already there, and what the disk refuses."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from factorhub.errors import InputError, StoreError
from factorhub.storage.manifest import (
    FORMAT,
    FORMAT_VERSION,
    MANIFEST,
    UNFINISHED,
    Manifest,
    Plan,
    read_manifest,
    read_unfinished,
    write_json,
)

LOCK = ".lock"


def begin(plan: Plan, folder: Path, overwrite: bool, alone: bool) -> Manifest | None:
    """Prepare the folder; the manifest, if the very set is already there and whole."""
    if overwrite and not alone:
        raise InputError("--overwrite does not go with one job of several; empty the folder first")
    (folder / "data").mkdir(parents=True, exist_ok=True)
    found: Plan | None = None
    if (folder / MANIFEST).exists():
        found = read_manifest(folder).plan if not overwrite else _readable_plan(folder)
    elif (folder / UNFINISHED).exists():
        found = read_unfinished(folder) if not overwrite else _readable_plan(folder)
    else:
        strange = sorted(entry.name for entry in folder.iterdir() if entry.name not in ("data", "README.md", LOCK))
        strange += sorted(f"data/{entry.name}" for entry in (folder / "data").iterdir())
        if strange:
            raise InputError(
                f"{folder} is not empty and holds no factorhub set (found {', '.join(strange[:3])}); name another folder"
            )
    if found is not None and found != plan:
        if not overwrite:
            raise InputError(f"{folder} holds another set: {_difference(found, plan)}; name another folder, or add --overwrite")
        clear(folder, found)
        found = None
    if alone:
        for leftover in (*folder.glob(".*.tmp"), *(folder / "data").glob(".*.tmp")):
            leftover.unlink(missing_ok=True)
    if found is not None and (folder / MANIFEST).exists():
        manifest = read_manifest(folder)
        whole = all(_size(folder / s.path) == done.bytes for s, done in zip(plan.shards, manifest.finished, strict=True))
        if whole:
            return manifest
        # files are missing: what follows makes them again, as if the run had been interrupted
    write_json(folder / UNFINISHED, {"format": FORMAT, "format_version": FORMAT_VERSION, "plan": plan.to_dict()})
    (folder / MANIFEST).unlink(missing_ok=True)
    return None


def _readable_plan(folder: Path) -> Plan | None:
    """The plan of the set to be overwritten, if its manifest can still be read."""
    try:
        return read_manifest(folder).plan if (folder / MANIFEST).exists() else read_unfinished(folder)
    except StoreError:
        return None


def clear(folder: Path, plan: Plan | None) -> None:
    """Remove a set's own files, and only those."""
    for shard in plan.shards if plan is not None else ():
        (folder / shard.path).unlink(missing_ok=True)
    for name in (MANIFEST, UNFINISHED, "README.md"):
        (folder / name).unlink(missing_ok=True)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _difference(found: Plan, asked: Plan) -> str:
    """The first setting in which two plans differ, in words."""
    ours, theirs = asked.to_dict(), found.to_dict()
    for key, value in ours["recipe"].items():
        if theirs["recipe"].get(key) != value:
            return f"{key} is {theirs['recipe'].get(key)} there and {value} here"
    for key in ("splits", "shard_rows", "order", "layouts"):
        if theirs[key] != ours[key]:
            return f"{key} is {theirs[key]} there and {ours[key]} here"
    return f"'{found.title}' there and '{asked.title}' here"


@contextmanager
def claimed(folder: Path, shared: bool) -> Iterator[None]:
    """Hold the folder's lock: one writer at a time, or several jobs that each write their own shards."""
    folder.mkdir(parents=True, exist_ok=True)
    if not folder.is_dir():
        raise InputError(f"{folder} is a file; name a folder")
    try:
        import fcntl
    except ImportError:  # no such locks on this system; renames still keep every file whole
        yield
        return
    with (folder / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                yield  # a file system without locks
                return
            raise InputError(f"another factorhub process is writing to {folder}; wait for it, or name another folder") from None
        yield


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """What the disk refuses, in one line each."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        if isinstance(error, (InputError, StoreError)):
            raise
        code = error.errno if isinstance(error, OSError) else None
        text = " ".join(str(error).split())
        if code == errno.ENOSPC or code == errno.EDQUOT or "No space left" in text or "Disk quota" in text:
            raise StoreError(f"the disk of {folder} is full; free some space and run the same command again to finish") from None
        if code in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise StoreError(f"cannot write to {folder}: {os.strerror(code)}; name a folder you may write to") from None
        if code == errno.ENOENT or "No such file" in text:
            raise StoreError(f"{folder} vanished while it was being written; run the same command again") from None
        if code in (errno.ENOTDIR, errno.EEXIST):
            raise InputError(f"cannot make the folder {folder}: a file is in the way; name another folder") from None
        if isinstance(error, OSError):
            raise StoreError(f"cannot write to {folder}: {text[:200]}; run the same command again to finish") from None
        raise

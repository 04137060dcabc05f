"""The folder of a set while it is written: who may write, what lies there already, and what the disk refuses."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from factorhub.errors import FactorhubError, InputError, StoreError
from factorhub.storage.files import release
from factorhub.storage.manifest import FORMAT, FORMAT_VERSION, MANIFEST, UNFINISHED, Manifest, Plan, read_manifest, read_unfinished
from factorhub.storage.whole import is_temporary, make_folder, remove_left_over, sync_folder, write_json

LOCK = ".lock"
CARD = "README.md"
OVERWRITE = "--overwrite (overwrite=True in Python)"
SHARD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}-\d{5,}-of-\d{5,}\.h5")


@contextmanager
def claimed(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold a folder for writing, made if it does not exist: alone, or `shared` by jobs that write different shards.

    Whatever the disk refuses meanwhile is a StoreError of one line.

    Raises:
        InputError: another process holds it, or it holds something that is not factorhub's.
    """
    with disk_errors(folder):
        _refuse_strangers(folder)
        if (folder / "data").is_symlink():
            raise InputError(f"{folder / 'data'} is a link, and links are not followed; name a folder where the data may lie")
        try:
            make_folder(folder / "data")
        except FileNotFoundError:  # what /proc says to everyone
            raise StoreError(f"cannot make the folder {folder}: its parent takes none; name another folder") from None
        with _lock(folder / LOCK, shared):
            yield


@contextmanager
def _lock(path: Path, shared: bool) -> Iterator[None]:
    while True:
        descriptor = _open_lock(path)
        try:
            try:
                fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except BlockingIOError:
                folder = path.parent
                raise InputError(f"another factorhub process is writing to {folder}; wait for it, or name another folder") from None
            except OSError:
                pass  # a file system without locks; renames still keep every file whole
            if not path.exists() or not os.path.samestat(os.fstat(descriptor), path.lstat()):
                continue  # the one who held it removed it meanwhile
            try:
                yield
            finally:
                if not shared:
                    path.unlink(missing_ok=True)
            return
        finally:
            release(descriptor)


def _open_lock(path: Path) -> int:
    """The lock's file, made if it is missing: a plain one, for whoever put a link or a pipe there means no good."""
    refused = InputError(f"{path} is no plain file, as a lock is; remove it, and run the same command again")
    try:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o666)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO, errno.EMLINK):
            raise refused from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        release(descriptor)
        raise refused
    return descriptor


def begin(plan: Plan, folder: Path, *, overwrite: bool = False, alone: bool = True) -> Manifest | None:
    """Prepare a claimed folder for the shards of `plan`; the manifest, if that very set is already there and whole.

    Raises:
        InputError: the folder holds another set, and `overwrite` is not asked for.
    """
    if overwrite and not alone:
        raise InputError("--overwrite does not go with one job of several; empty the folder first")
    # a run that ended before its first shard has left nothing to lose; jobs of several may have just begun
    barren = alone and not (folder / MANIFEST).exists() and not any(map(_is_shard, (folder / "data").iterdir()))
    done = whole(plan, folder, overwrite=overwrite or barren)
    if done is not None:
        end(folder)
        return done
    write_json(folder / UNFINISHED, {"format": FORMAT, "format_version": FORMAT_VERSION, "plan": plan.to_dict()})
    for name in (MANIFEST, CARD):  # from here on the set is unfinished
        (folder / name).unlink(missing_ok=True)
    sync_folder(folder)  # before a new shard comes: the old manifest must not come back beside it
    if alone:
        kept = {Path(shard.path).name for shard in plan.shards}
        for entry in (folder / "data").iterdir():
            if _is_shard(entry) and entry.name not in kept:
                entry.unlink()
        clear(folder)
    return None


def clear(folder: Path) -> None:
    """Remove the temporary files that killed runs have left in a folder that is held alone."""
    for where in (folder, folder / "data"):
        remove_left_over(where, lambda name: name.endswith((".h5", ".json", ".md")))


def whole(plan: Plan, folder: Path, *, overwrite: bool = False) -> Manifest | None:
    """The manifest, if the very set of `plan` is in the folder, with no file missing or cut; None if it is to be written.

    Raises:
        InputError: the folder holds another set. StoreError: one that cannot be read. Neither where `overwrite` is asked for.
    """
    manifest, found = None, None
    try:
        if (folder / MANIFEST).exists():
            manifest = read_manifest(folder)
            found = manifest.plan
        elif (folder / UNFINISHED).exists():
            found = read_unfinished(folder)
    except StoreError:
        if not overwrite:
            raise
    if found is not None and found != plan and not overwrite:
        what = "another set" if manifest is not None else "an unfinished set of another recipe"
        raise InputError(f"{folder} holds {what}: {_difference(found, plan)}; name another folder, or replace it with {OVERWRITE}")
    if manifest is None or found != plan:
        return None
    same = (_same_size(folder / shard.path, done.bytes) for shard, done in zip(plan.shards, manifest.finished, strict=True))
    return manifest if all(same) else None


def end(folder: Path) -> None:
    """Remove what only an unfinished set has, and what killed runs have left."""
    (folder / UNFINISHED).unlink(missing_ok=True)
    clear(folder)
    sync_folder(folder)


def _refuse_strangers(folder: Path) -> None:
    """An InputError for a folder with anything in it but a set, finished or not; nothing is written to such a folder."""
    if not folder.exists() or (folder / MANIFEST).exists() or (folder / UNFINISHED).exists():
        return
    found = sorted(entry.name for entry in folder.iterdir() if entry.name not in ("data", LOCK) and not is_temporary(entry.name))
    if (folder / "data").is_dir():
        found += sorted(f"data/{entry.name}" for entry in (folder / "data").iterdir())
    if found:
        shown = ", ".join(found[:3]) + (", …" if len(found) > 3 else "")
        raise InputError(f"{folder} is not empty and holds no factorhub set (found {shown}); name another folder")


def _is_shard(path: Path) -> bool:
    return SHARD_NAME.fullmatch(path.name) is not None


def _same_size(path: Path, size: int) -> bool:
    try:
        return path.lstat().st_size == size
    except OSError:
        return False


def _difference(found: Plan, asked: Plan) -> str:
    """The first setting in which two plans differ, in words."""
    ours, theirs = asked.to_dict(), found.to_dict()
    for key in {**ours["recipe"], **theirs["recipe"]}:
        if theirs["recipe"].get(key) != ours["recipe"].get(key):
            return f"{key} is {_setting(theirs['recipe'], key)} there and {_setting(ours['recipe'], key)} here"
    for key in ("splits", "shard_rows", "order", "layouts"):
        if theirs[key] != ours[key]:
            return f"{key} is {theirs[key]} there and {ours[key]} here"
    return f"'{found.title}' there and '{asked.title}' here"


def _setting(recipe: Mapping[str, Any], key: str) -> Any:
    """A setting in words; what was not asked for stands in no recipe."""
    if key == "rows" and recipe.get(key) is None:
        return "the whole grid" if recipe["regime"]["kind"] == "grid" else "all there are"
    return recipe.get(key, "not given")


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """What the disk refuses, in one line each. HDF5 gives no error numbers, only their text."""
    try:
        yield
    except FactorhubError:
        raise
    except (OSError, RuntimeError) as error:
        code = error.errno if isinstance(error, OSError) else None
        text = " ".join(str(error).split())
        if code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or any(
            os.strerror(n) in text for n in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        ):
            raise StoreError(f"the disk of {folder} is full; free some space and run the same command again to finish") from None
        if code in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise StoreError(f"cannot write to {folder}: {os.strerror(code)}; name a folder you may write to") from None
        if code == errno.ENOENT or os.strerror(errno.ENOENT) in text:
            raise StoreError(f"{folder} vanished while it was written; run the same command again") from None
        if code in (errno.ENOTDIR, errno.EEXIST, errno.EISDIR):
            raise InputError(f"cannot make the folder {folder}: a file is in the way; name another folder") from None
        if isinstance(error, OSError):
            raise StoreError(f"cannot write to {folder}: {text[:200]}; run the same command again to finish") from None
        raise

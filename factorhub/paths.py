"""Paths that people give: on this machine, written out from the root, so that they stay what they are wherever one goes."""

from __future__ import annotations

import os
import re
from pathlib import Path

from factorhub.errors import InputError, StoreError, cut, short

URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
LONGEST = 255  # bytes of a name, on nearly every file system


def local_path(what: str, path: object, thing: str = "a folder") -> Path:
    """`path` as an absolute Path; a leading ~ is the home folder. Links are left as they are.

    Args:
        what: is done with it, such as "open".
        path: text or a Path.
        thing: that lies there, in words.

    Raises:
        InputError: no path (an open set, a number), an address on a network, or a name that no file can have.
        StoreError: a relative one, where the current folder was deleted.
    """
    asked = f"{what} takes the path of {thing}"
    try:
        text = os.fsdecode(path)  # type: ignore[arg-type]
    except TypeError:
        hint = f"; give its folder, '{folder}'" if (folder := getattr(path, "folder", None)) is not None else ""
        raise InputError(f"{asked}; got {short(path)}{hint}") from None
    if found := URL.fullmatch(text):
        hint = f"give {cut(found[2], 200)} alone" if found[1].lower() == "file" else "copy it to a disk of this machine first"
        raise InputError(f"{asked} on this machine; got the address '{cut(text, 200)}'; {hint}")
    if not text or "\0" in text:
        raise InputError(f"{asked}; got {short(text)}; name one")
    longest = max(len(os.fsencode(name)) for name in text.split("/"))
    if longest > LONGEST:
        raise InputError(f"{asked}; got a name of {longest} bytes, and names have at most {LONGEST}; use a shorter one")
    try:
        # absolute with its .., which after a link is not the folder above
        return (Path(text).expanduser() if text.startswith("~") else Path(text)).absolute()
    except RuntimeError:
        raise InputError(f"{asked}; got '{cut(text)}', and there is no such user; write the path out") from None
    except FileNotFoundError:
        raise StoreError(f"{asked}; got '{cut(text)}', but the current folder was deleted; go to another one") from None

"""What an outsider names as `package.module:thing`: imported only because it was named in this very call."""

from __future__ import annotations

import importlib
from typing import Any

from factorhub.errors import InputError, cut, unknown


def imported(what: str, name: str) -> Any:
    """The thing called `package.module:thing`.

    Args:
        what: it is to be, such as "generator" or "format".
        name: as it was given.

    Raises:
        InputError: no such module, or nothing of that name in it.
    """
    module, _, attribute = name.partition(":")
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and (module == error.name or module.startswith(error.name + ".")):
            missing = f"there is no module '{cut(error.name)}' to import"
            raise InputError(f"{what} '{cut(name)}': {missing}; check the spelling and PYTHONPATH") from None
        raise
    except (ValueError, TypeError):
        raise InputError(f"{what} '{cut(name)}': expected package.module:function") from None
    try:
        return getattr(found, attribute)
    except AttributeError:
        public = [key for key, value in vars(found).items() if callable(value) and not key.startswith("_")]
        raise unknown(what, attribute, public, module) from None

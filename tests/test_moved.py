"""Old names of modules still lead to them, and say where they are."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from factorhub.moved import MOVED, now

OLD = [f"factorhub.{item.partition(':')[0]}" for items in MOVED.values() for item in items.split()]


@pytest.mark.parametrize("name", OLD)
def test_an_old_name_gives_the_very_module(name: str) -> None:
    place = now(name)
    assert place is not None
    with pytest.warns(DeprecationWarning, match=f"{name} is now {place}; import it from there"):
        module = importlib.import_module(name)
    assert module is importlib.import_module(place)
    assert module.__name__ == module.__spec__.name == place
    sys.modules.pop(name)


def test_names_out_of_an_old_module_can_be_imported() -> None:
    ask = "from factorhub.recipes import Recipe; from factorhub.trig import sincos; "
    ask += "from factorhub.build import recipes; print(Recipe is recipes.Recipe)"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_other_names_are_still_missing() -> None:
    with pytest.raises(ModuleNotFoundError, match="factorhub.nothing"):
        importlib.import_module("factorhub.nothing")

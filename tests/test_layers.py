"""The import map: every room imports only rooms below it, and heavy packages only where they are used."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "factorhub"
BASE = {
    "errors",
    "progress",
    "threads",
    "paths",
    "factors",
    "space",
    "fields",
    "randomness",
    "compiled",
    "words",
    "trig",
    "formulas",
    "printable",
}
MAP: dict[str, set[str]] = {
    "printable": set(),
    "errors": {"printable"},
    "progress": {"printable"},
    "shell": set(),
    "threads": set(),
    "named": {"errors"},
    "paths": {"errors"},
    "compiled": {"errors"},
    "words": set(),
    "columns": {"compiled", "words"},
    "factors": {"errors"},
    "fields": {"errors", "factors"},
    "space": {"errors", "factors"},
    "randomness": {"errors", "factors", "philox"},
    "philox": {"compiled", "words", "factors", "columns"},
    "feistel": {"compiled", "factors"},
    "trig": {"compiled", "factors"},
    "formulas": {"errors", "factors", "trig"},
    "order": {"errors", "factors", "randomness", "feistel"},
    "generator": {"errors", "factors", "fields", "space"},
    "source": {"errors", "factors", "fields", "space"},
    "layout": {"factors", "space"},
    "kernels": {"compiled"},
    "regions": BASE | {"layout", "kernels", "columns"},
    "regimes": BASE | {"regions", "order", "layout", "kernels", "philox", "columns"},
    "dsprites_like": BASE | {"generator"},
    "dmelodies": BASE | {"generator"},
    "dynamics": BASE | {"generator", "dsprites_like"},
    "metrics": BASE,
    "catalog": BASE | {"generator", "named", "dsprites_like", "dmelodies", "dynamics"},
    "storage": BASE | {"order", "source"},
    "sampled": BASE | {"generator", "order", "source", "regimes"},
    "bitmaps": {"compiled", "factors"},
    "recorded": {"factors", "source"},
    "labels": BASE | {"storage", "source", "bitmaps", "regions", "recorded"},
    "conditions": {"errors", "factors", "space"},
    "oneline": {"errors", "printable", "shell"},
    "completion": {"catalog", "exchange", "regimes", "build", "describe"},
    "arguments": {"completion", "errors", "oneline", "printable"},
    "neighbours": BASE | {"conditions"},
    "lookup": BASE | {"generator", "storage", "source", "labels", "regions", "conditions", "neighbours"},
    "adapters": BASE | {"generator", "lookup"},
    "loaders": BASE | {"source", "order", "storage"},  # storage for huggingface alone, which reads the files of a set
    "exchange": BASE | {"generator", "named", "source", "storage", "dsprites_like", "dmelodies"},
    "testing": BASE | {"generator", "regimes"},
    "recipes": BASE | {"generator", "catalog", "regimes", "regions", "order", "sampled"},
    "protocols": BASE | {"generator", "catalog", "regimes", "recipes"},
    "quality": BASE | {"generator", "sampled", "storage"},
    "build": BASE
    | {"generator", "catalog", "regimes", "regions", "order", "sampled", "source", "storage", "lookup", "recipes", "quality"},
    "streams": BASE | {"generator", "catalog", "regimes", "order", "recipes", "loaders"},
    "describe": BASE | {"shell", "generator", "catalog", "lookup", "recipes", "regimes"},
    "preview": BASE | {"generator", "catalog", "describe", "lookup", "storage", "testing", "traversals"},
    "traversals": {"factors", "space"},
}
HEAVY = {"torch", "jax", "datasets", "music21", "numba", "grain", "pyarrow", "PIL", "scipy", "imagecodecs", "zlib_ng", "disent"}


def imports(path: Path, *, top: bool = False) -> set[str]:
    """The modules a file imports; with `top` only those imported when the file itself is."""
    tree = ast.parse(path.read_text())
    nodes = ast.iter_child_nodes(tree) if top else ast.walk(tree)
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} if node.module == "factorhub" else {node.module}
    return found


def room_of(module: str) -> str:
    return module.split(".")[1] if module.startswith("factorhub.") else ""


FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem not in ("__init__", "__main__", "cli"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    below = {room_of(module) for module in imports(path)} - {"", room}
    assert below <= MAP[room], f"{path.name} may import {sorted(MAP[room])}, not {sorted(below - MAP[room])}"


def test_the_map_is_acyclic() -> None:
    placed: set[str] = set()
    while len(placed) < len(MAP):
        ready = {room for room, below in MAP.items() if room not in placed and (below - {room}) <= placed}
        assert ready, f"a cycle among {sorted(set(MAP) - placed)}"
        placed |= ready


def test_nobody_imports_the_command_line() -> None:
    for path in PACKAGE.rglob("*.py"):
        assert path.name == "__main__.py" or "factorhub.cli" not in imports(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_packages_are_imported_where_they_are_used(path: Path) -> None:
    heavy = {module.split(".")[0] for module in imports(path, top=True)} & HEAVY
    kernel = path.stem in ("compiled", "lanes", "philox", "words")
    assert heavy <= ({"numba"} if kernel else set())


@pytest.mark.parametrize(
    "statement", ["import factorhub", "import factorhub.cli", "import factorhub; factorhub.generator('dsprites')"]
)
def test_importing_loads_nothing_heavy(statement: str) -> None:
    code = f"import sys; {statement}; print(sorted(set(sys.modules) & {HEAVY!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_modules_are_short_or_say_why() -> None:
    for path in PACKAGE.rglob("*.py"):
        lines = path.read_text().count("\n")
        assert lines <= 300 or "over 300 lines because" in path.read_text(), f"{path} has {lines} lines"

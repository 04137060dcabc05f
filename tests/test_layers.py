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
    "html",
    "named",
    "printable",
    "progress",
    "paths",
    "threads",
    "factors",
    "attributes",
    "symmetries",
    "space",
    "fields",
    "strings",
    "randomness",
    "numerics",
    "formulas",
}
MAP: dict[str, set[str]] = {
    "printable": set(),
    "errors": {"printable"},
    "progress": {"printable"},
    "threads": set(),
    "named": {"errors"},
    "paths": {"errors"},
    "factors": {"errors"},
    "fields": {"errors", "factors"},
    "strings": {"errors", "factors"},
    "attributes": {"errors", "factors"},
    "html": {"factors", "printable"},
    "symmetries": {"factors"},
    "space": {"errors", "factors", "attributes", "html", "symmetries"},
    "numerics": {"errors", "factors", "space"},
    "randomness": {"errors", "factors", "numerics"},
    "formulas": {"errors", "factors", "numerics"},
    "moved": set(),
    "order": {"errors", "factors", "randomness", "numerics"},
    "generator": {"errors", "attributes", "factors", "fields", "html", "randomness", "space", "strings"},
    "source": {"errors", "factors", "fields", "space", "strings"},
    "regions": BASE,
    "derived": BASE | {"generator", "regions"},
    "regimes": BASE | {"regions", "order"},
    "dsprites_like": BASE | {"generator"},
    "dmelodies": BASE | {"generator"},
    "dynamics": BASE | {"generator", "dsprites_like"},
    "graphs": BASE | {"generator"},
    "language": BASE | {"generator"},
    "sounds": BASE | {"generator", "dmelodies"},
    "metrics": BASE,
    "catalog": BASE | {"generator", "derived", "named", "dsprites_like", "dmelodies", "dynamics", "graphs", "language", "sounds"},
    "wrappers": BASE | {"generator", "catalog", "language"},
    "storage": BASE | {"order", "source"},
    "lookup": BASE | {"generator", "order", "storage", "source", "regions"},
    "adapters": BASE | {"generator", "lookup"},
    "loaders": BASE | {"source", "order", "storage"},
    "exchange": BASE | {"generator", "source", "storage", "dsprites_like", "dmelodies"},
    "readers": BASE | {"generator", "catalog"},
    "figures": BASE | {"generator", "regimes", "regions", "dmelodies"},
    "showing": BASE | {"generator", "lookup"},
    "testing": BASE | {"generator", "regimes"},
    "build": BASE
    | {"generator", "catalog", "derived", "regimes", "regions", "order", "source", "storage", "lookup", "loaders", "exchange"},
    "evaluation": BASE | {"generator", "catalog", "metrics", "source", "order", "regimes", "storage", "lookup", "build"},
    "commands": BASE
    | {
        "evaluation",
        "metrics",
        "generator",
        "catalog",
        "lookup",
        "build",
        "regimes",
        "exchange",
        "storage",
        "testing",
        "dsprites_like",
        "dmelodies",
        "readers",
    },
}
MAP["explorer"] = {room for room in MAP if room not in ("testing", "adapters", "commands")}
MAP["commands"] |= {"explorer", "source", "regions", "randomness"}
HEAVY = {
    "matplotlib",
    "torch",
    "jax",
    "datasets",
    "music21",
    "numba",
    "grain",
    "pyarrow",
    "PIL",
    "scipy",
    "imagecodecs",
    "zlib_ng",
    "disent",
    "sklearn",
    "lightgbm",
}


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


def module_of(path: Path) -> str:
    """The dotted name that a file is imported by."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules_of(path: Path) -> set[str]:
    """What a file imports, `from package import module` as the module where it is one."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = PACKAGE.parent / node.module.replace(".", "/") / f"{alias.name}.py"
                found.add(f"{node.module}.{alias.name}" if inner.exists() else node.module)
    return found


def test_no_modules_import_one_another_in_a_circle() -> None:
    """Counting what functions import too: an import that hides in a function to break a circle hides the circle."""
    modules = {module_of(path): path for path in FILES}
    below = {name: modules_of(path) & modules.keys() - {name} for name, path in modules.items()}
    placed: set[str] = set()
    while len(placed) < len(below):
        ready = {name for name in below.keys() - placed if below[name] <= placed}
        assert ready, f"a circle among {sorted(below.keys() - placed)}"
        placed |= ready


def test_nobody_imports_the_command_line() -> None:
    for path in PACKAGE.rglob("*.py"):
        assert path.name == "__main__.py" or "factorhub.cli" not in imports(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_packages_are_imported_where_they_are_used(path: Path) -> None:
    heavy = {module.split(".")[0] for module in imports(path, top=True)} & HEAVY
    kernel = path.parent.name == "numerics" or path.stem == "vector_operations"
    assert heavy <= ({"numba"} if kernel else set())


@pytest.mark.parametrize(
    "statement",
    [
        "import factorhub",
        "import factorhub.metrics; factorhub.metrics.mig",
        "import factorhub.cli",
        "import factorhub; factorhub.generator('dsprites')",
    ],
)
def test_importing_loads_nothing_heavy(statement: str) -> None:
    code = f"import sys; {statement}; print(sorted(set(sys.modules) & {HEAVY!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_modules_are_short_or_say_why() -> None:
    for path in PACKAGE.rglob("*.py"):
        lines = path.read_text().count("\n")
        assert lines <= 300 or "over 300 lines because" in path.read_text(), f"{path} has {lines} lines"

"""A stranger's set is data: what its manifest, card and names say decides no import, no path, and nothing of a terminal."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import xxhash
import yaml

import factorhub
from factorhub.build.recipes import Recipe
from factorhub.errors import FactorhubError, InputError, StoreError
from factorhub.regimes import Grid
from factorhub.storage import card
from factorhub.storage.manifest import MANIFEST, content_of, read_manifest
from factorhub.storage.verify import verify

ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b31m\x7f\u202e\u2028\u2066\U000e0041"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "set"
    factorhub.generate("dsprites", folder, rows=60, splits={"train": 0.5, "test": 0.5})
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A set that may be changed."""
    return shutil.copytree(made, tmp_path / "set")


def change(folder: Path, *path: Any, sealed: bool = True) -> None:
    """Put the last of `path` at the place that the others give; `sealed` as someone would who knows the format."""
    data = json.loads((folder / MANIFEST).read_text())
    node: Any = data
    *keys, last, value = path
    for key in keys:
        node = node[key]
    node[last] = value
    if sealed:
        data["content"] = content_of(data["plan"], data["shards"])
    (folder / MANIFEST).write_text(json.dumps(data))


def command(*words: str, cwd: Path | str = "/") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "factorhub", *words], cwd=cwd, capture_output=True)


# --- nothing is imported ------------------------------------------------------------------------------------------------

TRAP = {"kind": "trap:Regime"}
REGIMES: dict[str, Any] = {
    "text": "trap.Regime",
    "text within text": "pairs(k=1, inner=trap.Regime)",
    "text that calls": "trap.Regime(k=1)",
    "text that is called within a list": "environments([trap.Regime()])",
    "a kind": TRAP,
    "a bare name in a field": {"kind": "pairs", "k": 1, "inner": "trap:Regime"},
    "a record in a field": {"kind": "pairs", "k": 1, "inner": TRAP},
    "a record deep inside": {"kind": "where", "region": "shape == heart", "inner": {"kind": "labels", "rows": 5, "inner": TRAP}},
    "a region": {"kind": "where", "region": "trap.Regime", "inner": "grid"},
    "a module that is imported already": "os.system('touch sprung')",
    "a class that is no regime": {"kind": "subprocess:Popen", "args": ["touch", "sprung"]},
    "a name that a module makes when asked": {"kind": "factorhub:generate"},
    "a list": ["trap:Regime"],
    "a number": 7,
}
SPLITS: dict[str, Any] = {
    "text": "train=20 * trap.Regime",
    "a record": {"train": TRAP},
    "a record in a record": {"train": {"kind": "pairs", "k": 1, "inner": "trap:Regime"}},
    "text in place of a region": {"train": "trap.Regime"},
    "several": "train=20 * uniform; test=20 * pairs(inner=trap.Regime)",
    "a list": ["trap:Regime"],
}


@pytest.fixture
def trapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module on the path that must not be imported; what it would make is returned."""
    sprung = tmp_path / "sprung"
    (tmp_path / "trap.py").write_text(f"open({str(sprung)!r}, 'w').close()\nclass Regime: pass\ndef make(**_): pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return sprung


@pytest.mark.parametrize("regime", REGIMES.values(), ids=REGIMES)
def test_a_regime_in_a_recipe_imports_nothing(folder: Path, trapped: Path, regime: Any) -> None:
    change(folder, "plan", "recipe", "regime", regime)
    os.truncate(next((folder / "data").iterdir()), 5)
    with pytest.raises(FactorhubError):
        factorhub.repair(folder)
    with pytest.raises((FactorhubError, TypeError)):
        Recipe.from_dict({"generator": "dsprites", "regime": regime})
    assert "trap" not in sys.modules
    assert not trapped.exists()


@pytest.mark.parametrize("splits", SPLITS.values(), ids=SPLITS)
def test_splits_in_a_recipe_import_nothing(folder: Path, trapped: Path, splits: Any) -> None:
    change(folder, "plan", "recipe", "splits", splits)
    os.truncate(next((folder / "data").iterdir()), 5)
    with pytest.raises(FactorhubError):
        factorhub.repair(folder)
    with pytest.raises(FactorhubError):
        Recipe.from_dict({"generator": "dsprites", "splits": splits})
    assert not trapped.exists()


GENERATORS: dict[str, tuple[str, str]] = {
    "a shell": ("os:system", "command"),
    "an evaluation": ("builtins:eval", "source"),
    "a process": ("subprocess:run", "args"),
    "a removal": ("shutil:rmtree", "path"),
    "a module of its own": ("trap:make", "x"),
    "a class": ("pathlib:Path", "x"),
}


@pytest.mark.parametrize(("name", "option"), GENERATORS.values(), ids=GENERATORS)
def test_a_recipe_file_calls_no_function(tmp_path: Path, trapped: Path, name: str, option: str) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text(f'generator = "{name}"\n[options]\n{option} = "touch {trapped}"\n')
    for leave in (None, "dsprites", name.partition(":")[0]):
        with pytest.raises(InputError, match="names a generator outside the catalog, .* say so: generator='.*--generator"):
            Recipe.from_toml(file, generator=leave)
    ran = command("generate", "--recipe", str(file), "--out", str(tmp_path / "out"), cwd=tmp_path)
    assert (ran.returncode, b"names a generator outside the catalog" in ran.stderr) == (2, True)
    if name != "trap:make":  # even with leave, what makes no generator is not called
        with pytest.raises(
            InputError, match=r"must return a factorhub\.Generator; got .* not called|no function that makes|no option named"
        ):
            Recipe.from_toml(file, generator=name)
    assert not trapped.exists()


def test_a_generator_whose_name_is_repeated_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "drawn.py").write_text("import factorhub\ndef sprites():\n    return factorhub.generator('dsprites')\n")
    file = tmp_path / "recipe.toml"
    file.write_text('generator = "drawn:sprites"\nrows = 5\n')
    refused = command("generate", "--recipe", str(file), "--out", str(tmp_path / "set"), cwd=tmp_path)
    assert refused.returncode == 2
    done = command("generate", "--recipe", str(file), "--generator", "drawn:sprites", "--out", str(tmp_path / "set"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    named = command("generate", "dsprites", "--generator", "drawn:sprites", "--out", str(tmp_path / "x"))
    assert b"--generator goes with --recipe" in named.stderr


@dataclass(frozen=True)
class Mine(Grid):
    """A regime of a module that the user has imported."""


def test_a_regime_of_an_imported_module_is_found() -> None:
    regime = {"kind": f"{__name__}:Mine"}
    assert Recipe.from_dict({"generator": "dsprites", "regime": regime}).regime == Mine()


@pytest.mark.parametrize("module", ["numpy", "click", "h5py", "xxhash", "json", "yaml", "trap", "numba", "imagecodecs"])
def test_a_command_run_in_a_set_imports_nothing_of_it(folder: Path, module: str) -> None:
    sprung = folder.parent / "sprung"
    (folder / f"{module}.py").write_text(f"open({str(sprung)!r}, 'w').close()")
    change(folder, "plan", "recipe", "regime", "trap.Regime")
    os.truncate(next((folder / "data").iterdir()), 5)
    assert command("repair", ".", cwd=folder).returncode in (1, 2)
    assert command("verify", ".", cwd=folder).returncode == 1
    assert command("info", ".", cwd=folder).returncode == 0
    assert not sprung.exists()


# --- card and manifest --------------------------------------------------------------------------------------------------


def test_card_and_manifest_state_digests_of_one_another(made: Path) -> None:
    manifest = read_manifest(made)
    data, text = json.loads((made / MANIFEST).read_text()), (made / "README.md").read_bytes()
    assert data["content"] == manifest.content == content_of(data["plan"], data["shards"])
    assert data["card"] == manifest.card == xxhash.xxh3_128_hexdigest(text)
    head = yaml.safe_load(text.decode().split("---\n")[1])
    assert head["dataset_info"]["description"] == f"factorhub {manifest.content}"
    other = factorhub.generate("dsprites", made.parent / "other", rows=60, seed=1)
    assert other.manifest.content != manifest.content


def swapped(text: str) -> str:
    return text.replace('"square"', '"x"').replace('"heart"', '"square"').replace('"x"', '"heart"')


CARDS: dict[str, Callable[[str], str]] = {
    "two labels swapped": swapped,
    "another feature": lambda text: text.replace("dtype: float64", "dtype: float32", 1),
    "another shape": lambda text: text.replace("- 64", "- 32", 1),
    "files from elsewhere": lambda text: text.replace("path: data/train-*.h5", "path: /etc/*"),
    "one split's files under another's name": lambda text: text.replace("split: train", "split: all"),
    "a second head": lambda text: text.replace("---\n\n#", "---\n---\nconfigs: []\n---\n#", 1),
    "another digest": lambda text: text.replace("description: factorhub ", "description: factorhub 0", 1),
    "another title": lambda text: text.replace("pretty_name", "pretty_names"),
    "another recipe": lambda text: text.replace('"seed": 0', '"seed": 1'),
    "no card at all": lambda text: "not a card",
    "nothing": lambda text: "",
}


@pytest.mark.parametrize("kind", CARDS)
def test_a_changed_card_is_found_and_mended(folder: Path, kind: str) -> None:
    path = folder / "README.md"
    whole = path.read_text()
    path.write_text(CARDS[kind](whole))
    assert path.read_text() != whole
    report = verify(folder)
    assert (report.damaged, len(report.problems)) == ((), 1)
    assert "(the dataset card) was changed after it was written" in report.problems[0]
    assert factorhub.repair(folder).ok
    assert path.read_text() == whole


@pytest.mark.parametrize("kind", [kind for kind in CARDS if kind not in ("another recipe", "a second head")])
def test_a_changed_card_is_found_though_the_manifest_was_made_to_fit(folder: Path, kind: str) -> None:
    path = folder / "README.md"
    path.write_text(CARDS[kind](path.read_text()))
    change(folder, "card", xxhash.xxh3_128_hexdigest(path.read_bytes()))
    assert "tells other loaders something else" in verify(folder).problems[0]
    change(folder, "card", "")  # as in a set of before
    assert "tells other loaders something else" in verify(folder).problems[0]


def test_a_card_that_is_a_link_or_a_pipe_or_gone_is_found(folder: Path) -> None:
    path = folder / "README.md"
    whole = path.read_text()
    path.unlink()
    assert "is missing" in verify(folder).problems[0]
    path.symlink_to("/etc/passwd")
    assert "is a link" in verify(folder).problems[0]
    path.unlink()
    os.mkfifo(path)
    assert "is not a plain file" in verify(folder).problems[0]
    assert factorhub.repair(folder).ok
    assert path.read_text() == whole


@pytest.mark.parametrize("name", [".huggingface.yaml", "dataset_infos.json"])
def test_what_is_read_in_place_of_the_card_is_found(folder: Path, name: str) -> None:
    (folder / name).write_text("{}")
    assert f"{name} is not in the manifest; remove it" in verify(folder).problems[0]


MANIFESTS: dict[str, tuple[Any, ...]] = {
    "the seed of the order": ("plan", "order", "seed", 1),
    "the kind of the order": ("plan", "order", "kind", "natural"),
    "the ends of the splits": ("plan", "order", "ends", [30, 59]),
    "the names of the splits": ("plan", "splits", ["test", "train"]),
    "labels": ("plan", "space", "factors", 1, "grid", ["heart", "ellipse", "square"]),
    "a unit": ("plan", "space", "factors", 3, "unit", "deg"),
    "a description": ("plan", "space", "factors", 1, "description", "x"),
    "the title": ("plan", "title", "x"),
    "the recipe": ("plan", "recipe", "seed", 1),
    "whether rows are of the grid": ("plan", "grid", False),
    "figures": ("shards", 0, "quality", {"error": 0.0}),
    "the size of a shard": ("shards", 0, "bytes", 99_999),
    "a digest": ("shards", 0, "digests", "image", "0" * 32),
}


@pytest.mark.parametrize("path", MANIFESTS.values(), ids=MANIFESTS)
def test_a_changed_manifest_is_never_believed(folder: Path, path: tuple[Any, ...]) -> None:
    whole = (folder / MANIFEST).read_bytes()
    change(folder, *path, sealed=False)
    if read_or_none(folder):  # what does not fit by itself is refused whatever is asked
        assert not verify(folder).ok
        assert b"was changed after it was written" in command("verify", str(folder)).stdout
    with pytest.raises(StoreError, match=r"manifest\.json (was changed after it was written; factorhub verify|is damaged)"):
        factorhub.open(folder)
    (folder / MANIFEST).write_bytes(whole)
    change(folder, *path)  # by someone who knows the format: the shards still disagree
    if read_or_none(folder):
        assert not verify(folder).ok
    if path[0] == "plan":
        with pytest.raises(StoreError):
            factorhub.open(folder).lookup(shape="heart", scale=0.5, orientation=0)


def read_or_none(folder: Path) -> bool:
    try:
        return bool(read_manifest(folder, changed=True))
    except StoreError:
        return False


def test_a_set_from_before_the_digests_opens_and_verifies(folder: Path) -> None:
    data = json.loads((folder / MANIFEST).read_text())
    del data["content"], data["card"]
    (folder / MANIFEST).write_text(json.dumps(data))
    text = (folder / "README.md").read_text()
    (folder / "README.md").write_text("".join(line for line in text.splitlines(True) if "description: factorhub" not in line))
    assert len(factorhub.open(folder)) == 60
    assert verify(folder).ok
    (folder / "README.md").write_text(swapped((folder / "README.md").read_text()))
    assert not verify(folder).ok
    assert factorhub.repair(folder).ok
    assert read_manifest(folder).card


def test_labels_of_any_script_come_back_from_the_card(rows, tmp_path: Path) -> None:
    labels = ["\U0001d11e", "\U0001f3b5 b", "é", 'a"b\\c', "x\u2028y", "\x85\x1b", "yes", "0x1", "null", "#", ": "]
    folder = named_shapes(rows, labels, tmp_path / "set")
    head = yaml.safe_load((folder / "README.md").read_text().split("---\n")[1])
    features = {item["name"]: item for item in head["dataset_info"]["features"]}
    assert list(features["shape"]["dtype"]["class_label"]["names"].values()) == labels
    assert verify(folder).ok
    assert card.stated((folder / "README.md").read_text()) == read_manifest(folder).content


def named_shapes(rows: Any, labels: list[str], folder: Path) -> Path:
    from factorhub.factors import categorical, continuous
    from factorhub.space import FactorSpace

    source = rows(30)
    source.space = FactorSpace((categorical("shape", labels), continuous("size", 0.0, 1.0, grid=50)))
    source.write(folder)
    return folder


# --- terminals ----------------------------------------------------------------------------------------------------------

TEXTS: dict[str, tuple[Any, ...]] = {
    "title": ("plan", "title", f"a {ESCAPES}\nnew line"),
    "description": ("plan", "space", "factors", 1, "description", ESCAPES),
    "unit": ("plan", "space", "factors", 3, "unit", ESCAPES),
    "label": ("plan", "space", "factors", 1, "grid", [ESCAPES, "b", "c"]),
    "option": ("plan", "recipe", "options", {ESCAPES: ESCAPES}),
    "generator": ("plan", "recipe", "generator", f"{ESCAPES}:x"),
    "regime": ("plan", "recipe", "regime", ESCAPES),
    "split": ("plan", "splits", 0, ESCAPES),
    "dtype": ("plan", "columns", 5, "dtype", ESCAPES),
    "encoder": ("plan", "layouts", "image", "encoder", ESCAPES),
    "figure": ("shards", 0, "quality", {ESCAPES: 0.5}),
    "factor": ("plan", "space", "factors", 1, "name", ESCAPES),
    "lone surrogate": ("plan", "title", "\ud800"),
}


def clean(text: str) -> bool:
    return all(letter == "\n" or letter.isprintable() for letter in text)


@pytest.mark.parametrize("path", TEXTS.values(), ids=TEXTS)
def test_nothing_of_a_set_reaches_a_terminal_raw(folder: Path, path: tuple[Any, ...], runner) -> None:
    change(folder, *path)
    for words in (
        ["info", folder], ["info", folder, "--json"], ["lookup", folder, "shape=q"], ["lookup", folder, "--row", "1"],
        ["lookup", folder, "--row", "1", "--json"], ["verify", folder], ["verify", folder, "--json"], ["repair", folder],
        ["export", folder, "--to", "x\x1b", "--out", "y"], ["preview", folder, "--traverse", "q", "--out", folder / "x.png"],
    ):  # fmt: skip
        result = runner(*map(str, words))
        assert clean(result.output), (words[0], result.output)
        assert result.exception is None or isinstance(result.exception, SystemExit), (words[0], result.exception)


def test_names_of_files_and_errors_in_python_are_printable(folder: Path, runner) -> None:
    (folder / "data" / f"x{ESCAPES}.h5").write_text("")
    os.close(os.open(os.fsencode(folder / "data") + b"/\xff.h5", os.O_CREAT))
    assert clean(runner("verify", str(folder)).output)
    assert all(map(clean, verify(folder).problems))
    with pytest.raises(StoreError) as caught:
        factorhub.open(folder / ESCAPES)
    assert clean(str(caught.value))
    change(folder, "plan", "title", ESCAPES)
    assert clean(repr(factorhub.open(folder)))


@pytest.fixture
def runner() -> Callable[..., Any]:
    from click.testing import CliRunner

    from factorhub.cli import main

    return lambda *words: CliRunner().invoke(main, list(words))


def test_the_command_line_prints_in_one_place_only() -> None:
    package = Path(factorhub.__file__).parent
    for path in package.rglob("*.py"):
        text = path.read_text()
        assert text.count("click.echo(") == (path.name == "group.py"), path

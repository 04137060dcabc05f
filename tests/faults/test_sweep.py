"""Every call that a disk may refuse is refused in its turn, for every command: see `sweep`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SCENARIOS = (
    "generate", "resume", "overwrite", "repair", "import", "read", "verify", "export npz", "export hdf5", "export shapes3d",
    "export objects", "export parquet", "export webdataset", "export midi", "export musicxml", "export wav",
)  # fmt: skip


@pytest.fixture(scope="session")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that lets calls fail."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("needs a C compiler on Linux, such as gcc")
    library = tmp_path_factory.mktemp("failing") / "failing.so"
    subprocess.run([compiler, "-O2", "-fPIC", "-shared", "-o", library, HERE / "failing.c", "-ldl"], check=True)
    return library


def swept(failing: Path, folder: Path, step: int, *names: str) -> list[dict]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.faults.sweep", str(folder), str(step), *names],
        capture_output=True, text=True, cwd=HERE.parents[1], env={**os.environ, "LD_PRELOAD": str(failing)}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("name", ["generate", "overwrite", "repair", "export shapes3d", "read"])
def test_commands_keep_the_law_where_some_calls_fail(failing: Path, tmp_path: Path, name: str) -> None:
    (found,) = swept(failing, tmp_path, 41, name)
    assert found["faults"] == []
    assert found["calls"] > 20


@pytest.mark.soak
@pytest.mark.parametrize("name", SCENARIOS)
def test_commands_keep_the_law_whatever_call_fails(failing: Path, tmp_path: Path, name: str) -> None:
    (found,) = swept(failing, tmp_path, 1, name)
    print(f"{name}: {found['calls']} calls, {found['tried']} runs")
    assert found["faults"] == []

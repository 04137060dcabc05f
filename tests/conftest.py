"""Fixtures shared by all rooms: small sets on disk, made once for each test process."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import factorhub
from factorhub.lookup import Store

# a slow or busy machine is no failure of a law
settings.register_profile("factorhub", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("factorhub")

# a shell that starts the tests in the background has Ctrl-C ignored, by them and by all that they start
signal.signal(signal.SIGINT, signal.default_int_handler)

SPLITS = {"train": 0.7, "validation": 0.2, "test": 0.1}


@pytest.fixture(scope="session", autouse=True)
def panels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of their own for what scores are kept beside: that of the user is neither read nor written."""
    folder = tmp_path_factory.mktemp("kept")
    os.environ["FACTORHUB_CACHE_DIR"] = str(folder)
    return folder


@pytest.fixture(scope="session")
def sprites(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """3,000 dSprites in permuted order, three splits, several shards each."""
    folder = tmp_path_factory.mktemp("sprites") / "set"
    return factorhub.generate("dsprites", folder, rows=3000, splits=SPLITS, shard_rows=700)


@pytest.fixture(scope="session")
def tunes(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The whole dMelodies grid in permuted order, split 70/20/10."""
    folder = tmp_path_factory.mktemp("tunes") / "set"
    return factorhub.generate("dmelodies", folder, splits=SPLITS)


@pytest.fixture
def hf_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for Hugging Face `datasets`, offline."""
    datasets = pytest.importorskip("datasets")
    cache = tmp_path / "hf"
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", cache)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    return cache

"""The examples train: the reconstruction loss that they print falls."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest
import torch

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.mark.parametrize("name", ["vae_torch", "vae_jax"])
def test_the_loss_falls(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", [name, "--steps", "20", "--batch-size", "8"])
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    torch.set_num_threads(threads)
    losses = [float(loss) for loss in re.findall(r"reconstruction ([0-9.]+)", capsys.readouterr().out)]
    assert len(losses) == 10
    assert losses[-1] < losses[0]

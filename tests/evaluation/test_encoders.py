"""Any encoder: what it is given, what it may return, and how it is left."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import factorhub
from factorhub.errors import InputError


def judged(model: Any, what: str = "dsprites", **settings: Any) -> Any:
    return factorhub.evaluate(model, what, ["r2"], n=300, draws=1, panel=False, **settings)


SHAPES = [
    ("dsprites", "stored", "uint8", (64, 64), 1), ("dsprites", "float", "float32", (64, 64, 1), 1),
    ("dsprites", "torch", "float32", (1, 64, 64), 1), ("shapes3d", "stored", "uint8", (64, 64, 3), 255),
    ("shapes3d", "float", "float32", (64, 64, 3), 1), ("shapes3d", "torch", "float32", (3, 64, 64), 1),
]  # fmt: skip


@pytest.mark.parametrize(("what", "layout", "dtype", "shape", "white"), SHAPES)
def test_layouts(what: str, layout: Any, dtype: str, shape: tuple[int, ...], white: float) -> None:
    seen: list[Any] = []

    def model(batch: Any) -> Any:
        seen.append(batch)
        return batch.reshape(len(batch), -1)[:, :: 64 * 5] * 1.0

    judged(model, what, layout=layout)
    assert [len(batch) for batch in seen] == [256, 44]
    assert str(seen[0].dtype).removeprefix("torch.") == dtype
    assert tuple(seen[0].shape[1:]) == shape
    assert 0.8 * white < float(seen[0].max()) <= white


def test_several_fields_are_given_by_name() -> None:
    def model(batch: dict[str, Any]) -> Any:
        assert set(batch) == {"image", "mask"}
        return batch["mask"].reshape(len(batch["mask"]), -1)[:, ::256]

    factorhub.evaluate(model, "multi_dsprites", ["r2"], n=300, draws=1, field=["image", "mask"], factors=["posX_1"], panel=False)


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(nn.Conv2d(1, 4, 4, 4), nn.BatchNorm2d(4), nn.Dropout(0.5), nn.Flatten(), nn.Linear(4 * 256, 6))
        self.grad = False

    def encode(self, images: Tensor) -> Tensor:
        self.grad |= torch.is_grad_enabled()
        assert not self.training
        out: Tensor = self.body(images)
        return out

    forward = encode


@pytest.mark.parametrize("which", ["module", "method"])
def test_torch_modules_run_in_eval_mode_without_gradients_and_are_put_back(which: str) -> None:
    made = Small()
    made.train()
    made.body[2].eval()
    model = made if which == "module" else made.encode
    first, second = judged(model), judged(model)
    assert first.record("2026-01-01") == second.record("2026-01-01")
    assert [part.training for part in made.modules()] == [True, True, True, True, False, True, True]
    assert not made.grad
    assert torch.is_grad_enabled()


def test_modules_are_put_back_when_they_fail() -> None:
    made = Small()
    with pytest.raises(InputError, match="the model fails on a batch of float32"):
        judged(made, "shapes3d")
    assert made.training
    assert torch.is_grad_enabled()


def test_jax_functions() -> None:
    jax = pytest.importorskip("jax")
    report = judged(jax.jit(lambda x: x[:, 10:50:8, 32, 0]), layout="float")
    assert report.model["D"] == 5


RETURNS: list[tuple[Any, str]] = [
    (lambda x: x[:-1, 0], "a row of codes for each of 256 observations; got 255 rows"),
    (lambda x: 3.0, "got a single number"),
    (lambda x: x[:, 0] * np.nan, "finite numbers; got nan in row 0, code 0"),
    (lambda x: np.where(x[:, 0] == 0, -np.inf, 0), "finite numbers; got -inf in row 0"),
    (lambda x: np.full((len(x), 2), "a"), "real numbers (n, D); got an array of <U1"),
    (lambda x: x[:, 0] * 1j, "got an array of complex128"),
    (lambda x: np.zeros((len(x), 0)), "D of 1 or more"),
    (lambda x: (x[:, 0], x[:, 1]), "one array of codes (n, D); got a tuple of 2; give the means alone"),
    (lambda x: {"z": x[:, 0]}, "got a dict of 1"),
    (lambda x: None, "got an array of object"),
    (lambda x: "codes", "got an array of <U5"),
    (lambda x: x[:, 0, : len(x) // 20], "the model returns as many codes for every batch; got 12 and then 2"),
    (lambda x: x[:, 99], "the model fails on a batch of uint8 (256, 64, 64) (stored): IndexError"),
]


@pytest.mark.parametrize(("model", "text"), RETURNS, ids=[text for _, text in RETURNS])
def test_what_is_no_codes_is_one_clear_line(model: Any, text: str) -> None:
    with pytest.raises(InputError) as caught:
        judged(model)
    assert text in str(caught.value)


def test_lists_and_further_axes_are_codes() -> None:
    assert judged(lambda x: x[:, :2, :2].tolist()).model["D"] == 4
    assert judged(lambda x: x[:, 0, 0]).model["D"] == 1
    assert judged(lambda x: x[:, :2, :2] > 0).model["D"] == 4


def test_what_cannot_be_called() -> None:
    with pytest.raises(InputError, match="codes are numbers"):
        factorhub.evaluate("model", "dsprites", ["r2"], index=[1])

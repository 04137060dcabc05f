"""Published files that are something else, damaged or hostile."""

from __future__ import annotations

import pickle
from dataclasses import replace
from itertools import combinations

import h5py
import numpy as np
import pytest

import factorhub
from factorhub.errors import InputError
from factorhub.exchange import layouts as known
from factorhub.exchange.published import Published
from factorhub.factors import categorical, continuous
from factorhub.space import FactorSpace
from tests.exchange.published_files import dsprites_npz, hdf5


class Trap:
    def __reduce__(self):
        return exec, ("raise SystemError('unpickled')",)


def test_nothing_is_ever_unpickled(small, tmp_path):
    parts = {name: small[name] for name in ("imgs", "latents_values", "latents_classes")}
    trap = np.array(Trap(), dtype=object)
    np.savez(tmp_path / "a.npz", **parts, metadata=trap)
    assert len(Published(tmp_path / "a.npz")) == 24
    np.savez(tmp_path / "b.npz", **{**parts, "imgs": trap})
    with pytest.raises(InputError, match="is not dSprites, the published npz"):
        Published(tmp_path / "b.npz")


def test_links_out_of_an_hdf5_file_are_not_followed(small, tmp_path):
    hdf5(tmp_path / "real.hdf5", small, None)
    for name, target in (("soft", h5py.SoftLink("/hidden/imgs")), ("external", h5py.ExternalLink("real.hdf5", "/imgs"))):
        with h5py.File(tmp_path / f"{name}.hdf5", "w") as file:
            file["hidden/imgs"] = small["imgs"]
            file["imgs"] = target
            file["latents/classes"], file["latents/values"] = small["latents_classes"], small["latents_values"]
        with pytest.raises(InputError, match="is not dSprites, the published HDF5|holds none of the published sets"):
            Published(tmp_path / f"{name}.hdf5")
    with h5py.File(tmp_path / "virtual.hdf5", "w") as file:
        layout = h5py.VirtualLayout((24, 64, 64), np.uint8)
        layout[:] = h5py.VirtualSource(str(tmp_path / "real.hdf5"), "imgs", (24, 64, 64))
        file.create_virtual_dataset("imgs", layout)
        file["latents/classes"], file["latents/values"] = small["latents_classes"], small["latents_values"]
    with pytest.raises(InputError, match="is not dSprites, the published HDF5"):
        Published(tmp_path / "virtual.hdf5")


def test_files_of_another_size_or_kind_are_refused(small, tmp_path):
    with pytest.raises(InputError, match=r"is not dSprites, the published npz: it has .* expected imgs \(24, 64, 64\)"):
        Published(dsprites_npz(tmp_path / "a.npz", small, imgs=small["imgs"][:23]))
    for dtype in (np.float32, np.int64):
        with pytest.raises(InputError, match=rf"is not dSprites, the published npz: .*imgs .* {np.dtype(dtype)}.* of uint8; name"):
            Published(dsprites_npz(tmp_path / "f.npz", small, imgs=small["imgs"].astype(dtype)))
    np.savez(tmp_path / "b.npz", something=np.zeros(3))
    with pytest.raises(
        InputError, match=r"none of the published sets \(dSprites, .*\): it has something \(3,\) float64; name a file"
    ):
        Published(tmp_path / "b.npz")
    (tmp_path / "c.npz").write_bytes(b"not a zip at all")
    with pytest.raises(InputError, match="is neither npz nor HDF5; name a file as it was published"):
        Published(tmp_path / "c.npz")
    with pytest.raises(InputError, match="cannot read .*nowhere.npz: No such file or directory; name a file"):
        Published(tmp_path / "nowhere.npz")


def pictures_of_nothing(path, rows):
    """An npz of so many black pictures and nothing else."""
    np.savez_compressed(path, images=np.zeros((rows, 64, 64, 3), np.uint8))
    return path


@pytest.fixture
def alike(monkeypatch):
    """Two sets of one size, and a third that is larger."""
    sizes = {"mpi3d": 24, "mpi3d_complex": 12, "mpi3d_simulated": 12, "shapes3d": 24, "dsprites": 24}

    def of(name):
        return lambda: FactorSpace((categorical(f"{name}_kind", ["a", "b"]), continuous("x", 0.0, 1.0, grid=sizes[name] // 2)))

    layouts = tuple(replace(layout, space=of(layout.name)) for layout in known.layouts() if layout.name in sizes)
    monkeypatch.setattr("factorhub.exchange.published.layouts", lambda: layouts)


def test_a_file_of_a_size_that_two_sets_share_is_asked_about(alike, tmp_path):
    path = pictures_of_nothing(tmp_path / "mpi3d.npz", 12)
    match = (
        r"may be mpi3d_complex \(.*\) or mpi3d_simulated \(.*\): .*; say which, by --layout or --set layout=, or layout= in Python"
    )
    with pytest.raises(InputError, match=match):
        Published(path)
    with pytest.raises(InputError, match=match):
        factorhub.generator("factorhub.exchange.published:published", file=str(path))
    for layout in ("mpi3d_complex", "mpi3d_simulated"):
        made = factorhub.generator("factorhub.exchange.published:published", file=str(path), layout=layout)
        assert made.space.names[0] == f"{layout}_kind"
        assert made.options == {"file": str(path), "layout": layout}
        rows = pickle.loads(pickle.dumps(Published(path, layout)))
        assert rows.layout.name == layout
    with pytest.raises(InputError, match=r"no layout named 'mpi3d_comples'; .* did you mean 'mpi3d_complex'\?"):
        Published(path, "mpi3d_comples")
    with pytest.raises(
        InputError, match=r"is not MPI3D toy, realistic or real, .*: it has images .*; it has the arrays of mpi3d_complex"
    ):
        Published(path, "mpi3d")


def test_only_sets_without_labels_share_their_arrays():
    """Every two layouts of equal arrays have equal factors, or no labels, so that the user is asked."""
    shared = [{a.name, b.name} for a, b in combinations(known.layouts(), 2) if a.arrays == b.arrays and a.space() != b.space()]
    assert shared == [{"mpi3d_complex", "mpi3d_simulated"}]


def test_a_resembling_file_is_compared_with_the_nearest_layout(alike, tmp_path):
    with pytest.raises(InputError, match=r"is not MPI3D toy, realistic or real, .*: it has images \(23, .*expected images \(24"):
        Published(pictures_of_nothing(tmp_path / "a.npz", 23))
    with pytest.raises(InputError, match=r"is not MPI3D real complex, .*: it has images \(11, .*expected images \(12"):
        Published(pictures_of_nothing(tmp_path / "b.npz", 11))
    np.savez(tmp_path / "d.npz", images=np.zeros((22, 64, 64, 3), np.uint8), labels=np.zeros((22, 2)))
    with pytest.raises(InputError, match="is not 3D Shapes"):
        Published(tmp_path / "d.npz")

"""Files of a few bytes that ask for gigabytes, or for other files: refused before memory is taken."""

import gzip
import io
import os
import zipfile

import h5py
import numpy as np
import pytest

from nimba.clouds import read_cloud
from nimba.clouds.formats.limits import DEFAULT, max_points
from nimba.runtime.errors import InputError
from tests.clouds.formats.files import POINTS, read, refuse, rows


def npy(shape: tuple[int, ...], kind: str = "<f8", data: bytes = b"") -> bytes:
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + data


def npz(size: int) -> bytes:
    """``size`` zeros of eight bytes, packed to next to nothing."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("points.npy", "w") as member:
        member.write(npy((size // 3, 3)))
        for _ in range(size // 3_000):
            member.write(bytes(24_000))
    return file.getvalue()


XYZ = "property double x\nproperty double y\nproperty double z\nend_header\n"
BOMBS = {
    "a.npy": (npy((10**9, 3)), "says .* but holds 0 of its"),
    "b.npy": (npy((2**62, 2**62)), "says .* but holds 0 of its"),
    "header.npy": (b"\x93NUMPY\x02\x00" + b"\xf0" * 4 + npy((2, 3))[10:], "its header says it has 4,042,322,160 bytes"),
    "c.npy": (npy((3, 0)), "says|a cloud is|no points"),
    "a.ply": (f"ply\nformat ascii 1.0\nelement vertex {10**12}\n{XYZ}1 2 3\n", "says that it holds 1,000,000,000,000"),
    "a.pcd": ("FIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nWIDTH 4000000000\nHEIGHT 1\nDATA binary\n", "above the limit"),
    "a.off": ("OFF\n4000000000 1 0\n1 2 3\n", "above the limit"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_header_that_asks_for_too_much_is_refused(name, tmp_path):
    data, message = BOMBS[name]
    refuse(tmp_path / name, data, message)


def test_what_unpacks_to_more_than_the_limit_is_refused_and_the_limit_can_be_raised(tmp_path, monkeypatch):
    monkeypatch.setenv("NIMBA_MAX_POINTS", "30000")
    bomb = npz(300_000)
    assert len(bomb) < 10_000
    refuse(
        tmp_path / "a.npz", bomb, r"above the limit of 30,000 points .* set NIMBA_MAX_POINTS=100006 in the environment"
    )
    refuse(tmp_path / "a.xyz.gz", gzip.compress(bytes(10**6)), "above the limit of 30,000 .* NIMBA_MAX_POINTS=")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("data", (10**8, 3), "f8", chunks=(1000, 3))  # nothing of it is written
    with pytest.raises(InputError, match=r"a\.h5: would unpack to 2,400 MB, above the limit"):
        read_cloud(tmp_path / "a.h5")
    many = rows(np.random.default_rng(0).normal(size=(40_000, 3)), form=".3f")
    refuse(tmp_path / "a.xyz", many, "says that it holds 40,000 rows, above the limit of 30,000")
    monkeypatch.setenv("NIMBA_MAX_POINTS", "40000")
    assert len(read(tmp_path / "a.xyz", many)) == 40_000
    monkeypatch.setenv("NIMBA_MAX_POINTS", "100006")
    refuse(tmp_path / "a.npz", bomb, "are the same")


@pytest.mark.parametrize("text", ["", "0", "-1", "many", "1e6", "1_0"])
def test_a_limit_that_is_none_is_told_of(text, monkeypatch):
    monkeypatch.setenv("NIMBA_MAX_POINTS", text)
    with pytest.raises(InputError, match="NIMBA_MAX_POINTS"):
        max_points()


def test_ten_million_points_are_within_the_limit(monkeypatch):
    monkeypatch.delenv("NIMBA_MAX_POINTS", raising=False)
    assert max_points() == DEFAULT > 10_000_000


def linked(path, kind: str) -> None:
    other = path.with_name("other.h5")
    with h5py.File(other, "w") as file:
        file["data"] = POINTS
    with h5py.File(path, "w") as file:
        if kind == "external":
            file["data"] = h5py.ExternalLink(str(other), "data")
        elif kind == "soft":
            file["data"] = h5py.SoftLink("/a/data")
            file["a"] = h5py.ExternalLink(str(other), "/")
        elif kind == "virtual":
            layout = h5py.VirtualLayout((30, 3), "f4")
            layout[:] = h5py.VirtualSource(str(other), "data", (30, 3))
            file.create_virtual_dataset("data", layout)
        else:
            path.with_name("raw").write_bytes(POINTS.tobytes())
            file.create_dataset("data", (30, 3), "f4", external=[(str(path.with_name("raw")), 0, POINTS.nbytes)])


@pytest.mark.parametrize("kind", ["external", "soft", "virtual", "raw"])
def test_hdf5_data_in_another_file_are_not_read(kind, tmp_path):
    linked(tmp_path / "a.h5", kind)
    with pytest.raises(InputError, match=r"a\.h5: 'data' (is a link to elsewhere|lies in another file)"):
        read_cloud(tmp_path / "a.h5")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.ply")
    with pytest.raises(InputError, match="is a pipe or a device"):
        read_cloud(tmp_path / "a.ply")


@pytest.mark.parametrize(
    "array",
    [
        POINTS,
        np.asfortranarray(POINTS),
        POINTS[None],
        POINTS.T,
        np.c_[POINTS, POINTS],
        POINTS.astype(">f8"),
    ],
)
def test_arrays_in_all_their_layouts(array, tmp_path):
    np.save(tmp_path / "a.npy", array)
    np.savez_compressed(tmp_path / "a.npz", labels=np.zeros(3), coords=array)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["label"], file["data"] = 3, array
    for name in ("a.npy", "a.npz", "a.h5"):
        np.testing.assert_array_equal(read_cloud(tmp_path / name), POINTS)


@pytest.mark.parametrize("shape", [(2, 30, 3), (30,), (30, 2), (6, 30), ()])
def test_arrays_that_are_no_cloud_are_refused(shape, tmp_path):
    np.save(tmp_path / "a.npy", np.ones(shape))
    with pytest.raises(InputError, match=r"[aA] cloud is \(N, 3\)"):
        read_cloud(tmp_path / "a.npy")

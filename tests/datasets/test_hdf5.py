"""HDF5 files of data sets: what is damaged, elsewhere, or out of all proportion is refused in one line."""

from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np
import pytest

from nimba.datasets.hdf5 import count_clouds, read_hdf5
from nimba.runtime.errors import InputError

DATA = np.random.default_rng(0).normal(size=(4, 20, 3)).astype(np.float32)
LABELS = np.arange(4, dtype=np.uint8)[:, None]


def write(path: Path, **content: object) -> Path:
    with h5py.File(path, "w") as file:
        for name, value in ({"data": DATA, "label": LABELS} | content).items():
            file[name] = value
    return path


def test_clouds_labels_and_names_come_back(tmp_path):
    points, labels, ids = read_hdf5(write(tmp_path / "a.h5", id=[b"one", b"\xff", b"3", b"4"]), 4)
    np.testing.assert_array_equal(points, DATA)
    assert labels.tolist() == [0, 1, 2, 3]
    assert ids == ["one", "\\xff", "3", "4"]
    assert count_clouds([tmp_path / "a.h5", tmp_path / "none.h5"]) == 4


SAME = DATA.copy()
SAME[2] = 0
WRONG = {
    "a cloud of zeros": ({"data": SAME}, "all points of cloud 2 are the same"),
    "out of float32's range": ({"data": DATA.astype(float) * 1e300}, "cloud 0 has points that are not finite"),
    "NaN": ({"data": np.where(DATA[3, 1, 1] == DATA, np.nan, DATA)}, "cloud 3 has points that are not finite"),
    "text": ({"data": ["a", "b"]}, "corrupted HDF5 file"),
    "a link": ({"data": h5py.ExternalLink("/etc/hostname", "data")}, "a link to elsewhere"),
    "a soft link": ({"label": h5py.SoftLink("/data")}, "a link to elsewhere"),
    "a number": ({"data": 3.0}, "data has shape"),
    "labels that are none": ({"label": np.full(4, np.nan)}, "one whole number each"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_data_set_is_refused(name, tmp_path):
    content, message = WRONG[name]
    with pytest.raises(InputError, match=rf"a\.h5: .*{message}"):
        read_hdf5(write(tmp_path / "a.h5", **content), 4)


def test_a_file_of_kilobytes_is_not_unpacked_to_gigabytes(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("data", (100_000, 2048, 3), "f4", chunks=(1, 2048, 3))  # nothing is written
        file["label"] = np.zeros(100_000)
    with pytest.raises(InputError, match=r"a\.h5: would unpack to 2,458 MB, above the limit .* NIMBA_MAX_POINTS"):
        read_hdf5(tmp_path / "a.h5", 4)


def test_a_damaged_table_is_refused():
    file = Path(__file__).parents[1] / "clouds" / "faults" / "damaged-table.h5"
    with pytest.raises(InputError, match="corrupted HDF5 file"):
        read_hdf5(file, 40)
    assert count_clouds([file]) == 0


@pytest.mark.parametrize("seed", range(4))
def test_bytes_that_change_end_in_clouds_or_in_one_line(seed, tmp_path):
    whole = bytearray(write(tmp_path / "a.h5").read_bytes())
    rng = np.random.default_rng(seed)
    for _ in range(25):
        changed = whole.copy()
        for place in rng.integers(len(whole), size=8):
            changed[place] = rng.integers(256)
        (tmp_path / "b.h5").write_bytes(changed)
        with suppress(InputError):
            points, _, _ = read_hdf5(tmp_path / "b.h5", 4)
            assert np.isfinite(points).all()
        count_clouds([tmp_path / "b.h5"])

"""Files for the tests of readers: written, read, refused."""

import warnings
from pathlib import Path

import numpy as np
import pytest

from nimba.clouds import read_cloud
from nimba.runtime.errors import InputError
from nimba.runtime.notes import InputWarning

POINTS = np.random.default_rng(3).normal(size=(30, 3)).astype(np.float32)
CUBE = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
QUADS = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))


def read(path: Path, data: bytes | str) -> np.ndarray:
    """Write a file and read it, without a note but that the points of these tests are few."""
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", ".* distinct points: too few")
        return read_cloud(path, num_samples=3000)


def read_with_note(path: Path, data: bytes | str, note: str) -> np.ndarray:
    """Write a file and read it, which brings a note."""
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.warns(InputWarning, match=note):
        return read_cloud(path, num_samples=3000)


def refuse(path: Path, data: bytes | str, message: str) -> None:
    """Write a file, which is refused in one line that names it."""
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(InputError, match=message) as caught:
        read_cloud(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def rows(points: np.ndarray, separator: str = " ", extra: str = "", form: str = ".9g") -> str:
    """Points in text, a line each."""
    return "".join(separator.join(f"{value:{form}}" for value in row) + extra + "\n" for row in points.tolist())


def assert_cube(points: np.ndarray) -> None:
    """Points on all six sides of the unit cube, as many on each."""
    share = [np.isclose(points[:, axis], side, atol=1e-6).mean() for axis in range(3) for side in (0, 1)]
    assert np.abs(np.array(share) - 1 / 6).max() < 0.03

"""A cloud that comes through a pipe: which format it has is seen from its first bytes."""

import gzip
import io

import numpy as np
import pytest

from benchmarks.fuzz.seeds import seeds_of
from nimba.clouds.formats.registry import FORMATS
from nimba.inference.streams import read_stream, recognised
from nimba.runtime.errors import InputError

MARKLESS = {".bin"}  # rows of numbers, and nothing else
SEEDS = [(format.name, suffix, data) for format in FORMATS for suffix, data in dict(seeds_of(format.name)).items()]


@pytest.mark.parametrize(("name", "suffix", "data"), SEEDS, ids=lambda value: value if isinstance(value, str) else "")
def test_each_format_is_recognised_by_its_first_bytes(name, suffix, data):
    known = {format.name: format.suffixes for format in FORMATS}[name]
    if suffix in MARKLESS:
        assert recognised(data) is None
        return
    assert recognised(data) in known
    assert recognised(gzip.compress(data)).removesuffix(".gz") in known


def test_what_is_no_cloud_asks_for_its_format():
    for data in (bytes(range(256)), b"\x1f\x8bnot gzip", b"\0" * 100):
        with pytest.raises(InputError, match="<stdin>: cannot tell its format; say it, one of ply, "):
            read_stream(io.BytesIO(data), "<stdin>")


def test_the_format_may_be_told():
    points = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    reading = read_stream(io.BytesIO(points.tobytes()), "<stdin>", "bin")
    np.testing.assert_allclose(reading.points, points[:, :3], rtol=1e-6)
    rows = "".join(f"{x} {y} {z} 1\n" for x, y, z, _ in points)
    assert len(read_stream(io.BytesIO(gzip.compress(rows.encode())), "<stdin>", ".xyz.gz").points) == 30


def test_an_error_names_the_stream_and_no_file_of_ours():
    with pytest.raises(InputError, match=r"^<stdin>: ") as caught:
        read_stream(io.BytesIO(b"ply\nformat ascii 1.0\nelement vertex 3\n"), "<stdin>")
    assert "nimba-" not in str(caught.value)

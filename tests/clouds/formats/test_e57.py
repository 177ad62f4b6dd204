"""E57 as libE57 writes it and as it is written here: packed numbers, poses, states, spherical coordinates, damage."""

import numpy as np
import pytest

from benchmarks.fuzz.seed_scans import e57_bytes, packed, with_checksums
from nimba.clouds.formats.e57_vector import unpack
from nimba.clouds.read import read
from tests.clouds.formats.files import refuse

RNG = np.random.default_rng(2)
POINTS = RNG.normal(size=(5000, 3)).astype(np.float32)
FLOATS = "".join(f'<cartesian{axis} type="Float" precision="single"/>' for axis in "XYZ")
SOUND = e57_bytes([(FLOATS, [column.tobytes() for column in POINTS.T], "")], len(POINTS))


def turned(points, w, x, y, z):
    vector = np.array([x, y, z])
    return points + 2 * np.cross(vector, np.cross(vector, points) + w * points)


@pytest.mark.parametrize("bits", [1, 2, 7, 8, 9, 16, 20, 31, 32, 33, 40, 57, 58, 63, 64])
@pytest.mark.parametrize("count", [1, 2, 100])
def test_packed_numbers_are_those_of_a_loop_over_bits(bits, count):
    values = [int(v) % (1 << bits) for v in RNG.integers(0, 1 << 63, count)]
    values[0] = (1 << bits) - 1
    stream = sum(value << (i * bits) for i, value in enumerate(values)).to_bytes(-(-count * bits // 8), "little")
    assert unpack(stream, count, bits).tolist() == values


def test_scans_that_pye57_wrote_are_joined_where_their_poses_put_them(tmp_path):
    pye57 = pytest.importorskip("pye57")
    file = pye57.E57(str(tmp_path / "a.e57"), mode="w")
    axes = dict(zip(("cartesianX", "cartesianY", "cartesianZ"), POINTS.astype(np.float64).T, strict=True))
    state = (np.arange(len(POINTS)) % 4 == 3).astype(np.int8) * 2
    more = {"intensity": POINTS[:, 0].astype(np.float64), "cartesianInvalidState": state}
    pose = {"rotation": np.array([0.8, 0, 0, 0.6]), "translation": np.array([10.0, -5, 2])}
    file.write_scan_raw(axes)
    file.write_scan_raw(axes | more, **pose)
    file.close()
    reading = read(tmp_path / "a.e57")
    moved = turned(POINTS[state == 0], 0.8, 0, 0, 0.6) + np.array([10, -5, 2])
    np.testing.assert_allclose(reading.points, np.concatenate([POINTS, moved]), atol=1e-5)
    assert reading.notes == ("1,250 of 10,000 points are marked invalid by the scanner: left out",)
    assert (reading.decided["scans"], reading.decided["dropped"]) == (2, {"invalid": 1250})


def test_packed_and_spherical_columns_that_libe57_wrote(tmp_path):
    pye57 = pytest.importorskip("pye57")
    from pye57 import libe57

    raw = np.round(POINTS.astype(np.float64) * 1000).astype(np.int64)
    x, y, z = POINTS.T.astype(np.float64)
    away = np.sqrt(x * x + y * y + z * z)
    file = pye57.E57(str(tmp_path / "a.e57"), mode="w")
    image = file.image_file
    for scaled in (True, False):
        names = ("cartesianX", "cartesianY", "cartesianZ")
        columns = [column.astype(np.float64) * 0.001 for column in raw.T]
        prototype = libe57.StructureNode(image)
        if not scaled:
            names = ("sphericalRange", "sphericalAzimuth", "sphericalElevation")
            columns = [away, np.arctan2(y, x), np.arcsin(z / away)]
        for name in names:
            node = (
                libe57.ScaledIntegerNode(image, 0, -7000, 9000, 0.001, 0.0) if scaled else libe57.FloatNode(image, 0.0)
            )
            prototype.set(name, node)
        scan = libe57.StructureNode(image)
        points = libe57.CompressedVectorNode(image, prototype, libe57.VectorNode(image, True))
        scan.set("points", points)
        file.data3d.append(scan)
        buffers = libe57.VectorSourceDestBuffer()
        kept = [np.ascontiguousarray(column) for column in columns]
        for name, column in zip(names, kept, strict=True):
            buffers.append(libe57.SourceDestBuffer(image, name, column, len(column), True, scaled))
        writer = points.writer(buffers)
        writer.write(len(POINTS))
        writer.close()
    file.close()
    read_back = read(tmp_path / "a.e57").points
    np.testing.assert_allclose(read_back[: len(POINTS)], POINTS, atol=6e-4)
    np.testing.assert_allclose(read_back[len(POINTS) :], POINTS, atol=1e-6)


def test_numbers_of_every_width_come_back(tmp_path):
    values = RNG.integers(-(1 << 30), 1 << 30, size=(400, 3))
    whole = "".join(f'<cartesian{axis} type="Integer" minimum="{-(1 << 30)}" maximum="{1 << 30}"/>' for axis in "XYZ")
    data = e57_bytes([(whole, [packed(column + (1 << 30), 32) for column in values.T], "")], 400)
    (tmp_path / "a.e57").write_bytes(data)
    np.testing.assert_array_equal(read(tmp_path / "a.e57").points, values.astype(np.float32))


def swapped(old, new):
    return with_checksums(SOUND.replace(old.encode(), new.encode()))


WRONG = {
    "a damaged page": (SOUND[:5000] + b"\xff\xff" + SOUND[5002:], "page 4 is damaged"),
    "a lost page": (SOUND[:-1024], "says .* bytes, holds"),
    "another file": (b"nonsense" * 100, "does not begin as one"),
    "more points than there are": (swapped('"5000"', '"9000"'), "break off"),
    "more points than the limit": (swapped('"5000"', '"9999999999"')[: len(SOUND)], "above the limit|not a readable"),
    "no coordinates": (swapped("cartesianX", "cartesianQ"), "a scan without cartesianX"),
    "definitions": (swapped('<?xml version="1.0"?>', "<!DOCTYPE e57Root[ ]>"), "definitions of its own"),
    "a place that there is not": (swapped('"48"', '"99"'), "not a readable E57"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_damaged_one_is_refused(name, tmp_path):
    data, message = WRONG[name]
    refuse(tmp_path / "a.e57", data, message)

"""Several arrays, structured ones and tables: the right points, or a question that names what there is."""

import subprocess
import sys

import h5py
import numpy as np
import pytest
import scipy.io

from nimba.clouds.formats import registry
from nimba.clouds.formats.columns import find_axes, unit_of
from nimba.clouds.read import read
from nimba.runtime.errors import InputError
from tests.clouds.formats.files import CUBE, QUADS, assert_cube

POINTS = np.random.default_rng(6).normal(size=(100, 3)).astype(np.float32)
OTHER = np.random.default_rng(7).normal(size=(100, 3)).astype(np.float32)
LABELS = np.zeros(100, np.int64)
X, Y, Z = POINTS.T
TRIANGLES = np.array([face for a, b, c, d in QUADS for face in ((a, b, c), (a, c, d))])


def npz(path, arrays):
    np.savez(path.with_suffix(".npz"), **arrays)
    return path.with_suffix(".npz")


def h5(path, arrays):
    with h5py.File(path.with_suffix(".h5"), "w") as file:
        for name, array in arrays.items():
            file[name] = array
    return path.with_suffix(".h5")


def mat(path, arrays):
    scipy.io.savemat(path.with_suffix(".mat"), arrays, do_compression=True)
    return path.with_suffix(".mat")


def matlab_7_3(path, arrays):
    """As MATLAB writes it: HDF5 behind 512 bytes, columns first."""
    with h5py.File(path.with_suffix(".mat"), "w", userblock_size=512) as file:
        for name, array in arrays.items():
            file[name] = np.atleast_2d(array).T
            file[name].attrs["MATLAB_class"] = np.bytes_("double")
        file.create_group("#refs#")["a"] = OTHER
    with path.with_suffix(".mat").open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(126) + b"IM")
    return path.with_suffix(".mat")


WRITERS = [npz, h5, mat, matlab_7_3]
RIGHT = {
    "usual": {"labels": LABELS, "points": POINTS, "normals": OTHER},
    "capitals": {"XYZ": POINTS, "other": OTHER},
    "with colours": {"pos": np.c_[POINTS, OTHER], "label": LABELS},
    "the only one": {"whatever": POINTS},
    "columns": {"y": Y, "x": X, "z": Z, "intensity": X},
    "columns of a survey": {"Northing": Y, "Easting": X, "Height": Z},
    "upright columns": {"x": X[:, None], "y": Y[:, None], "z": Z[:, None]},
    "first come": {"data": OTHER, "points": POINTS},
}


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("name", RIGHT)
def test_the_points_are_found(name, write, tmp_path):
    reading = read(write(tmp_path / "a", RIGHT[name]))
    np.testing.assert_array_equal(reading.points, POINTS)
    assert reading.notes == ()
    assert "array" in reading.decided or len(reading.decided["columns"]) == 3


@pytest.mark.parametrize("write", WRITERS)
def test_the_only_one_that_may_be_a_cloud_is_taken_and_named(write, tmp_path):
    reading = read(write(tmp_path / "a", {"mine": POINTS, "colors": OTHER, "label": LABELS}))
    np.testing.assert_array_equal(reading.points, POINTS)
    assert len(reading.notes) == 1
    assert "'mine'" in reading.notes[0]


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("arrays", [{"a": POINTS, "b": OTHER}, {"a": LABELS[:7], "b": LABELS}], ids=["two", "none"])
def test_what_may_be_either_is_asked_about(arrays, write, tmp_path):
    with pytest.raises(InputError, match=r"holds 'a' \(.*\), 'b' \(.*\); which are the points\? Name that .* 'points'"):
        read(write(tmp_path / "a", arrays))


@pytest.mark.parametrize("write", [npz, h5, mat])
@pytest.mark.parametrize("first", [0, 1])
def test_vertices_with_faces_are_a_mesh(write, first, tmp_path):
    reading = read(write(tmp_path / "a", {"vertices": CUBE, "faces": TRIANGLES + first}), num_samples=3000)
    assert reading.decided["kind"] == "mesh"
    assert_cube(reading.points)


def test_a_data_set_in_a_group_is_found(tmp_path):
    reading = read(h5(tmp_path / "a", {"scan/1/points": POINTS, "scan/1/colors": OTHER}))
    np.testing.assert_array_equal(reading.points, POINTS)
    assert reading.decided["array"] == "scan/1/points"


@pytest.mark.parametrize(
    "fields",
    [
        [("x", "f4"), ("y", "f4"), ("z", "f4")],
        [("z", "f8"), ("intensity", "u1"), ("x", "f8"), ("y", "f8")],
        [("X_coord", ">f4"), ("Y_coord", ">f4"), ("Z_coord", ">f4"), ("label", "i4")],
        [("label", "i4"), ("xyz", "f4", 3)],
    ],
)
@pytest.mark.parametrize("shape", [(100,), (1, 100)])
def test_structured_arrays_are_read_by_their_fields(fields, shape, tmp_path):
    array = np.zeros(100, fields)
    for name in array.dtype.names:
        if name == "xyz":
            array[name] = POINTS
        elif name[0].lower() in "xyz":
            array[name] = POINTS[:, "xyz".index(name[0].lower())]
    if shape == (1, 100) and "xyz" in array.dtype.names:
        pytest.skip("a batch of a batch")
    np.save(tmp_path / "a.npy", array.reshape(shape))
    np.testing.assert_array_equal(read(tmp_path / "a.npy").points, POINTS)


def test_a_structured_array_without_coordinates_is_asked_about(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(100, [("a", "f4"), ("b", "f4")]))
    with pytest.raises(InputError, match=r"holds 'a' \(100,\), 'b' \(100,\); which are the points"):
        read(tmp_path / "a.npy")


def test_several_clouds_in_one_array_are_asked_about(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((5, 100, 3)))
    with pytest.raises(InputError, match=r"\(5, 100, 3\): 5 clouds, or an image of points\?"):
        read(tmp_path / "a.npy")


def test_a_mat_that_unpacks_to_more_than_the_limit_is_refused(tmp_path, monkeypatch):
    mat(tmp_path / "a", {"points": np.zeros((100_000, 3))})
    monkeypatch.setenv("NIMBA_MAX_POINTS", "50000")
    with pytest.raises(InputError, match=r"would unpack to .* above the limit of 50,000 points"):
        read(tmp_path / "a.mat")


def test_matlabs_objects_are_not_read(tmp_path):
    mat(tmp_path / "a", {"points": {"x": 1}, "cell": np.array([1, "a"], object)})
    with pytest.raises(InputError, match=r"a\.mat: holds 'points' no numbers, 'cell' no numbers; which are the points"):
        read(tmp_path / "a.mat")


def tables(path, columns):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import feather, parquet

    table = pa.table(columns)
    if path.suffix == ".parquet":
        parquet.write_table(table, path)
    elif path.suffix == ".feather":
        feather.write_feather(table, path)
    else:
        with pa.ipc.new_stream(path, table.schema) as writer:
            writer.write_table(table)
    return path


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".arrow"])
def test_tables_are_read_by_the_names_of_their_columns(suffix, tmp_path):
    text = [str(i) for i in range(100)]
    reading = read(tables(tmp_path / f"a{suffix}", {"name": text, "Z [m]": Z, "X [m]": X, "Y [m]": Y}))
    np.testing.assert_array_equal(reading.points, POINTS)
    assert (reading.notes, reading.decided["columns"]) == ((), ["X [m]", "Y [m]", "Z [m]"])
    assert reading.decided["unit"] == "m"


def test_tables_of_three_columns_or_of_lists_are_read(tmp_path):
    pa = pytest.importorskip("pyarrow")
    reading = read(tables(tmp_path / "a.parquet", {"a": X, "b": Y, "name": ["n"] * 100, "c": Z}))
    np.testing.assert_array_equal(reading.points, POINTS)
    assert "'a, b, c' are taken for x, y and z" in str(reading.notes)
    lists = pa.FixedSizeListArray.from_arrays(pa.array(POINTS.ravel()), 3)
    np.testing.assert_array_equal(read(tables(tmp_path / "b.parquet", {"pos": lists, "t": X})).points, POINTS)


def test_what_is_missing_in_a_table_is_left_out(tmp_path):
    reading = read(tables(tmp_path / "a.parquet", {"x": [None, *X[1:].tolist()], "y": Y, "z": Z}))
    np.testing.assert_array_equal(reading.points, POINTS[1:])
    assert reading.decided["dropped"] == {"not finite": 1}


def test_a_table_without_coordinates_is_asked_about(tmp_path):
    pytest.importorskip("pyarrow")
    with pytest.raises(InputError, match="which of its columns 'a, b, c, d' are the points"):
        read(tables(tmp_path / "a.parquet", dict(zip("abcd", (X, Y, Z, X), strict=True))))


def test_a_damaged_table_is_refused(tmp_path):
    data = tables(tmp_path / "a.parquet", {"x": X, "y": Y, "z": Z}).read_bytes()
    (tmp_path / "a.parquet").write_bytes(data[:500] + b"\xff" * 20 + data[520:])
    with pytest.raises(InputError, match=r"a\.parquet: not a readable table"):
        read(tmp_path / "a.parquet")


def test_without_pyarrow_a_table_says_what_to_install(tmp_path):
    (tmp_path / "a.parquet").touch()
    code = (
        "import importlib.util as u, sys; find = u.find_spec\n"
        "u.find_spec = lambda name, *more: None if name == 'pyarrow' else find(name, *more)\n"
        "from nimba.clouds import read_cloud\n"
        "try: read_cloud(sys.argv[1])\nexcept ValueError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "a.parquet"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().endswith("reading tables needs pyarrow: pip install 'nimba[tables]'")
    assert next(f for f in registry.FORMATS if f.name == "tables").extra == "tables"


NAMED = [
    "x y z", "X Y Z", "z x y", "X [m]|Y [m]|Z [m]", "x (mm)|y (mm)|z (mm)", "x_m y_m z_m", "X_COORD Y_COORD Z_COORD",
    "pos_x pos_y pos_z", "Points:0 Points:1 Points:2", "Points_m_XYZ:0 Points_m_XYZ:1 Points_m_XYZ:2",
    "field.x field.y field.z", "Coord. X|Coord. Y|Coord. Z", "Easting Northing Height", "E N H",
    "Easting (m)|Northing (m)|Elevation (m)",
    "px py pz", "position.x position.y position.z", "x-coordinate|y-coordinate|z-coordinate", "0 1 2", "East North Up",
    "id x y z nx ny nz", "r g b x y z", "//X Y Z R", "Rechtswert Hochwert Höhe", "x y elevation",
]  # fmt: skip


@pytest.mark.parametrize("names", NAMED)
def test_names_of_coordinates_are_known(names):
    split = names.split("|") if "|" in names else names.split()
    places = find_axes(split)
    assert places is not None
    letters = "".join(split[place].lower().lstrip("/")[0] for place in places)
    assert letters in ("xyz", "ppp", "fff", "ccc", "enh", "ene", "enu", "012", "rhh", "xye"), letters


@pytest.mark.parametrize("names", ["a b c", "x y", "x x y z", "nx ny nz", "lon lat alt", "time x intensity"])
def test_other_names_are_no_coordinates(names):
    assert find_axes(names.split()) is None


def test_a_unit_is_known_where_all_names_agree():
    assert unit_of(["X [m]", "Y [m]", "Z [m]"]) == "m"
    assert unit_of(["x_mm", "y_mm", "z_mm"]) == "mm"
    assert unit_of(["X [m]", "Y [mm]", "Z [m]"]) is None
    assert unit_of(["x", "y", "z"]) is None

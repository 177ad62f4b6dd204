"""Sound files of every format, drawn by code: what mutants are made of."""

import io
import struct
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import numpy as np

from benchmarks.fuzz import seed_meshes, seed_scans
from benchmarks.fuzz.seed_meshes import CUBE, FACES, POINTS, Seeds, rows


def _ply() -> Seeds:
    xyz = [f"property float {axis}" for axis in "xyz"]
    faces = [f"element face {len(FACES)}", "property list uchar int vertex_indices"]

    def head(encoding: str, *lines: str) -> str:
        return "\n".join(["ply", f"format {encoding} 1.0", "comment drawn by code", *lines, "end_header", ""])

    cloud, mesh = [f"element vertex {len(POINTS)}", *xyz], [f"element vertex {len(CUBE)}", *xyz]
    listed = "".join(f"{len(face)} {' '.join(map(str, face))}\n" for face in FACES)
    coloured = np.empty(len(POINTS), [("c", "u1"), *((axis, ">f8") for axis in "xyz"), ("n", ">i2")])
    coloured["c"], coloured["n"] = 7, 3
    for i, axis in enumerate("xyz"):
        coloured[axis] = POINTS[:, i]
    doubles = ["property uchar red", *(f"property double {axis}" for axis in "xyz"), "property short near"]
    packed = b"".join(struct.pack(f"<B{len(face)}i", len(face), *face) for face in FACES)
    seen = b"".join(row.tobytes() + struct.pack(f"<B{i % 4}i", i % 4, *range(i % 4)) for i, row in enumerate(POINTS))
    camera = ["element camera 1", "property float view", "property list uchar short frame"]
    strips, around = (
        ["element tristrips 1", "property list int int vertex_indices"],
        [0, 1, 2, 3, 6, 7, 4, 5, -1, 0, 2, 4],
    )
    little = "binary_little_endian"
    return [
        (".ply", (head("ascii", *cloud, *camera) + rows(POINTS) + "1.5 3 1 2 3\n").encode()),
        (".ply", (head("ascii", *mesh, *faces) + rows(CUBE) + listed).encode()),
        (
            ".ply",
            (
                head("ascii", *faces, *mesh, "property list uchar int view") + listed + rows(CUBE, extra=" 2 5 6")
            ).encode(),
        ),
        (".ply", head(little, *cloud).encode() + POINTS.tobytes()),
        (".ply", head(little, *mesh, *faces).encode() + CUBE.tobytes() + packed),
        (".ply", head(little, *faces, *mesh).encode() + packed + CUBE.tobytes()),
        (
            ".ply",
            head(little, *cloud, "property list uchar int view", *camera).encode()
            + seen
            + struct.pack("<fB2h", 1, 2, 3, 4),
        ),
        (".ply", head(little, *mesh, *strips).encode() + CUBE.tobytes() + struct.pack("<13i", 12, *around)),
        (".ply", head("binary_big_endian", f"element vertex {len(POINTS)}", *doubles).encode() + coloured.tobytes()),
    ]


def _pcd() -> Seeds:
    def head(
        encoding: str, fields: str = "x y z", size: int = 4, extra: str = "", width: int = 40, height: int = 1
    ) -> bytes:
        counts, kinds = " ".join("1" for _ in fields.split()), " ".join("F" for _ in fields.split())
        sizes = " ".join(str(size) for _ in fields.split())
        return (
            f"# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\nFIELDS {fields}\nSIZE {sizes}\nTYPE {kinds}\n"
            f"COUNT {counts}\nWIDTH {width}\nHEIGHT {height}\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS {width * height}\n"
            f"DATA {encoding}\n"
        ).encode()

    holes = POINTS.copy()
    holes[::5] = np.nan
    swapped = np.concatenate([POINTS[:, [2, 0, 1]], POINTS[:, :1]], 1)
    columns = POINTS.T.tobytes()
    packed = b"".join(b"\x1f" + columns[i : i + 32] for i in range(0, len(columns), 32))
    # 28 bytes, and then again and again.
    copied = b"\x1b" + columns[:28] + b"\xe0" + bytes([264 - 9, 27]) + b"\xe0" + bytes([188 - 9, 27])
    sizes = struct.pack("<2I", len(packed), len(columns))
    return [
        (".pcd", head("ascii") + rows(POINTS).encode()),
        (".pcd", head("binary") + POINTS.tobytes()),
        (".pcd", head("binary", "z x y w", 8) + swapped.astype("<f8").tobytes()),
        (".pcd", head("binary", width=8, height=5) + holes.tobytes()),
        (".pcd", head("binary_compressed") + sizes + packed),
        (".pcd", head("binary_compressed") + struct.pack("<2I", len(copied), 480) + copied),
    ]


def _text() -> Seeds:
    numbered = "".join(f"{i},{line}" for i, line in enumerate(rows(POINTS, ",").splitlines(keepends=True)))
    return [
        (".xyz", rows(POINTS).encode()),
        (".txt", ("# drawn by code\nx y z intensity\n" + rows(POINTS, extra=" 0.5 label")).encode()),
        (".csv", ("x;y;z\n" + rows(POINTS, ";").replace(".", ",")).encode()),
        (".csv", (",x,y,z\n" + numbered).encode()),
        (".pts", (f"{len(POINTS)}\n" + rows(POINTS, extra=" -12 255 0 7")).encode()),
        (".asc", ("//X\tY\tZ\n" + rows(POINTS, "\t")).replace("\n", "\r\n").encode("utf-16")),
        (".asc", rows(POINTS + np.array([500_000.25, 5_400_000.5, 100.0]), form=".10g").encode()),
    ]


def _npy_bytes(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def _npy() -> Seeds:
    arrays = (
        POINTS,
        np.c_[POINTS, POINTS].astype(">f8"),
        POINTS.T.copy(),
        (POINTS * 100).astype(np.int16),
        np.asfortranarray(POINTS),
    )
    return [(".npy", _npy_bytes(array)) for array in arrays]


def _npz() -> Seeds:
    plain, packed = io.BytesIO(), io.BytesIO()
    np.savez(plain, labels=np.zeros(3), points=POINTS)
    np.savez_compressed(packed, whatever=POINTS)
    return [(".npz", plain.getvalue()), (".npz", packed.getvalue())]


def _hdf5() -> Seeds:
    import h5py

    seeds = []
    for options in ({}, {"compression": "gzip", "chunks": (1, 20, 3), "shuffle": True}):
        file = io.BytesIO()
        with h5py.File(file, "w") as content:
            content.create_dataset("data", data=POINTS[None], **options)
            content["label"] = np.zeros((1, 1), np.uint8)
            content["id"] = ["drawn by code"]
        seeds.append((".h5", file.getvalue()))
    return seeds


def _las() -> Seeds:
    import laspy

    seeds = []
    for suffix, version, point_format in (
        (".las", "1.2", 0),
        (".las", "1.4", 7),
        (".laz", "1.2", 3),
        (".laz", "1.4", 6),
    ):
        content = laspy.LasData(laspy.LasHeader(version=version, point_format=point_format))
        content.header.offsets, content.header.scales = (500_000, 5_400_000, 100), (0.001, 0.001, 0.001)
        content.x, content.y, content.z = POINTS.T.astype(np.float64) + np.array([[500_000], [5_400_000], [100]])
        file = io.BytesIO()
        content.write(file, do_compress=suffix == ".laz")
        seeds.append((suffix, file.getvalue()))
    return seeds


def _kitti() -> Seeds:
    return [(".bin", np.c_[POINTS * 10, POINTS[:, 0] % 1].astype("<f4").tobytes())]


def _mat() -> Seeds:
    from scipy.io import savemat

    seeds = []
    for content, options in (
        ({"points": POINTS, "labels": np.zeros(3)}, {"do_compression": True}),
        ({"whatever": POINTS.astype(np.float64)}, {}),
        ({"vertices": seed_meshes.CUBE, "faces": seed_meshes.TRIANGLES + 1}, {"format": "4"}),
    ):
        file = io.BytesIO()
        savemat(file, content, **options)
        data = file.getvalue()
        seeds.append((".mat", data if options.get("format") else b" " * 116 + data[116:]))  # the time of writing
    return seeds


def _tables() -> Seeds:
    import pyarrow as pa
    from pyarrow import feather, parquet

    table = pa.table({"id": range(len(POINTS)), **dict(zip("yzx", POINTS.T[[1, 2, 0]], strict=True))})
    lists = pa.table({"points": pa.FixedSizeListArray.from_arrays(pa.array(POINTS.ravel()), 3)})
    seeds = []
    for suffix, write in (
        (".parquet", lambda file: parquet.write_table(table, file)),
        (".parquet", lambda file: parquet.write_table(table, file, compression="none", use_dictionary=False)),
        (".feather", lambda file: feather.write_feather(table, file, compression="uncompressed")),
        (".arrow", lambda file: _stream(lists, file)),
    ):
        file = io.BytesIO()
        write(file)
        seeds.append((suffix, file.getvalue()))
    return seeds


def _stream(table: Any, file: io.BytesIO) -> None:
    from pyarrow import ipc

    with ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)


_SEEDS: dict[str, Callable[[], Iterable[tuple[str, bytes]]]] = {
    **{"PLY": _ply, "PCD": _pcd, "text": _text, "NPY": _npy, "NPZ": _npz},
    **{
        "OFF": seed_meshes.off,
        "OBJ": seed_meshes.obj,
        "STL": seed_meshes.stl,
        "glTF": seed_meshes.gltf,
        "VTK": seed_meshes.vtk,
        "HDF5": _hdf5,
        "LAS": _las,
        "KITTI": _kitti,
        "E57": seed_scans.e57,
        "PTX": seed_scans.ptx,
        "MAT": _mat,
        "tables": _tables,
    },
}


@cache
def seeds_of(name: str) -> Seeds:
    """The sound files of a format.

    Raises:
        KeyError: nobody has drawn any: a new format needs some here.
    """
    return list(_SEEDS[name]())

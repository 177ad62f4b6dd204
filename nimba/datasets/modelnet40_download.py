"""Getting ModelNet40: what is downloaded from where, how it is verified, and what to do by hand where that fails.

The HDF5 files are verified by their published MD5 sums. For the archive of meshes no checksum is published and its home
offers plain http: the SHA-256 of the first download is recorded beside the data, and any later download must agree.
"""

import hashlib
from pathlib import Path

from nimba.datasets.archive import unpack
from nimba.datasets.download import download
from nimba.runtime.errors import InputError
from nimba.runtime.files import atomic_write

HDF5_URL = "https://shapenet.cs.stanford.edu/media/modelnet40_ply_hdf5_2048.zip"
TEXT_URL = "https://shapenet.cs.stanford.edu/media/modelnet40_normal_resampled.zip"
OFF_URL = "http://modelnet.cs.princeton.edu/ModelNet40.zip"

HDF5_MD5 = {
    "ply_data_train0.h5": "3176385ffc31a7b6b5af22191fd920d1",
    "ply_data_train1.h5": "e3f613fb500559403b34925112754dc4",
    "ply_data_train2.h5": "0c56e233a090ff87c3049d4ce08e7d8b",
    "ply_data_train3.h5": "9d2af465adfa33a3285c369f3ca66c45",
    "ply_data_train4.h5": "dff38de489b2c41bfaeded86c2208984",
    "ply_data_test0.h5": "e9732e6d83b09e79e9a7617df058adee",
    "ply_data_test1.h5": "aba4b12a67c34391cc3c015a6f08ed4b",
}


def by_hand(form: str, root: Path) -> str:
    """What to do by hand to have a form in ``root``."""
    if form == "text":
        return f"unpack {TEXT_URL} so that {root}/modelnet40_shape_names.txt exists"
    if form == "off":
        return f"unpack {OFF_URL} so that {root}/ModelNet40/airplane/train/airplane_0001.off exists"
    return f"unpack {HDF5_URL} so that {root}/shape_names.txt exists"


def fetch(form: str, root: Path, url: str | None = None) -> None:
    """Download and unpack the "hdf5" or the "off" form into ``root``; from ``url`` where the home is another.

    Raises:
        InputError: the download fails or is not what it should be; says what to do by hand.
    """
    try:
        if form == "hdf5":
            _fetch_hdf5(url or HDF5_URL, root)
        else:
            _fetch_off(url or OFF_URL, root)
    except InputError as error:
        raise InputError(f"{error}; or by hand: {by_hand(form, root)}") from error


def _fetch_hdf5(url: str, root: Path) -> None:
    archive = root.parent / "modelnet40_ply_hdf5_2048.zip"
    download(url, archive)
    unpack(archive, "modelnet40_ply_hdf5_2048", root, _verify_hdf5)
    archive.unlink()


def _verify_hdf5(folder: Path) -> None:
    for name, expected in HDF5_MD5.items():
        path = folder / name
        found = hashlib.md5(path.read_bytes()).hexdigest() if path.is_file() else "missing"
        if found != expected:
            raise InputError(f"{name}: MD5 is {found}, published as {expected}: the archive is damaged or another")


def _fetch_off(url: str, root: Path) -> None:
    archive = root / "ModelNet40.zip"
    record = root / "ModelNet40.zip.sha256"  # as sha256sum writes it
    known = record.read_text().split()[0] if record.is_file() else None
    found = download(url, archive, sha256=known)
    unpack(archive, "ModelNet40", root / "raw")
    atomic_write(record, lambda partial: partial.write_text(f"{found}  {archive.name}\n"))
    archive.unlink()

"""The one format on disk that every data set is kept in: built once, memory-mapped afterwards.

A cache is a folder ``<name>-<fingerprint>`` with

- ``points.npy``: (T, 3) float32, all clouds one after the other, each in its canonical order;
- ``offsets.npy``: (M + 1,) int64, where each cloud starts;
- ``labels.npy``: (M,) int64; ``ids.json``: M names;
- ``meta.json``: format version, class names, settings (normalisation among them), fingerprint of the sources;
- ``sums.json``: size and checksum of each of these files.

The fingerprint covers the sources' names, sizes and times of change: other sources, another folder. A folder is
written under a temporary name, synced, and renamed when complete, so what has the final name is whole; of several
processes that build at once the first to finish wins and the others take its folder. One that was damaged since then
is told by its checksums when it is opened, and built again.
"""

import hashlib
import io
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from nimba.datasets.clouds import LabelledClouds
from nimba.datasets.sums import first_damage, write_sums
from nimba.runtime.errors import InputError, first_line
from nimba.runtime.files import naming, sync

FORMAT_VERSION = 1
_ABANDONED_AFTER = 24 * 3600  # seconds; an unfinished folder older than this was left by a killed process

Cloud = tuple[np.ndarray, int, str]
"""Points (P, 3) float32, label, id."""


CloudReader = Callable[[], Iterable[Cloud]]
"""Reads the sources of a cache, cloud by cloud, in canonical order."""


class _DamagedError(InputError):
    """A folder that is not what was written."""


@dataclass(frozen=True)
class CloudCache:
    """A cache of one split: where it is and what it is made from.

    Args:
        folder: where the caches of a data set lie.
        name: which cache it is; one with new sources replaces that of the same name and settings.
        sources: the files it is read from.
        class_names: names of the classes, in label order.
        settings: what else decides the contents (JSON values).
    """

    folder: Path
    name: str
    sources: Sequence[Path]
    class_names: Sequence[str]
    settings: dict[str, Any] = field(default_factory=dict)

    def meta(self) -> dict[str, Any]:
        """What ``meta.json`` says of a cache that fits the sources as they are now."""
        states = []
        for source in self.sources:
            try:
                state = source.stat()
            except OSError as error:
                raise InputError(f"{source}: no such file: unpack the data set again") from error
            states.append([f"{source.parent.name}/{source.name}", state.st_size, state.st_mtime_ns])
        return {
            "version": FORMAT_VERSION,
            "class_names": list(self.class_names),
            "settings": self.settings,
            "sources": hashlib.sha256(json.dumps(states).encode()).hexdigest(),
        }

    def open(self, read: CloudReader, total: int) -> LabelledClouds:
        """The clouds, memory-mapped; built first from ``read`` where no folder fits the sources.

        Args:
            read: reader of the sources; called only to build.
            total: number of clouds it will give, for the progress bar.

        Raises:
            InputError: a source is bad, or the folder cannot be written.
        """
        meta = self.meta()
        digest = hashlib.sha256(json.dumps(meta, sort_keys=True).encode()).hexdigest()
        path = self.folder / f"{self.name}-{digest[:16]}"
        if path.is_dir():
            try:
                return _load(path, len(self.class_names))
            except _DamagedError as error:
                print(f"{error}; building it again", file=sys.stderr)
        self._build(path, meta, read, total)
        return _load(path, len(self.class_names))

    def _build(self, path: Path, meta: dict[str, Any], read: CloudReader, total: int) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(prefix=f".{self.name}-", suffix=".part", dir=self.folder))
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            clouds = tqdm(read(), total=total, desc=f"caching {self.name}", unit="cloud", leave=False, disable=None)
            with naming(temporary):
                _write(temporary, clouds, meta)
            _load(temporary, len(self.class_names))  # what is wrong in it is told of before it gets its name
            _rename(temporary, path, len(self.class_names))
        except OSError as error:
            if str(temporary) not in (str(error.filename), str(error.filename2)):
                raise  # a source's
            raise self._unwritable(error) from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        self._sweep(path)

    def _unwritable(self, error: OSError) -> InputError:
        return InputError(f"{self.folder}: cannot write the cache ({error.strerror}): make room, or set cache_dir")

    def _sweep(self, current: Path) -> None:
        """Remove folders of the same settings but of sources gone by, and those that a killed process left."""
        for other in self.folder.glob(f"{self.name}-" + "[0-9a-f]" * 16):
            if other != current and _settings(other) == _settings(current):
                shutil.rmtree(other, ignore_errors=True)
        for part in self.folder.glob(f".{self.name}-*.part"):
            if time.time() - part.stat().st_mtime > _ABANDONED_AFTER:
                shutil.rmtree(part, ignore_errors=True)


def _settings(path: Path) -> Any:
    try:
        return json.loads((path / "meta.json").read_text())["settings"]
    except (OSError, ValueError, KeyError):
        return None  # another process is removing it


def _rename(temporary: Path, path: Path, num_classes: int) -> None:
    temporary.chmod(0o755)  # mkdtemp makes it private; a data folder may be shared
    damaged = temporary.with_suffix(".damaged.part")
    try:
        if path.is_dir() and not _is_whole(path, num_classes):
            os.replace(path, damaged)
        os.replace(temporary, path)
        sync(path.parent)
    except OSError:
        if not path.is_dir():  # else another process was first, with the same contents
            raise
    finally:
        shutil.rmtree(damaged, ignore_errors=True)


def _write(folder: Path, clouds: Iterable[Cloud], meta: dict[str, Any]) -> None:
    labels: list[int] = []
    ids: list[str] = []
    offsets = [0]
    with (folder / "points.npy").open("wb") as file:
        _write_header(file, 0)
        for points, label, name in clouds:
            file.write(np.ascontiguousarray(points, dtype="<f4").tobytes())
            labels.append(label)
            ids.append(name)
            offsets.append(offsets[-1] + len(points))
        file.seek(0)
        _write_header(file, offsets[-1])
    _save(folder / "offsets.npy", offsets)
    _save(folder / "labels.npy", labels)
    (folder / "ids.json").write_text(json.dumps(ids))
    (folder / "meta.json").write_text(json.dumps(meta, indent=1) + "\n")
    write_sums(folder)
    for path in (*folder.iterdir(), folder):
        sync(path)


def _save(path: Path, numbers: list[int]) -> None:
    content = io.BytesIO()  # numpy's own writing tells nothing of a full disk
    np.save(content, np.array(numbers, dtype=np.int64))
    path.write_bytes(content.getvalue())


def _write_header(file: Any, rows: int) -> None:
    # NumPy leaves room in the header for the first axis to grow, so the final one fits over the first.
    header = {"descr": "<f4", "fortran_order": False, "shape": (rows, 3)}
    np.lib.format.write_array_header_1_0(file, header)


def _is_whole(path: Path, num_classes: int) -> bool:
    try:
        _load(path, num_classes)
    except InputError:
        return False
    return True


def _load(path: Path, num_classes: int) -> LabelledClouds:
    damage = first_damage(path)
    if damage:
        raise _DamagedError(f"{path}: damaged cache: {damage}")
    try:
        points = np.load(path / "points.npy", mmap_mode="r", allow_pickle=False)  # (T, 3)
        offsets = np.load(path / "offsets.npy", allow_pickle=False)  # (M + 1,)
        labels = np.load(path / "labels.npy", allow_pickle=False)  # (M,)
        ids = json.loads((path / "ids.json").read_text())
        sizes = np.diff(offsets)
        if offsets[0] != 0 or offsets[-1] != len(points) or (sizes < 0).any():
            raise ValueError("offsets.npy and points.npy do not fit each other")
    except (OSError, ValueError, IndexError) as error:
        raise _DamagedError(f"{path}: damaged cache: {first_line(error)}") from error
    if len(sizes) and (sizes == sizes[0]).all():
        return LabelledClouds(points.reshape(len(sizes), sizes[0], 3), labels, num_classes, ids)  # (M, P, 3)
    return LabelledClouds(points, labels, num_classes, ids, offsets)

"""A PLY with a label for each point, and what each label means."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nimba.runtime.errors import InputError
from nimba.runtime.files import atomic_write
from nimba.scenes.scene import REST


def write_labelled_ply(path: Path, points: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> None:
    """Write points with their labels as a binary PLY; it appears whole or not at all.

    Args:
        path: of the file.
        points: (N, 3); float64 is written as double, all else as float.
        labels: (N,) whole numbers; -1 for what belongs to nothing.
        names: name of label 0, 1, ...; each is in a comment, "label 3 chair", characters beyond ASCII as escapes.

    Raises:
        InputError: arrays that do not fit each other, or a label without a name.
    """
    points, labels = np.asarray(points), np.asarray(labels)
    if points.ndim != 2 or points.shape[1] != 3 or labels.shape != (len(points),):
        raise InputError(f"labelled PLY: {points.shape} points and {labels.shape} labels; give (N, 3) and (N,)")
    if len(labels) and not REST <= labels.min() <= labels.max() < len(names):
        raise InputError(f"labelled PLY: labels {labels.min()} to {labels.max()} for {len(names)} names")
    kind = "f8" if points.dtype == np.float64 else "f4"
    rows = np.empty(len(points), [(axis, f"<{kind}") for axis in "xyz"] + [("label", "<i4")])
    for number, axis in enumerate("xyz"):
        rows[axis] = points[:, number]
    rows["label"] = labels
    meanings = [f"comment label {REST} rest"]
    meanings += [f"comment label {number} {_plain(name)}" for number, name in enumerate(names)]
    number_type = "double" if kind == "f8" else "float"
    header = [
        "ply",
        "format binary_little_endian 1.0",
        *meanings,
        f"element vertex {len(points)}",
        *(f"property {number_type} {axis}" for axis in "xyz"),
        "property int label",
        "end_header",
    ]
    content = ("\n".join(header) + "\n").encode("ascii") + rows.tobytes()
    atomic_write(path, lambda partial: partial.write_bytes(content))


def _plain(name: str) -> str:
    """A name on one line of ASCII."""
    return " ".join(name.split()).encode("ascii", "backslashreplace").decode()

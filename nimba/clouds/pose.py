"""Pose: which way is up in a cloud, which way it faces, and whether it is a mirror image.

Files come with any axis up and facing any way; a network knows the frame that its training clouds were in, always with
y up. ModelNet40 as the field trades it is (x, z, y) of its meshes: z up became y up by exchanging two axes, which is no
rotation but a mirror image. ``Frame`` holds what a network needs to know of its own frame; ``upright`` brings a cloud
there once its up axis is known, ``smallest_box_yaw`` and ``turned`` take care of the facing.
"""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from nimba.clouds.hull import convex_hull
from nimba.runtime.choices import require_known
from nimba.runtime.errors import InputError

Up = Literal["x", "y", "z", "-x", "-y", "-z"]
UP_AXES: tuple[Up, ...] = get_args(Up)
QUARTER = np.pi / 2
_SAME_AREA = 1.01  # boxes that are hardly larger than the smallest: the one that turns the cloud least is taken
_MOST_EDGES = 256  # to try

# Rows: the file's axes that become x, y and z; proper rotations all.
_UPRIGHT: dict[str, tuple[tuple[int, int, int], ...]] = {
    "y": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "z": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "x": ((0, -1, 0), (1, 0, 0), (0, 0, 1)),
    "-y": ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
    "-z": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    "-x": ((0, 1, 0), (-1, 0, 0), (0, 0, 1)),
}


@dataclass(frozen=True)
class Frame:
    """What a network's training clouds had in common, beside y up.

    Args:
        mirrored: they are mirror images of the things: (x, z, y) of files with z up.
        facing: the things of a class face the same way.
        files_up: the up axis of the training files, which files to be classified will share; None for a public data
            set, of whose users' files nothing is known.
    """

    mirrored: bool = False
    facing: bool = True
    files_up: Up | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for the description beside weights."""
        return {"mirrored": self.mirrored, "facing": self.facing, "files_up": self.files_up}

    @staticmethod
    def fits(value: Any) -> bool:
        """Whether a value from a file is what ``to_dict`` writes."""
        return (
            isinstance(value, dict)
            and set(value) == {"mirrored", "facing", "files_up"}
            and isinstance(value["mirrored"], bool)
            and isinstance(value["facing"], bool)
            and (value["files_up"] is None or value["files_up"] in UP_AXES)
        )


def upright(points: np.ndarray, up: Up, *, mirrored: bool = False) -> np.ndarray:
    """Bring a cloud whose up axis is ``up`` into the y-up frame.

    z up: (x, y, z) -> (x, z, -y), or (x, z, y) for a mirrored frame; x up: (-y, x, z); y up stays as it is, in either
    frame: such files may be of the mirrored form already.

    Args:
        points: (..., 3).
        up: axis of the file, "-z" for one that points down.
        mirrored: give the mirror image.

    Returns:
        (..., 3), of the same type.

    Raises:
        InputError: for another axis.
    """
    require_known("up", up, UP_AXES)
    if up == "y":
        return points
    rows = [list(row) for row in _UPRIGHT[up]]
    if mirrored:
        rows[2] = [-value for value in rows[2]]
    columns = []
    for row in rows:
        axis = next(axis for axis in range(3) if row[axis])
        columns.append(points[..., axis] * row[axis])
    return np.stack(columns, -1).astype(points.dtype, copy=False)  # (..., 3)


def turned(points: np.ndarray, angle: float) -> np.ndarray:
    """Turn a y-up cloud about its up axis: x goes to -z at a right angle.

    Args:
        points: (..., 3).
        angle: radians; multiples of a right angle are exact.
    """
    quarters = angle / QUARTER
    if abs(quarters - round(quarters)) < 1e-9:
        cosine, sine = ((1, 0), (0, 1), (-1, 0), (0, -1))[round(quarters) % 4]
    else:
        cosine, sine = np.cos(angle), np.sin(angle)
    x, y, z = np.moveaxis(points, -1, 0)
    both = np.stack([cosine * x + sine * z, y, cosine * z - sine * x], -1)  # (..., 3)
    return (both + 0.0).astype(points.dtype, copy=False)  # -0.0 becomes 0.0


def smallest_box_yaw(points: np.ndarray) -> float:
    """The turn about y that lays the floor plan's smallest rectangle along x and z, by at most 45 degrees.

    One side of that rectangle lies on an edge of the convex hull (Freeman and Shapira, CACM 1975). Of rectangles of
    nearly the same area the one that turns the cloud least is taken: a square or round thing stays as it is.

    Args:
        points: (N, 3), y up; the result does not depend on their order.

    Returns:
        radians, for ``turned``; 0 for a cloud without floor plan.
    """
    corners = convex_hull(points[:, [0, 2]].astype(np.float64))  # (C, 2)
    if len(corners) < 3:
        return _yaw_of_line(corners)
    edges = np.roll(corners, -1, 0) - corners  # (C, 2)
    longest = np.argsort(-np.hypot(*edges.T), kind="stable")[:_MOST_EDGES]  # of a disc, any will do
    angles = np.arctan2(edges[longest, 1], edges[longest, 0])  # (E,)
    angles = np.append(angles - QUARTER * np.round(angles / QUARTER), 0.0)  # as it is, too
    cosine, sine = np.cos(angles), np.sin(angles)
    along = np.outer(cosine, corners[:, 0]) + np.outer(sine, corners[:, 1])  # (E + 1, C)
    across = np.outer(cosine, corners[:, 1]) - np.outer(sine, corners[:, 0])  # (E + 1, C)
    areas = np.ptp(along, axis=1) * np.ptp(across, axis=1)  # (E + 1,)
    good = np.sort(angles[areas <= _SAME_AREA * areas.min()])  # of two turns that are as small, always the same one
    return float(good[np.argmin(np.abs(good))])


def _yaw_of_line(ends: np.ndarray) -> float:
    """Of a floor plan without area, by its two ends or the one point (1, 2) that it is."""
    if len(ends) < 2:
        return 0.0
    x, z = ends[1] - ends[0]
    angle = float(np.arctan2(z, x))
    return angle - QUARTER * round(angle / QUARTER)


def require_up(up: str, allow_auto: bool = True) -> None:
    """Refuse what is no up axis.

    Raises:
        InputError: naming those that there are.
    """
    if up not in (("auto", *UP_AXES) if allow_auto else UP_AXES):
        raise InputError(f"up: {up!r} is not one of {'auto, ' if allow_auto else ''}{', '.join(UP_AXES)}")

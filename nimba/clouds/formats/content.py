"""What a reader found in a file."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Content:
    """Points, or a mesh, as they stand in the file.

    Args:
        points: (N, 3) of any type of number; of a mesh, its vertices.
        triangles: (T, 3) indices into the points; None, or T = 0, for a cloud.
        declared: how many points the file's header says there are, where it does.
        notes: what its reader left out or took for granted, for the user: a sentence each.
        decided: the same for programs, fit for JSON; see ``nimba.clouds.read.Reading``.
    """

    points: np.ndarray
    triangles: np.ndarray | None = None
    declared: int | None = None
    notes: tuple[str, ...] = ()
    decided: dict[str, Any] = field(default_factory=dict)

"""What a scene is found to hold."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

import numpy as np

from nimba.clouds.pose import Up
from nimba.scenes.settings import SceneSettings

Kind = Literal["floor", "wall", "table top", "other"]
REST = -1  # label of noise and of what belongs to nothing


@dataclass(frozen=True)
class Plane:
    """A large plane: the points p with normal . p == offset. Its normal is the way to the things: a floor's is up."""

    kind: Kind
    normal: np.ndarray  # (3,), length 1
    offset: float
    indices: np.ndarray  # (M,) of the scene's points, ascending


@dataclass(frozen=True)
class Box:
    """A box with its axes along the rows of ``axes``."""

    centre: np.ndarray  # (3,)
    sides: np.ndarray  # (3,) full lengths
    axes: np.ndarray  # (3, 3), rows of length 1, right-handed

    def corners(self) -> np.ndarray:
        """(8, 3); corner k has bit i of k set where it is at the upper end of axis i."""
        signs = np.array([[(k >> axis & 1) - 0.5 for axis in range(3)] for k in range(8)])  # (8, 3)
        return self.centre + (signs * self.sides) @ self.axes


@dataclass(frozen=True)
class SceneObject:
    """One thing: its points and boxes, in the scene's own frame and unit."""

    indices: np.ndarray  # (M,) of the scene's points, ascending
    points: np.ndarray  # (M, 3), as given
    box: Box  # along the scene's axes
    upright_box: Box  # smallest in the floor plan; its middle axis is up
    on: int | None = None  # plane that it stands on; None where it stands on none
    upon: int | None = None  # object that it stands on

    @property
    def centre(self) -> np.ndarray:
        """(3,), the middle of the upright box."""
        return self.upright_box.centre


@dataclass(frozen=True)
class Scene:
    """Planes and things, and which of them each point is of.

    ``labels`` (N,): -1 what belongs to nothing, 0 to P - 1 the planes, P to P + K - 1 the objects, in order.
    """

    points: np.ndarray  # (N, 3), as given
    planes: list[Plane]
    objects: list[SceneObject]
    labels: np.ndarray
    up: np.ndarray  # (3,) length 1: the floor's normal, or the axis that was given where there is no floor
    settings: SceneSettings
    notes: list[str] = field(default_factory=list)

    @property
    def axis(self) -> Up:
        """The signed axis next to ``up``: "x", "-x", "y" ..."""
        number = int(np.abs(self.up).argmax())
        return cast(Up, ("-" if self.up[number] < 0 else "") + "xyz"[number])

    def upright(self, number: int, squared: bool = False) -> np.ndarray:
        """An object's points, turned by a proper rotation so that up is y, around the origin: (M, 3) float32.

        A scene that is a few degrees off its axis is set level.

        Args:
            number: of the object.
            squared: turn it about y, too, so that its smallest box has its sides along x and z.
        """
        thing = self.objects[number]
        level = thing.points.astype(np.float64) - thing.centre
        turn = thing.upright_box.axes if squared else level_frame(self.up)
        return (level @ turn.T).astype(np.float32)

    def label_names(self, names: Sequence[str]) -> list[str]:
        """What each label from 0 on is, given the objects' names: planes by their kind."""
        return [plane.kind for plane in self.planes] + list(names)


def level_frame(up: np.ndarray) -> np.ndarray:
    """The rotation (3, 3) that takes ``up`` (3,) to y and turns as little as that needs, from the axis next to it."""
    number = int(np.abs(up).argmax())
    sign = float(np.sign(up[number]))
    axis = sign * np.eye(3)[number]
    # Exact turns of the axis: z -> y as (x, z, -y), x -> y as (-y, x, z); downward axes by half a turn about another.
    exact = {
        (0, 1.0): [[0, -1, 0], [1, 0, 0], [0, 0, 1]],
        (1, 1.0): [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        (2, 1.0): [[1, 0, 0], [0, 0, 1], [0, -1, 0]],
        (0, -1.0): [[0, 1, 0], [-1, 0, 0], [0, 0, 1]],
        (1, -1.0): [[1, 0, 0], [0, -1, 0], [0, 0, -1]],
        (2, -1.0): [[1, 0, 0], [0, 0, -1], [0, 1, 0]],
    }[number, sign]
    cross, cosine = np.cross(up, axis), float(up @ axis)
    skew = np.array([[0, -cross[2], cross[1]], [cross[2], 0, -cross[0]], [-cross[1], cross[0], 0]])
    small = np.eye(3) + skew + skew @ skew / (1 + cosine)  # up -> axis
    return np.array(exact, float) @ small

"""What a cloud of one thing may hold beside it: a ground, which is taken off, or other things, which is told."""

from typing import Any, NamedTuple

import numpy as np

from nimba.clouds.pose import Up
from nimba.clouds.read import Reading
from nimba.inference.decide import prepare
from nimba.inference.evidence import PreparedCloud
from nimba.inference.network import Spec
from nimba.inference.words import counted

_AXES: tuple[Up, ...] = ("z", "y", "-y", "-z", "x", "-x")


class OneThing(NamedTuple):
    """A cloud without its ground.

    Args:
        points: (M, 3), in their order; as they were where there was no ground.
        notes: a sentence where a ground was taken off, and one where the cloud looks like a scene.
        decided: the same for programs: "ground" with "points", how many were taken off, and "up", the axis that it is
            level to.
    """

    points: np.ndarray
    notes: tuple[str, ...]
    decided: dict[str, Any]


class Ready(NamedTuple):
    """A cloud that was read, as the network wants it, and what was noted and decided on the way."""

    prepared: PreparedCloud
    notes: tuple[str, ...]
    decided: dict[str, Any]


def made_ready(reading: Reading, spec: Spec, up: Up | None) -> Ready:
    """What was read, without its ground, for weights of a description; ``up`` as for ``one_thing``."""
    thing = one_thing(reading.points, spec, up)
    notes, decided = (*reading.notes, *thing.notes), {**reading.decided, **thing.decided}
    return Ready(prepare(thing.points, spec), notes, decided)


def one_thing(points: np.ndarray, spec: Spec, up: Up | None) -> OneThing:
    """What is to be classified of a cloud that was given as one thing; of 2,000 points in some 20 ms.

    Weights that were trained on a folder of files take clouds as that folder had them, with their ground.

    Args:
        points: (N, 3).
        spec: of the weights that are to decide about it.
        up: the axis that is up, as ``known_up`` says; None where it is to be found.
    """
    # Only now: SciPy takes its time, and there are clouds that cannot be read.
    from nimba.scenes.several import looks_like_scene, may_be_scene

    found = None if spec.frame.files_up is not None else _ground(points, up)
    scene = looks_like_scene(points, None if up is None else direction(up)) if may_be_scene(points) else None
    hint = () if scene is None else (scene,)
    if found is None:
        return OneThing(points, hint, {})
    axis, ground = found
    count = int(ground.sum())
    note = f"took off a ground of {counted(count, 'point')} under the thing"
    return OneThing(points[~ground], (note, *hint), {"ground": {"points": count, "up": axis}})


def direction(up: Up) -> np.ndarray:
    """The unit vector (3,) of an axis."""
    vector = np.zeros(3)
    vector["xyz".index(up[-1])] = -1.0 if up.startswith("-") else 1.0
    return vector


def _ground(points: np.ndarray, up: Up | None) -> tuple[Up, np.ndarray] | None:
    """The axis that a ground is level to, and which points (N,) are of it.

    Where up is not known a ground counts only if a single axis has one: else it is not clear what is thing and what is
    ground.
    """
    from nimba.scenes.ground import find_ground

    axes = _AXES if up is None else (up,)
    found = [(axis, find_ground(points, direction(axis), level=up is None)) for axis in axes]
    grounds = [(axis, ground) for axis, ground in found if ground is not None]
    return grounds[0] if len(grounds) == 1 else None

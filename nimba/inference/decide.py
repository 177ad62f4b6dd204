"""The decision about one cloud: its pose, the probability of each class, and whether it is of none of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from nimba.clouds import normalise, resample
from nimba.clouds.pose import UP_AXES, Up, require_up
from nimba.inference.evidence import TURNS, Evidence, PreparedCloud, Witness
from nimba.inference.network import Network, Spec
from nimba.inference.vote import Vote, axis_of, share_of_axes, share_of_facings, view_weights, worth_a_look
from nimba.runtime.errors import InputError

VOTERS = 128  # clouds that are asked at most
_TOGETHER = 16  # clouds whose views go through the network in one batch


@dataclass(frozen=True)
class Pose:
    """How a cloud was turned before the network saw it.

    Args:
        up: the file's axis that is up.
        given: the caller said so, or the weights are of files with that axis up; else it was found.
        confidence: how sure it is that this axis is up, from 0 to 1; 1 where it was given.
        turn: degrees about the up axis, of the view that counted most.
    """

    up: Up
    given: bool
    confidence: float
    turn: float


@dataclass(frozen=True)
class Decision:
    """What was decided about a cloud.

    Args:
        probabilities: (C,) of the known classes, if it is of one of them; calibrated where the weights say how.
        unknown: how strange it is, from 0 for what training has seen to 1; .5 is the threshold that accepts 95 % of
            known clouds; None where the weights cannot say.
        is_unknown: whether it is beyond the threshold.
        pose: how it was turned.
    """

    probabilities: np.ndarray
    unknown: float | None
    is_unknown: bool
    pose: Pose


def known_up(spec: Spec, up: str) -> Up | None:
    """The axis that is up in files, by the caller or by those that the weights were trained on; None to find it."""
    if up == "auto":
        return spec.frame.files_up
    return up  # type: ignore[return-value]


def prepare(points: np.ndarray, spec: Spec) -> PreparedCloud:
    """What ``Decider.decide`` needs of a cloud (N, 3) for the weights of a description."""
    # Sizes count for a network that was trained on clouds as they are.
    mode = "none" if spec.normalisation == "none" else "unit_sphere"
    return PreparedCloud(normalise(resample(points, spec.num_points), mode))


class Decider:
    """Decides about clouds, in whatever pose they come.

    Args:
        model: a classifier with its ``spec``.
        up: the up axis of all clouds, or "auto": that of the files that the weights were trained on where they say
            so; else it is found.
        turns: 4 to look at each cloud from four sides, along its smallest box too, and weigh what is seen; 1 to take it
            as it faces. None: 4 where nothing is known of the files' facing, and for weights of a folder of files that
            were shown turned any way in training; else 1.

    Raises:
        InputError: for another axis, or another number of turns.
    """

    def __init__(self, model: Network, *, up: str = "auto", turns: int | None = None):
        require_up(up)
        if turns not in (None, 1, TURNS):
            raise InputError(f"turns: must be 1 or {TURNS}, got {turns}")
        frame = model.spec.frame
        if turns is None:
            # Of a folder: a network that was shown things turned any way has an answer from each side.
            turns = TURNS if frame.facing == (frame.files_up is None) else 1
        self.model = model
        self.up = known_up(model.spec, up)
        self.turns = turns
        pose_network: Callable[[], Network] | None = getattr(model, "pose_network", None)
        asked = self.up is None or (turns > 1 and frame.files_up is None)
        self._witness = Witness(model, pose_network if asked else None, turns=turns, mirrored=frame.mirrored)
        self._evidence: WeakKeyDictionary[PreparedCloud, Evidence] = WeakKeyDictionary()

    def prepare(self, points: np.ndarray) -> PreparedCloud:
        """What ``decide`` needs of a cloud (N, 3): small, and cheap to send between processes."""
        return prepare(points, self.model.spec)

    def vote(self, clouds: Sequence[PreparedCloud]) -> Vote:
        """What clouds of one origin have in common, by as many of them as it takes to know."""
        if not clouds or (self.up is not None and self.turns == 1):
            return Vote.of_files()
        step = -(-len(clouds) // VOTERS)
        voters = clouds[::step]
        prior = Vote.of_files()
        evidence = self._examined(voters)
        self._look(voters, evidence, prior)
        up = share_of_axes(evidence) if self.up is None else prior.up
        if self.turns == 1:
            return Vote(up, prior.facing, len(voters))
        self._look(voters, evidence, Vote(up, prior.facing))
        chosen = [self._axis(found, Vote(up, prior.facing))[0] for found in evidence]
        facing = [
            share_of_facings(
                [found.views[axis] for found, mine in zip(evidence, chosen, strict=True) if mine == axis], axis
            )
            for axis in UP_AXES
        ]
        return Vote(up, np.array(facing), len(voters))

    def decide(self, clouds: Sequence[PreparedCloud], vote: Vote | None = None) -> list[Decision]:
        """Decide about each cloud; the others beside it change nothing but through the ``vote``."""
        vote = vote or Vote.of_files()
        evidence = self._examined(clouds)
        self._look(clouds, evidence, vote)
        return [self._conclude(found, *self._axis(found, vote), vote) for found in evidence]

    def _axis(self, found: Evidence, vote: Vote) -> tuple[Up, float]:
        return axis_of(found, vote) if self.up is None else (self.up, 1.0)

    def _examined(self, clouds: Sequence[PreparedCloud]) -> list[Evidence]:
        """The evidence on each cloud; what was found once is kept as long as the prepared cloud."""
        new = [cloud for cloud in clouds if cloud not in self._evidence]
        axes = UP_AXES if self.up is None else (self.up,)
        for start in range(0, len(new), _TOGETHER):
            some = new[start : start + _TOGETHER]
            self._evidence.update(zip(some, self._witness.poses(some, axes), strict=True))
        return [self._evidence[cloud] for cloud in clouds]

    def _look(self, clouds: Sequence[PreparedCloud], evidence: Sequence[Evidence], vote: Vote) -> None:
        """Look at each cloud with each axis up that may be."""
        axes = [worth_a_look(found, vote) if self.up is None else [self.up] for found in evidence]
        for start in range(0, len(clouds), _TOGETHER):
            some = slice(start, start + _TOGETHER)
            self._witness.look(clouds[some], evidence[some], axes[some])

    def _conclude(self, found: Evidence, axis: Up, confidence: float, vote: Vote) -> Decision:
        views = found.views[axis]
        weights = view_weights(views, axis, vote)  # (V,)
        calibration = self.model.spec.calibration
        probabilities = weights @ np.exp(views.log_probabilities)  # (C,)
        if calibration is not None:
            probabilities = probabilities ** (1 / calibration.temperature)
            probabilities = probabilities / probabilities.sum()
        best = int(weights.argmax())
        unknown = None
        if calibration is not None and calibration.distance is not None and np.isfinite(views.distances[best]):
            unknown = float(views.distances[best] / (views.distances[best] + calibration.distance))
        turn = float(np.degrees(views.angles[best]) % 360)
        pose = Pose(axis, self.up is not None, confidence, turn)
        return Decision(probabilities.astype(np.float32), unknown, unknown is not None and unknown > 0.5, pose)

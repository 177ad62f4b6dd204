"""What the networks say of one cloud: which axis may be up, and of each view of it the classes.

A view is the cloud with some axis up, turned about it: as it faces, or laid along its floor plan's smallest box, and by
quarter turns from there. The views of an axis are only looked at once somebody asks for that axis.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from nimba.clouds import normalise
from nimba.clouds.pose import QUARTER, UP_AXES, Up, smallest_box_yaw, turned, upright
from nimba.inference.network import Network

TURNS = 4
_SAME_YAW = np.radians(3)  # a box that turns a cloud by less is the cloud as it faces
NOT_UPRIGHT = (
    TURNS  # of the pose network's classes; those before it: how many quarter turns it is from the trained pose
)


@dataclass(frozen=True, eq=False)
class PreparedCloud:
    """The points of a cloud that the network may read: (P, 3) float32, in the file's axes.

    They lie in the unit sphere, but for networks that were trained on clouds in their own units.
    """

    points: np.ndarray


@dataclass(frozen=True)
class Views:
    """All views of a cloud with one axis up.

    Args:
        angles: (V,) radians about the up axis.
        boxed: (V,) whether it starts from the smallest box.
        turns: (V,) quarter turns from there.
        log_probabilities: (V, C) of the classes.
        entropies: (V,) nats, of the classes.
        facing: (V,) log-probability by the pose network that it faces as the training clouds do; 0 without it.
        distances: (V,) from training, see ``nimba.inference.familiarity``; NaN where the weights cannot say.
    """

    angles: np.ndarray
    boxed: np.ndarray
    turns: np.ndarray
    log_probabilities: np.ndarray
    entropies: np.ndarray
    facing: np.ndarray
    distances: np.ndarray


@dataclass(eq=False)
class Evidence:
    """What is known of one cloud so far.

    Args:
        log_up: (6,) how well each axis would do as the up axis, by the pose network; log-odds.
        yaws: (6,) of the smallest box, radians, with that axis up.
        facing: (6, 2, 4) log-probabilities of the four facings, as it is and along the box.
        views: by axis, as far as they were looked at.
    """

    log_up: np.ndarray
    yaws: np.ndarray
    facing: np.ndarray
    views: dict[Up, Views] = field(default_factory=dict)


class Witness:
    """Asks the networks.

    Args:
        model: the classifier.
        pose_network: gives the network that knows poses; None to do without.
        turns: 4 to look from four sides, 1 to take a cloud as it faces.
        mirrored: give the classifier mirror images, as of its training frame.
    """

    def __init__(
        self, model: Network, pose_network: Callable[[], Network] | None, *, turns: int = TURNS, mirrored: bool = False
    ):
        self.model = model
        self.pose_network = pose_network
        self.turns = turns
        self.mirrored = mirrored

    def poses(self, clouds: Sequence[PreparedCloud], axes: Sequence[Up]) -> list[Evidence]:
        """How well each of some axes would do, for clouds of the same number of points."""
        evidence = [
            Evidence(np.full(len(UP_AXES), -np.inf), np.zeros(len(UP_AXES)), np.zeros((len(UP_AXES), 2, TURNS)))
            for _ in clouds
        ]
        for axis in axes:
            place = UP_AXES.index(axis)
            frames = [upright(cloud.points, axis, mirrored=self.mirrored) for cloud in clouds]
            if self.turns > 1:
                for found, frame in zip(evidence, frames, strict=True):
                    yaw = smallest_box_yaw(frame)
                    found.yaws[place] = yaw if abs(yaw) > _SAME_YAW else 0.0
            if self.pose_network is None:
                for found in evidence:
                    found.log_up[place] = 0.0
                continue
            boxes = [number for number, found in enumerate(evidence) if found.yaws[place]]
            boxed = [turned(frames[number], evidence[number].yaws[place]) for number in boxes]
            logits = self._ask_poses(np.stack([*frames, *boxed]))  # (B + boxes, 5)
            along = dict(zip(boxes, logits[len(clouds) :], strict=True))
            for number, found in enumerate(evidence):
                both = np.stack([logits[number], along.get(number, logits[number])])  # (2, 5)
                odds = both[:, :TURNS] - both[:, NOT_UPRIGHT:]  # (2, 4)
                found.log_up[place] = np.logaddexp.reduce(odds.ravel())
                found.facing[place] = odds - np.logaddexp.reduce(odds, axis=1, keepdims=True)  # (2, 4)
        return evidence

    def look(self, clouds: Sequence[PreparedCloud], evidence: Sequence[Evidence], axes: Sequence[Sequence[Up]]) -> None:
        """Add the views of each cloud with each of its own ``axes`` up, where they are not there yet."""
        asked = [
            (cloud, found, axis)
            for cloud, found, wanted in zip(clouds, evidence, axes, strict=True)
            for axis in wanted
            if axis not in found.views
        ]
        if not asked:
            return
        plans = [self._plan(found, axis) for _, found, axis in asked]
        frames = [
            turned(upright(cloud.points, axis, mirrored=self.mirrored), angle)
            for (cloud, _, axis), (angles, _, _) in zip(asked, plans, strict=True)
            for angle in angles
        ]
        logits, distances = self._ask_classes(np.stack(frames))
        start = 0
        for (_, found, axis), (angles, boxed, turns) in zip(asked, plans, strict=True):
            some = slice(start, start + len(angles))
            start = some.stop
            log_p = logits[some] - np.logaddexp.reduce(logits[some], axis=1, keepdims=True)  # (V, C)
            found.views[axis] = Views(
                angles,
                boxed,
                turns,
                log_p,
                -(np.exp(log_p) * log_p).sum(1),
                # Of a cloud whose front is k turns on, the view that is turned back by k shows the trained one.
                found.facing[UP_AXES.index(axis), boxed.astype(int), -turns % TURNS],
                distances[some],
            )

    def _plan(self, found: Evidence, axis: Up) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Angles, whether along the box, and quarter turns of the views to look at: (V,) each."""
        turns = np.arange(self.turns)
        yaw = found.yaws[UP_AXES.index(axis)]
        starts = [0.0] if yaw == 0 else [0.0, yaw]
        angles = np.concatenate([start + turns * QUARTER for start in starts])
        return angles, np.repeat(np.arange(len(starts)) > 0, self.turns), np.tile(turns, len(starts))

    def _ask_poses(self, frames: np.ndarray) -> np.ndarray:
        assert self.pose_network is not None
        network = self.pose_network()
        frames = normalise(frames, network.spec.normalisation)
        with torch.inference_mode():
            return network(torch.from_numpy(frames).to(_device(network))).double().cpu().numpy()

    def _ask_classes(self, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(V, P, 3) -> logits (V, C) float64, distances (V,)."""
        frames = normalise(frames, self.model.spec.normalisation)
        with torch.inference_mode():
            logits, features = self.model.embed(torch.from_numpy(frames).to(_device(self.model)))
            distances = np.full(len(frames), np.nan)
            if self.model.familiarity is not None:
                distances = self.model.familiarity.distances([some.cpu() for some in features]).numpy()
        return logits.double().cpu().numpy(), distances


def _device(network: Network) -> torch.device:
    return next(network.parameters()).device

"""The decision about one cloud: its pose, the probability of each class, and whether it is of none of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from nimba.clouds import normalise, resample
from nimba.clouds.pose import Up, require_up, upright
from nimba.inference.network import Network


@dataclass(frozen=True)
class Pose:
    """How a cloud was turned before the network saw it.

    Args:
        up: the file's axis that is up.
        given: the caller said so; else it was found.
        confidence: how sure it is that this axis is up, from 0 to 1; 1 where it was given.
        turn: degrees about the up axis, of the view that counted most.
    """

    up: Up
    given: bool
    confidence: float
    turn: float


@dataclass(frozen=True)
class PreparedCloud:
    """The points of a cloud that the network may read: (P, 3) float32, in the file's axes, without place or scale."""

    points: np.ndarray


@dataclass(frozen=True)
class Vote:
    """What many clouds together say of their poses: log-probabilities of the six up axes."""

    log_up: np.ndarray


@dataclass(frozen=True)
class Decision:
    """What was decided about a cloud.

    Args:
        probabilities: (C,) of the known classes, if it is of one of them; calibrated where the weights say how.
        unknown: how strange it is: 0 for what training has seen, 1 for nothing like it; None where the weights cannot say.
        is_unknown: whether that is beyond the threshold stored with the weights.
        pose: how it was turned.
    """

    probabilities: np.ndarray
    unknown: float | None
    is_unknown: bool
    pose: Pose


class Decider:
    """Decides about clouds, in whatever pose they come.

    Args:
        model: a classifier with its ``spec``.
        up: the up axis of all clouds, or "auto" to find it.
        turns: views about the up axis that are taken together: 4 quarter turns, or 1 for the cloud as it faces.
    """

    def __init__(self, model: Network, *, up: str = "auto", turns: int = 4):
        require_up(up)
        self.model = model
        self.up = up
        self.turns = turns

    def prepare(self, points: np.ndarray) -> PreparedCloud:
        """What ``decide`` needs of a cloud (N, 3): small, and cheap to send between processes."""
        return PreparedCloud(normalise(resample(points, self.model.spec.num_points), "unit_sphere"))

    def vote(self, clouds: Sequence[PreparedCloud]) -> Vote | None:
        """What clouds that come from one place say together of their up axis; None where nothing is to be found."""
        return None

    def decide(self, clouds: Sequence[PreparedCloud], vote: Vote | None = None) -> list[Decision]:
        """Decide about each cloud; the others beside it change nothing but through the ``vote``."""
        up: Up = "y" if self.up == "auto" else self.up  # type: ignore[assignment]
        frames = np.stack([upright(cloud.points, up) for cloud in clouds])  # (B, P, 3)
        frames = normalise(frames, self.model.spec.normalisation)
        device = next(self.model.parameters()).device
        with torch.inference_mode():
            probabilities = self.model(torch.from_numpy(frames).to(device)).softmax(1).cpu().numpy()  # (B, C)
        return [Decision(row, None, False, Pose(up, self.up != "auto", 1.0, 0.0)) for row in probabilities]

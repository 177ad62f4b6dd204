"""What clouds of one origin have in common: they often share their up axis, and the way that they face.

Whoever exported a folder exported it with one axis up. How large the share of each pose is among them is estimated from
what the networks say of each cloud, by expectation and maximisation (Saerens et al., Adjusting the Outputs of a
Classifier to New a Priori Probabilities, Neural Computation 2002): it starts from what files in general do, which
counts as much as a few clouds. In a mixed folder the shares come out even, and each cloud is left to speak for itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nimba.clouds.pose import UP_AXES, Up
from nimba.inference.evidence import TURNS, Evidence, Views

# What files do. Scanners, CAD and robotics have z up, graphics y; cameras look along z with y down.
UP_PRIOR = {"x": 0.02, "y": 0.42, "z": 0.48, "-x": 0.01, "-y": 0.05, "-z": 0.02}
# Where the front lies in the training frame: as it is trained, one, two, three turns on; or anywhere, along the box.
# With z up it lies towards -y, in ModelNet40's meshes as in Blender. With y up it lies towards +z in glTF, two turns
# on; the sampled forms of ModelNet40 have it towards -z.
FACING_PRIOR = {"z": (0.6, 0.08, 0.08, 0.08, 0.16), "y": (0.25, 0.1, 0.35, 0.1, 0.2)}
_ANY_FACING = (0.28, 0.12, 0.24, 0.12, 0.24)
# Clouds that what files do in general counts for. Facings are harder to tell than axes.
_WEIGHT_OF_UP_PRIOR, _WEIGHT_OF_FACING_PRIOR = 4.0, 16.0
_ROUNDS = 50
_DOUBT = 0.02  # that all of this is wrong, for each axis
_OUT_OF_QUESTION = 0.005
_A_FOLDER = 3  # clouds, from which on they are asked whether all have one axis up
_SOME = 0.02  # share from which on an axis is one of a mixture's
_EXCEPTIONS = 0.001  # share of other axes in a folder of one


@dataclass(frozen=True)
class Vote:
    """Shares of the poses among some clouds.

    Args:
        up: (6,) of the axes.
        facing: (6, 5) of the facings with each axis up, the last for any other.
        clouds: how many voted.
    """

    up: np.ndarray
    facing: np.ndarray
    clouds: int = 0

    @classmethod
    def of_files(cls) -> "Vote":
        """What is known before any cloud is seen."""
        facing = [FACING_PRIOR.get(axis, _ANY_FACING) for axis in UP_AXES]
        return cls(np.array([UP_PRIOR[axis] for axis in UP_AXES]), np.array(facing))

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON."""
        return {"up": self.up.tolist(), "facing": self.facing.tolist(), "clouds": self.clouds}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Vote":
        """Read ``to_dict``'s form.

        Raises:
            ValueError: shares of other things.
        """
        up, facing = np.asarray(values["up"], float), np.asarray(values["facing"], float)
        for shares, shape in ((up, (len(UP_AXES),)), (facing, (len(UP_AXES), TURNS + 1))):
            if shares.shape != shape or not (shares >= 0).all() or not np.allclose(shares.sum(-1), 1):
                raise ValueError(f"no shares: {shares.shape}")
        return cls(up, facing, int(values["clouds"]))


def share_of_axes(evidence: Sequence[Evidence]) -> np.ndarray:
    """Shares of the up axes: (6,).

    Where it is as likely that all clouds have one axis up, some of them misread, as that they are a mixture, they have
    that one: the mixture pays for each of its axes (Schwarz, Estimating the Dimension of a Model, 1978).
    """
    prior = Vote.of_files().up
    likelihoods = np.stack([up_likelihood(found) for found in evidence])  # (N, 6)
    mixed = _shares(likelihoods, prior, _WEIGHT_OF_UP_PRIOR)
    if len(evidence) < _A_FOLDER:
        return mixed
    with np.errstate(divide="ignore"):
        together = np.log(likelihoods).sum(0) + np.log(prior)  # (6,)
    kinds = int((mixed > _SOME).sum())
    mixture = np.log(likelihoods @ mixed).sum() - (kinds - 1) / 2 * np.log(len(evidence))
    if together.max() < mixture:
        return mixed
    return (1 - _EXCEPTIONS) * np.eye(len(prior))[together.argmax()] + _EXCEPTIONS / len(prior)


def share_of_facings(views: Sequence[Views], axis: Up) -> np.ndarray:
    """Shares of the facings among clouds with one axis up: (5,)."""
    prior = Vote.of_files().facing[UP_AXES.index(axis)]
    if not views:
        return prior
    likelihoods = np.zeros((len(views), TURNS + 1))
    for row, some in zip(likelihoods, views, strict=True):
        strength = view_strength(some)
        as_it_is = ~some.boxed
        row[some.turns[as_it_is]] = strength[as_it_is]
        row[TURNS] = strength[some.boxed].mean() if some.boxed.any() else strength[as_it_is].mean()
    return _shares(likelihoods, prior, _WEIGHT_OF_FACING_PRIOR)


def up_likelihood(found: Evidence) -> np.ndarray:
    """How likely the cloud is with each axis up, as far as it was looked at: (6,), of sum one and a little.

    A cloud that stands as it should is upright to the pose network, of some certain class to the classifier, and near
    to training. Axes that nobody looked at have the pose network's word alone, if any was.
    """
    log = found.log_up.copy()
    if found.views:
        for place, axis in enumerate(UP_AXES):
            log[place] += _log_fit(found.views[axis]) if axis in found.views else -np.inf
    odds = np.exp(log - log.max())
    odds = odds / odds.sum()
    return np.where(np.isfinite(found.log_up), odds + _DOUBT, 0.0)


def worth_a_look(found: Evidence, vote: Vote) -> list[Up]:
    """The axes that may be up, by the pose network and the vote, from the most likely on."""
    odds = np.exp(found.log_up - found.log_up.max())
    posterior = (odds / odds.sum() + _DOUBT) * vote.up
    posterior = posterior / posterior.sum()
    order = np.argsort(-posterior, kind="stable")
    return [UP_AXES[place] for rank, place in enumerate(order) if posterior[place] > _OUT_OF_QUESTION or rank == 0]


def _log_fit(views: Views) -> float:
    """How well the classifier's views fit what training has shown it, as a log-likelihood."""
    certain = float(np.log(np.exp(-2 * views.entropies).sum()))
    near = np.nanmin(views.distances) if np.isfinite(views.distances).any() else 1.0
    return certain - 2 * float(np.log(max(near, 1e-3)))


def view_strength(views: Views) -> np.ndarray:
    """How much a view's answer counts, before it is known how the other clouds face: (V,).

    The more certain the classes, the more: exp(-2 entropy); and the likelier the facing, by the pose network.
    """
    log = -2 * views.entropies + views.facing / 2
    return np.exp(log - log.max())


def axis_of(found: Evidence, vote: Vote) -> tuple[Up, float]:
    """The most likely up axis of those that were looked at, and its probability."""
    posterior = up_likelihood(found) * vote.up
    posterior = posterior / posterior.sum()
    axis = max(found.views, key=lambda axis: posterior[UP_AXES.index(axis)])
    return axis, float(posterior[UP_AXES.index(axis)])


def view_weights(views: Views, axis: Up, vote: Vote) -> np.ndarray:
    """How much each view of a cloud with an axis up says of its class: (V,), of sum one."""
    shares = vote.facing[UP_AXES.index(axis)]
    facing = np.where(views.boxed, shares[TURNS] / TURNS, shares[views.turns])
    if not views.boxed.any():
        facing = facing + shares[TURNS] / len(facing)  # its box is itself
    weights = view_strength(views) * facing
    return weights / weights.sum()


def _shares(likelihoods: np.ndarray, prior: np.ndarray, weight: float) -> np.ndarray:
    """Shares of K kinds, from the likelihood of each cloud (N, K) under each; the prior counts for so many clouds."""
    shares = prior
    for _ in range(_ROUNDS):
        posterior = likelihoods * shares
        posterior = posterior / posterior.sum(1, keepdims=True)
        shares = posterior.sum(0) + weight * prior
        shares = shares / shares.sum()
    return shares

"""Locally weighted deformation: PointWOLF."""

import math
from typing import Literal

import torch
from torch import Generator, Tensor

from nimba.clouds import normalise
from nimba.datasets.transforms.base import CloudTransform
from nimba.geometry.sampling import squared_distance
from nimba.geometry.ties import lexicographic_order
from nimba.runtime.errors import InputError


class PointWOLF(CloudTransform):
    """Bends a cloud smoothly: each point moves by a mean of a few local transformations, the nearer ones weighing more.

    PointWOLF (Kim et al., Point Cloud Augmentation with Weighted Local Transformations, ICCV 2021, arXiv 2110.05379,
    section 3). Anchors are found by farthest point sampling from a random point on. Each has a rotation about x, y and
    z, a scaling and a translation of its own, of which each is left out with probability 1/2, and of the scaling and
    the translation so is what is outside a random set of axes. They are averaged at a point with Gaussian weights of
    its distances to the anchors, measured along a random set of axes.

    Args:
        num_anchors: local transformations a cloud; 1 or more.
        sigma: width of the Gaussian, in the cloud's units; above 0.
        rotation: largest angle about an axis, either way, in degrees; 0 or more.
        scale: largest factor along an axis; the smallest is 1.
        translation: largest shift along an axis, either way; 0 or more.
        normalisation: frame that the deformed cloud is brought into; "none" leaves it.

    Raises:
        InputError: an argument outside its range.
    """

    def __init__(
        self,
        num_anchors: int = 4,
        sigma: float = 0.5,
        rotation: float = 10.0,
        scale: float = 3.0,
        translation: float = 0.25,
        normalisation: Literal["unit_sphere", "cube", "none"] = "unit_sphere",
    ):
        if not (num_anchors >= 1 and sigma > 0):
            raise InputError(f"PointWOLF of {num_anchors} anchors, sigma {sigma}: give 1 anchor or more, sigma above 0")
        if not (rotation >= 0 and scale >= 1 and translation >= 0):
            raise InputError(
                f"PointWOLF of rotation {rotation}, scale {scale}, translation {translation}: give rotation >= 0, "
                "scale >= 1, translation >= 0"
            )
        normalise(torch.zeros(1, 3), normalisation)  # an unknown mode is refused here, not in the first batch
        self.num_anchors = num_anchors
        self.sigma = sigma
        self.rotation = rotation
        self.scale = scale
        self.translation = translation
        self.normalisation = normalisation

    def on_batch(self, points: Tensor, generator: Generator | None = None) -> Tensor:
        """Clouds (B, N, 3), deformed."""
        anchors = self._anchors(points, generator)  # (B, M, 3)
        matrix, shift = self._local_transformations(anchors, generator)  # (B, M, 3, 3), (B, M, 3)
        around = points[:, None] - anchors[:, :, None]  # (B, M, N, 3)
        # What a transformation adds, not where it leads: without strength nothing moves, to the last bit.
        moves = around @ (matrix - torch.eye(3, device=points.device)) + shift[:, :, None]  # (B, M, N, 3)
        axes = _some_axes(points.new_empty(len(points), 1), generator)  # (B, 1, 3)
        distance = (around * axes[:, :, None]).square().sum(-1)  # (B, M, N)
        weights = (distance / (-2 * self.sigma**2)).softmax(1)  # (B, M, N)
        return normalise(points + (weights[..., None] * moves).sum(1), self.normalisation)  # (B, N, 3)

    def _anchors(self, points: Tensor, generator: Generator | None) -> Tensor:
        """Points far from each other, the first at random, whatever the order of the points: -> (B, M, 3)."""
        order = lexicographic_order(points)  # (B, N)
        points = points.gather(1, order[..., None].expand(-1, -1, 3))  # (B, N, 3)
        rows = torch.arange(len(points), device=points.device)
        chosen = torch.randint(points.shape[1], (len(points),), generator=generator, device=points.device)  # (B,)
        anchors = [points[rows, chosen]]  # (B, 3) each
        nearest = squared_distance(points, anchors[0][:, None])  # (B, N)
        for _ in range(self.num_anchors - 1):
            anchors.append(points[rows, nearest.argmax(1)])
            nearest = torch.minimum(nearest, squared_distance(points, anchors[-1][:, None]))  # (B, N)
        return torch.stack(anchors, 1)  # (B, M, 3)

    def _local_transformations(self, anchors: Tensor, generator: Generator | None) -> tuple[Tensor, Tensor]:
        """For each anchor (B, M, 3) a map for rows, (B, M, 3, 3), and a shift, (B, M, 3)."""
        used = torch.rand(anchors.shape, generator=generator, device=anchors.device) < 0.5  # (B, M, 3): of which kinds
        rotate, stretch, move = used[..., None].unbind(2)  # (B, M, 1) each
        axes = _some_axes(anchors[..., 0], generator)  # (B, M, 3)
        most = math.radians(self.rotation)
        angles = torch.empty_like(anchors).uniform_(-most, most, generator=generator) * rotate
        factors = torch.empty_like(anchors).uniform_(1, self.scale, generator=generator)
        factors = torch.where(stretch & axes, factors, 1.0)  # (B, M, 3)
        shift = torch.empty_like(anchors).uniform_(-self.translation, self.translation, generator=generator)
        return _rotations(angles) * factors[..., None, :], shift * (move & axes)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(num_anchors={self.num_anchors}, sigma={self.sigma}, rotation={self.rotation}, "
            f"scale={self.scale}, translation={self.translation}, normalisation={self.normalisation!r})"
        )


def _some_axes(like: Tensor, generator: Generator | None) -> Tensor:
    """One of the 7 non-empty sets of axes for each entry of ``like``: (...) -> (..., 3) bool."""
    chosen = torch.randint(1, 8, like.shape, generator=generator, device=like.device)  # (...)
    return (chosen[..., None] >> torch.arange(3, device=like.device)) % 2 == 1  # (..., 3)


def _rotations(angles: Tensor) -> Tensor:
    """Rotations about the three axes, one after the other: (..., 3) in radians -> (..., 3, 3)."""
    (cx, cy, cz), (sx, sy, sz) = angles.cos().unbind(-1), angles.sin().unbind(-1)
    rows = (
        torch.stack((cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx), -1),
        torch.stack((sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx), -1),
        torch.stack((-sy, cy * sx, cy * cx), -1),
    )
    return torch.stack(rows, -2)  # (..., 3, 3)

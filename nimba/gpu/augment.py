"""Random changes to a batch of clouds on its device: nothing is read back, and every shape is fixed.

A cloud keeps its N rows; those that are taken away are marked, see ``Clouds``.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from nimba.geometry.sampling import squared_distance
from nimba.gpu.batch import Clouds, choose, place_where
from nimba.gpu.views import seen
from nimba.training.mixing.base import replace_first

FEWEST = 128  # points that are left of a cloud; where fewer would be, nothing is taken away


@dataclass(frozen=True)
class Augmentation:
    """How often each change is made to a cloud (a probability), and how far it goes at most.

    The changes are made in this order. ``scale`` alone is the recipe of the best networks for clean clouds; the others
    are for clouds as people have them, and resemble those of the robustness benchmarks.
    """

    mirror: float = 0.0
    quarter_turns: bool = False  # any of the four sides in front
    any_turn: float = 0.0  # about the up axis, by any angle
    turn: float = 0.0  # standard deviation, degrees about the up axis
    tilt: float = 0.0  # probability; up to tilt_by degrees about each level axis
    tilt_by: float = 10.0
    scale: float = 1.5  # each axis by up to this factor, or down by as much
    cut_mix: float = 0.0  # points at random, or those around a place, give way to another cloud's (PointCutMix)
    shear: float = 0.0
    bend: float = 0.0  # by five bumps of radial basis functions
    seen: float = 0.0  # only what is seen from some side, half of them on the scan lines of a LiDAR
    half_space: float = 0.0  # up to half of the points, on one side of a plane, go
    holes: float = 0.0  # up to eight holes of up to 60 points
    uneven: float = 0.0  # thinner the farther from (or the nearer to) a place
    outliers: float = 0.0  # up to a fifth of the points move to anywhere in the ball, or onto its hull
    jitter: float = 0.0
    jitter_by: float = 0.03  # largest standard deviation, of the unit sphere's radius
    fewest: int = 768  # points that are left, at random, from here to all
    few: float = 0.0  # as few as 128 in place of that
    normalise: bool = False  # into the unit sphere again, as evaluation does with what it is given


def augment(points: Tensor, labels: Tensor, how: Augmentation) -> Clouds:
    """Change each cloud at random.

    Args:
        points: (B, N, 3), y up, in the unit sphere.
        labels: (B,).
        how: see ``Augmentation``.
    """
    B, N, _ = points.shape
    device = points.device
    there = torch.ones(B, N, dtype=torch.bool, device=device)
    clouds = Clouds(points, there, labels, labels, torch.zeros(B, device=device))
    clouds = clouds._replace(points=_moved(points, how))
    if how.cut_mix:
        clouds = _cut_mix(clouds, choose(B, how.cut_mix, device))
    if how.bend:
        clouds = place_where(choose(B, how.bend, device), _bent(clouds.points), clouds)
    if how.seen:
        clouds = seen(clouds, choose(B, how.seen, device))
    for chance, rule in (
        (how.half_space, _half_space),
        (how.holes, _outside_holes),
        (how.uneven, _uneven),
    ):
        if chance:
            kept = rule(clouds) | ~choose(B, chance, device)[:, None]  # (B, N)
            clouds = clouds._replace(there=clouds.there & kept)
    if how.outliers:
        clouds = place_where(choose(B, how.outliers, device), _with_outliers(clouds.points), clouds)
    if how.jitter:
        by = torch.rand(B, 1, 1, device=device) * how.jitter_by * choose(B, how.jitter, device)[:, None, None]
        clouds = clouds._replace(points=clouds.points + by * torch.randn_like(clouds.points))
    clouds = clouds._replace(there=clouds.there & _subset(clouds.there, how))
    enough = clouds.there.sum(1, keepdim=True) >= min(FEWEST, N)
    clouds = clouds._replace(there=clouds.there | ~enough)
    return clouds._replace(points=_in_sphere(clouds)) if how.normalise else clouds


def _moved(points: Tensor, how: Augmentation) -> Tensor:
    """Mirrored, scaled, turned, tilted and sheared: one linear map a cloud."""
    B, device = len(points), points.device
    factors = 1 / how.scale + torch.rand(B, 3, device=device) * (how.scale - 1 / how.scale)  # (B, 3)
    if how.mirror:
        sign = torch.where(choose(B, how.mirror, device), -1.0, 1.0)  # (B,)
        factors = factors * torch.stack([sign, torch.ones_like(sign), torch.ones_like(sign)], 1)
    change = torch.diag_embed(factors)  # (B, 3, 3)
    yaw = torch.zeros(B, device=device)
    if how.turn:
        yaw = yaw + torch.randn(B, device=device) * (how.turn * torch.pi / 180)
    if how.any_turn:
        yaw = torch.where(choose(B, how.any_turn, device), torch.rand(B, device=device) * 2 * torch.pi, yaw)
    if how.quarter_turns:
        yaw = yaw + (torch.rand(B, device=device) * 4).floor() * (torch.pi / 2)
    if how.turn or how.any_turn or how.quarter_turns:
        change = _rotation(yaw, 1) @ change
    if how.tilt:
        most = how.tilt_by * torch.pi / 180 * choose(B, how.tilt, device)
        for axis in (0, 2):
            change = _rotation((2 * torch.rand(B, device=device) - 1) * most, axis) @ change
    if how.shear:
        off = (2 * torch.rand(B, 3, 3, device=device) - 1) * 0.25 * choose(B, how.shear, device)[:, None, None]
        off = off * (1 - torch.eye(3, device=device))
        change = (torch.eye(3, device=device) + off) @ change
    return points @ change.transpose(1, 2)  # (B, N, 3)


def _rotation(angle: Tensor, axis: int) -> Tensor:
    """About an axis: (B,) -> (B, 3, 3)."""
    a, b = [other for other in range(3) if other != axis]
    cos, sin = angle.cos(), angle.sin()
    zero, one = torch.zeros_like(angle), torch.ones_like(angle)
    rows = [[zero] * 3 for _ in range(3)]
    rows[axis][axis] = one
    rows[a][a], rows[a][b], rows[b][a], rows[b][b] = cos, -sin, sin, cos
    return torch.stack([torch.stack(row, 1) for row in rows], 1)


def _place(clouds: Clouds) -> Tensor:
    """One of the points of each cloud: (B, 1, 3)."""
    key = torch.where(clouds.there, torch.rand_like(clouds.points[..., 0]), -1.0)  # (B, N)
    return clouds.points.gather(1, key.argmax(1)[:, None, None].expand(-1, 1, 3))


def _rank(key: Tensor, there: Tensor) -> Tensor:
    """Each row's rank by its key, those that are not there last: (B, N) -> (B, N) int64."""
    order = torch.where(there, key, torch.inf).argsort(1)
    places = torch.arange(key.shape[1], device=key.device).expand_as(order)
    return torch.empty_like(order).scatter_(1, order, places)


def _cut_mix(clouds: Clouds, chosen: Tensor) -> Clouds:
    """Up to all points give way to the next cloud's; all rows are there still."""
    points, labels = clouds.points, clouds.labels
    B, N, _ = points.shape
    others = points.roll(1, 0)
    count = (torch.rand(B, device=points.device) * N).long() * chosen  # (B,)
    at_random = torch.rand(B, 1, device=points.device) < 0.5
    middle = _place(clouds)
    first, second = (
        torch.where(at_random, torch.rand(B, N, device=points.device), squared_distance(cloud, middle)).argsort(1)
        for cloud in (points, others)
    )
    mixed = replace_first(points, first, others, second, count)
    return clouds._replace(points=mixed, others=labels.roll(1), share=count / N)


def _bent(points: Tensor) -> Tensor:
    B, device = len(points), points.device
    middles = 2 * torch.rand(B, 5, 3, device=device) - 1
    pushes = torch.randn(B, 5, 3, device=device) * 0.12
    near = torch.exp(-torch.cdist(points, middles).square() / (2 * 0.5**2))  # (B, N, 5)
    return points + near @ pushes


def _direction(count: int, device: torch.device) -> Tensor:
    """Unit vectors (B, 3)."""
    return torch.nn.functional.normalize(torch.randn(count, 3, device=device), dim=1)


def _half_space(clouds: Clouds) -> Tensor:
    along = (clouds.points @ _direction(len(clouds.points), clouds.points.device)[:, :, None]).squeeze(2)
    share = 0.5 * torch.rand(len(along), 1, device=along.device)
    return _rank(along, clouds.there) >= share * clouds.there.sum(1, keepdim=True)


def _outside_holes(clouds: Clouds) -> Tensor:
    kept = torch.ones_like(clouds.there)
    B, device = len(kept), kept.device
    holes = (1 + 8 * torch.rand(B, 1, device=device)).floor()
    size = 20 + 40 * torch.rand(B, 1, device=device)
    for number in range(8):
        distance = squared_distance(clouds.points, _place(clouds))  # (B, N)
        kept = kept & ((_rank(distance, clouds.there) >= size) | (number >= holes))
    return kept


def _uneven(clouds: Clouds) -> Tensor:
    distance = squared_distance(clouds.points, _place(clouds)).sqrt()  # (B, N)
    away = distance / distance.amax(1, keepdim=True).clamp_min(1e-6)
    away = torch.where(torch.rand(len(away), 1, device=away.device) < 0.5, away, 1 - away)
    return torch.rand_like(away) >= 0.95 * torch.rand(len(away), 1, device=away.device) * away


def _with_outliers(points: Tensor) -> Tensor:
    B, N, _ = points.shape
    device = points.device
    size = points.norm(dim=2).amax(1)[:, None, None]
    anywhere = (2 * torch.rand_like(points) - 1) * size
    onto_hull = torch.nn.functional.normalize(torch.randn_like(points), dim=2) * size
    extreme = torch.where(torch.rand(B, 1, 1, device=device) < 0.6, anywhere, onto_hull)
    moved = torch.rand(B, N, 1, device=device) < 0.2 * torch.rand(B, 1, 1, device=device)
    return torch.where(moved, extreme, points)


def _subset(there: Tensor, how: Augmentation) -> Tensor:
    B, N = there.shape
    device = there.device
    most = torch.randint(min(how.fewest, N), N + 1, (B, 1), device=device)
    if how.few:
        fewest = min(FEWEST, N)
        few = fewest * (N / fewest) ** torch.rand(B, 1, device=device)  # as many between 128 and 256 as up to 512
        most = torch.where(choose(B, how.few, device)[:, None], few.long(), most)
    return _rank(torch.rand(B, N, device=device), there) < most


def _in_sphere(clouds: Clouds) -> Tensor:
    weight = clouds.there[..., None].float()  # (B, N, 1)
    middle = (clouds.points * weight).sum(1, keepdim=True) / weight.sum(1, keepdim=True)
    centred = clouds.points - middle
    size = (centred.norm(dim=2) * weight[..., 0]).amax(1).clamp_min(1e-6)  # (B,)
    return centred / size[:, None, None]


def plain(how: Augmentation) -> Augmentation:
    """Without what no evaluation meets: two clouds mixed."""
    return replace(how, cut_mix=0.0)

"""What a camera or a LiDAR sees of clouds, on their device."""

import torch
from torch import Tensor

from nimba.clouds.visibility import FLIP, visible
from nimba.gpu.batch import Clouds, choose, place_where

CELL = 0.12  # of a picture, in radii of a cloud: hides about as much as hidden-point removal does
SIDE = 64  # cells of a picture


def seen(clouds: Clouds, chosen: Tensor) -> Clouds:
    """What a camera or a LiDAR around a cloud sees of it; a LiDAR's points lie on its scan lines.

    On a CPU hidden points are found as in ``nimba.clouds.visibility``; elsewhere by the cells of a picture, which agree
    on half of all points that either shows.
    """
    points, device = clouds.points, clouds.points.device
    B = len(points)
    azimuth = 2 * torch.pi * torch.rand(B, 1, device=device)
    elevation = (15 + 50 * torch.rand(B, 1, device=device)) * torch.pi / 180
    level = elevation.cos()
    away = torch.cat([level * azimuth.sin(), elevation.sin(), level * azimuth.cos()], 1)  # (B, 3)
    size = (points.norm(dim=2) * clouds.there).amax(1, keepdim=True)  # (B, 1)
    sensor = away * size * (3 + 2 * torch.rand(B, 1, device=device))  # (B, 3)
    kept = not_hidden(clouds, sensor, chosen) if device.type == "cpu" else in_front(points, clouds.there, sensor)
    clouds = place_where(chosen & choose(B, 0.5, device), on_scan_lines(points, sensor), clouds)
    return clouds._replace(there=clouds.there & (kept | ~chosen[:, None]))


def not_hidden(clouds: Clouds, sensor: Tensor, chosen: Tensor) -> Tensor:
    """(B, N) bool, by hidden-point removal, of the clouds that are chosen."""
    kept = clouds.there.clone()
    for number in chosen.nonzero()[:, 0].tolist():
        rows = clouds.there[number].nonzero()[:, 0]
        seen = visible(clouds.points[number, rows].numpy(), sensor[number].numpy(), FLIP)
        kept[number] = False
        kept[number, rows[torch.from_numpy(seen)]] = True
    return kept


def in_front(points: Tensor, there: Tensor, sensor: Tensor) -> Tensor:
    """(B, N) bool: points not much behind the first in their cell of the sensor's picture."""
    distance = sensor.norm(dim=1, keepdim=True)  # (B, 1)
    towards = -sensor / distance
    y = torch.eye(3, device=points.device)[1]  # not from numbers of the host, which a graph would wait for
    right = torch.nn.functional.normalize(torch.linalg.cross(towards, y.expand_as(towards)), dim=1)
    picture = torch.stack([right, torch.linalg.cross(right, towards), towards], 2)  # (B, 3, 3)
    rays = points - sensor[:, None]
    across, up, depth = (rays @ picture).unbind(2)  # (B, N) each
    cells = ((value / depth * distance / CELL + SIDE / 2).floor().clamp(0, SIDE - 1) for value in (across, up))
    column, row = cells
    cell = (column * SIDE + row).long()  # (B, N)
    ranges = torch.where(there, rays.norm(dim=2), torch.inf)
    first = ranges.new_full((len(points), SIDE * SIDE), torch.inf).scatter_reduce(1, cell, ranges, "amin")
    return ranges <= first.gather(1, cell) + CELL


def on_scan_lines(points: Tensor, sensor: Tensor) -> Tensor:
    """Points at the same range and azimuth, on lines a degree apart: (B, N, 3)."""
    rays = points - sensor[:, None]
    ground = rays[..., [0, 2]].norm(dim=2).clamp_min(1e-6)  # (B, N)
    polar = torch.atan2(ground, rays[..., 1])
    line = torch.pi / 180
    polar = (polar / line).floor() * line + line / 2
    ranges = rays.norm(dim=2)
    level = ranges * polar.sin() / ground
    flat = torch.stack([rays[..., 0] * level, ranges * polar.cos(), rays[..., 2] * level], 2)  # (B, N, 3)
    return flat + sensor[:, None]

"""Clouds of different sizes in one batch: each is tokenized among those of its size, then all are read together."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from nimba.classifier.settings import ModelSettings
from nimba.classifier.tokenizing import Tokens, tokenize
from nimba.geometry.pyramid import Pyramid
from nimba.runtime.errors import InputError
from nimba.tokens.surroundings import Surroundings


class JoinedClouds(NamedTuple):
    """Clouds one behind the other."""

    points: Tensor  # (sum of N, 3)
    sizes: Tensor  # (B,) int64 on the CPU, none of them 0


def join_clouds(clouds: Any, batch: Tensor | None = None) -> JoinedClouds:
    """Bring clouds into one tensor.

    Args:
        clouds: a list of tensors (N, 3), torch-geometric ``Data`` or ``Batch`` (``pos``, and ``batch`` if it has one),
            or a tensor (sum of N, 3).
        batch: (sum of N,) integers for such a tensor: the cloud that each point belongs to, in any order.

    Raises:
        InputError: for anything else, or a cloud without points, naming it.
    """
    if isinstance(clouds, list | tuple):
        return _join_list(clouds)
    count = None
    if not isinstance(clouds, Tensor) and isinstance(getattr(clouds, "pos", None), Tensor):
        batch = getattr(clouds, "batch", None) if batch is None else batch
        count = getattr(clouds, "num_graphs", None)
        clouds = clouds.pos
    if not isinstance(clouds, Tensor):
        raise InputError(
            f"clouds: expected a list of tensors (N, 3) or a torch-geometric Batch, got a {type(clouds).__name__}"
        )
    _check_cloud("clouds", clouds)
    which = torch.zeros(len(clouds), dtype=torch.int64) if batch is None else torch.as_tensor(batch).cpu()
    if which.shape != clouds.shape[:1] or which.is_floating_point() or which.dtype == torch.bool:
        raise InputError(f"batch: expected {len(clouds)} integers, got {which.dtype} {tuple(which.shape)}")
    if not len(which) or which.min() < 0 or which.max() >= max(len(which), count or 0):
        raise InputError("batch: the clouds are to be counted from 0 on, each with one point or more")
    sizes = which.long().bincount(minlength=count or 0)  # (B,)
    _check_sizes(sizes)
    if not (which[1:] >= which[:-1]).all():
        clouds = clouds[which.argsort(stable=True).to(clouds.device)]
    return JoinedClouds(clouds, sizes)


def tokenize_joined(clouds: JoinedClouds, settings: ModelSettings) -> Tokens:
    """Centres and what is around them, of all clouds: -> Tokens of B clouds, in their order; not differentiable."""
    device = clouds.points.device
    first = (clouds.sizes.cumsum(0) - clouds.sizes).to(device)  # (B,), where each cloud begins
    groups, parts = [], []
    for size in clouds.sizes.unique().tolist():
        members = (clouds.sizes == size).nonzero()[:, 0].to(device)  # (b,)
        rows = first[members, None] + torch.arange(size, device=device)  # (b, N)
        groups.append(members)
        parts.append(tokenize(clouds.points[rows], settings))
    places = torch.cat(groups).argsort()  # (B,): where each cloud is among the groups
    return _joined(parts, places)


def _joined(parts: list[Tokens], places: Tensor) -> Tokens:
    def join(tensors: list[Tensor]) -> Tensor:
        return torch.cat(tensors)[places]

    first = parts[0]
    centres, patches, order = (join(list(tensors)) for tensors in zip(*(part[:3] for part in parts), strict=True))
    tokens = Tokens(centres, patches, order)
    if first.beside is not None:
        tokens = tokens._replace(beside=join([part.beside for part in parts if part.beside is not None]))
    if first.members is not None:
        tokens = tokens._replace(members=join([part.members for part in parts if part.members is not None]))
    around = [part.surroundings for part in parts if part.surroundings is not None]
    if around:
        tokens = tokens._replace(
            surroundings=Surroundings(*(join(_even(list(tensors))) for tensors in zip(*around, strict=True)))
        )
    pyramids = [part.pyramid for part in parts if part.pyramid is not None]
    if pyramids:
        flat = [(p.points, p.around, p.height, *p.tables) for p in pyramids]
        points, near, height, *tables = (join(_even(list(tensors))) for tensors in zip(*flat, strict=True))
        tokens = tokens._replace(pyramid=Pyramid(points, near, height, tuple(tables)))
    return tokens


def _even(tensors: list[Tensor]) -> list[Tensor]:
    """As many rows (b, M, ...) for all: a small cloud's stage, or support, is repeated from its first point on.

    Nobody looks at the repetitions: neighbours are named by their first rows, and so are a patch's points. BatchNorm
    counts them in training, each point as often as it is there.
    """
    most = max(tensor.shape[1] for tensor in tensors)
    return [tensor[:, torch.arange(most, device=tensor.device) % tensor.shape[1]] for tensor in tensors]


def _join_list(clouds: list[Tensor] | tuple[Tensor, ...]) -> JoinedClouds:
    for i, cloud in enumerate(clouds):
        _check_cloud(f"clouds[{i}]", cloud)
    if len({(cloud.dtype, cloud.device) for cloud in clouds}) != 1:
        raise InputError("clouds: give one cloud or more, all of one type and on one device")
    sizes = torch.tensor([len(cloud) for cloud in clouds])
    _check_sizes(sizes)
    return JoinedClouds(torch.cat(list(clouds)), sizes)


def _check_cloud(name: str, cloud: Any) -> None:
    if not isinstance(cloud, Tensor) or cloud.ndim != 2 or cloud.shape[1] != 3 or not cloud.is_floating_point():
        found = f"{cloud.dtype} {tuple(cloud.shape)}" if isinstance(cloud, Tensor) else type(cloud).__name__
        raise InputError(f"{name}: expected a floating-point tensor (N, 3), got {found}")


def _check_sizes(sizes: Tensor) -> None:
    empty = (sizes == 0).nonzero()[:, 0].tolist()
    if empty:
        raise InputError(f"clouds: cloud {empty[0]} has no points ({len(empty)} of {len(sizes)} have none)")

"""From a cloud to what the network reads along its path."""

from typing import NamedTuple

import torch
from torch import Tensor

from nimba.classifier.settings import ModelSettings
from nimba.geometry import farthest_point_sampling, k_nearest
from nimba.geometry.pyramid import Nearby, Pyramid, find_nearby, pyramid_of, take_rows
from nimba.serialization import serialize
from nimba.tokens.encoders import ENCODERS
from nimba.tokens.neighbour_max import take_points
from nimba.tokens.surroundings import Surroundings, surroundings_of


class Tokens(NamedTuple):
    """A tokenized batch of clouds, along their paths.

    A path has L = G places, or L = 3 G or 2 G where the order repeats the points ("three_axes", "hilbert_both").
    """

    centres: Tensor  # (B, L, 3)
    patches: Tensor  # (B, L, K, 3), each relative to its centre
    order: Tensor  # (B, L) int64 in [0, G): centres = FPS centres[order]
    # For an encoder with local features, patches are of points of a support:
    members: Tensor | None = None  # (B, L, K) int64, which ones
    surroundings: Surroundings | None = None  # of the whole support
    pyramid: Pyramid | None = None  # for an encoder in stages; patches are of points of its last stage but one
    beside: Tensor | None = None  # (B, L, k) int64, places on the path: the nearest to each, where tokens hear of them


@torch.no_grad()
def tokenize(points: Tensor, settings: ModelSettings, nearby: Nearby | None = None) -> Tokens:
    """Centres and what is around them, along the path; not differentiable.

    Args:
        points: (B, N, 3).
        settings: of the network.
        nearby: of these clouds, where an encoder in stages need not look for neighbours; see ``find_stages``.
    """
    s = settings
    points = points.float() + 0.0  # -0.0 becomes 0.0: equal coordinates are equal bits from here on
    encoder = ENCODERS[s.encoder]
    if encoder.staged:
        nearby = find_stages(points, s) if nearby is None else nearby
        sampled = take_rows(points, nearby.chosen)  # (B, M, 3), farthest first
    else:
        local = encoder.local is not None
        count = max(s.num_centres, at_most(s.support, points)) if local else s.num_centres  # M, or G
        sampled = take_rows(points, farthest_point_sampling(points, count))  # (B, M, 3), farthest first
    centres = sampled[:, : s.num_centres]  # (B, G, 3)
    order = _order(centres, s)  # (B, L)
    if encoder.staged:
        assert nearby is not None
        around, neighbours = sampled, nearby.tables[-2][:, : s.num_centres]  # (B, G, K)
    else:
        around = sampled if encoder.local is not None else points
        neighbours = k_nearest(around, centres, max(s.scales or (s.patch_size,)))  # (B, G, K)
    neighbours = take_rows(neighbours, order)  # (B, L, K)
    beside = beside_on_path(centres, order, s.token_neighbours) if s.token_neighbours else None
    centres = take_rows(centres, order)  # (B, L, 3)
    patches = take_points(around, neighbours) - centres[:, :, None]  # (B, L, K, 3)
    tokens = Tokens(centres, patches, order, beside=beside)
    if nearby is not None:
        return tokens._replace(pyramid=pyramid_of(points, nearby))
    if encoder.local is None:
        return tokens
    return tokens._replace(members=neighbours, surroundings=surroundings_of(points, sampled, s.neighbours))


def find_stages(points: Tensor, settings: ModelSettings) -> Nearby:
    """What a network with an encoder in stages looks up of clouds (B, N, 3); a smaller cloud has smaller stages."""
    s = settings
    sizes = [max(s.num_centres, at_most(size, points)) for size in (*s.stages, s.num_centres)]
    return find_nearby(points, farthest_point_sampling(points, sizes[0]), sizes, s.neighbours)


def at_most(count: int, points: Tensor) -> int:
    """``count``, or how many points (B, N, 3) there are; where N is a symbol of a known range, a plain number."""
    return count if count <= points.shape[1] else points.shape[1]


def _order(centres: Tensor, s: ModelSettings) -> Tensor:
    start = s.start if isinstance(s.start, str) else min(s.start, s.num_centres - 1)
    return serialize(
        centres, s.order, r=s.r, axis=s.axis, start=start, variant=s.variant, bits=s.bits, seed=s.seed, check=False
    )


def beside_on_path(centres: Tensor, order: Tensor, count: int) -> Tensor:
    """For each place on the path the places of the centres nearest to its own, itself among them: (B, L, count).

    Where the path repeats its centres, they are those of the same round.
    """
    B, G, _ = centres.shape
    rounds = order.view(B, -1, G)  # (B, copies, G)
    first = torch.arange(rounds.shape[1], device=order.device)[:, None] * G  # (copies, 1)
    places = rounds.argsort(2) + first  # (B, copies, G): where each centre is in each round
    near = k_nearest(centres, centres, count)  # (B, G, count), centres
    near = near[:, None].expand(-1, rounds.shape[1], -1, -1)  # (B, copies, G, count)
    places = places[..., None].expand_as(near).gather(2, near)  # (B, copies, G, count)
    return places.gather(2, rounds[..., None].expand_as(near)).flatten(1, 2)  # (B, L, count)

"""From clouds with rows that are missing to what the network reads: every shape fixed, nothing read back."""

import torch
from torch import Tensor

from nimba.classifier.settings import ModelSettings
from nimba.classifier.tokenizing import Tokens, beside_on_path
from nimba.geometry import farthest_point_sampling, k_nearest
from nimba.geometry.pyramid import Pyramid, take_rows
from nimba.serialization import serialize

FAR = 1e4  # where a row that is not there is put, out of every neighbourhood


@torch.no_grad()
def prepare(points: Tensor, there: Tensor, settings: ModelSettings) -> Tokens:
    """Tokens of clouds for a network with the encoder "dense", as ``tokenize`` would make them of the rows there.

    A cloud of fewer points than a stage has repeats them from the first on, neighbours included: maxima over
    neighbours and over the path do not change by it.

    Args:
        points: (B, N, 3); N is at least the first stage's size.
        there: (B, N) bool; as many as the network has centres, at least.
        settings: of the network.
    """
    s = settings
    sizes = (*s.stages, s.num_centres)
    count = there.sum(1, keepdim=True)  # (B, 1)
    points = take_rows(points + 0.0, there.int().argsort(dim=1, descending=True, stable=True))  # -0.0 becomes 0.0
    there = torch.arange(points.shape[1], device=points.device) < count  # (B, N), what is there comes first now
    first = _first_stage(points, there, count, sizes)  # (B, M, 3)
    present = torch.arange(sizes[0], device=points.device) < count  # (B, M), rows that are no repetition
    tables = []
    for size in sizes:
        stage, real = first[:, :size], present[:, :size]
        tables.append(k_nearest(torch.where(real[..., None], stage, FAR), stage, s.neighbours))  # (B, M_s, K)
    if sizes[0] == points.shape[1]:  # the stage is the cloud
        near = take_rows(first, tables[0].flatten(1))  # (B, M K, 3)
    else:
        whole = torch.where(there[..., None], points, FAR)
        near = take_rows(points, k_nearest(whole, first, s.neighbours).flatten(1))  # (B, M K, 3)
    height = first[..., 1] - near[..., 1].amin(1, keepdim=True)  # (B, M)
    around = near.view(*tables[0].shape, 3) - first[:, :, None]  # (B, M, K, 3)
    centres = first[:, : s.num_centres]  # (B, G, 3)
    order = serialize(centres, s.order, r=s.r, axis=s.axis, start=s.start, variant=s.variant, bits=s.bits, check=False)
    beside = beside_on_path(centres, order, s.token_neighbours) if s.token_neighbours else None
    pyramid = Pyramid(first, around, height, tuple(tables))
    patches = points.new_empty(0)  # an encoder in stages does not read them
    return Tokens(take_rows(centres, order), patches, order, pyramid=pyramid, beside=beside)


def _first_stage(points: Tensor, there: Tensor, count: Tensor, sizes: tuple[int, ...]) -> Tensor:
    """Its points (B, M, 3), farthest first."""
    B, N, _ = points.shape
    wanted = sizes[0] if sizes[0] < N else sizes[1]  # of the whole cloud, any order will do behind the second stage
    # A missing row lies where the first one does, which is taken before it: of equal points, FPS takes the first row.
    chosen = farthest_point_sampling(torch.where(there[..., None], points, points[:, :1]), wanted)  # (B, wanted)
    places = torch.arange(wanted, device=points.device).expand(B, -1)
    later = torch.arange(N, device=points.device).expand(B, -1) + wanted
    rank = later.scatter_reduce(1, chosen, places, "amin")  # (B, N); those chosen twice count by the first time
    order = torch.where(there, rank, N + wanted).argsort(dim=1, stable=True)  # (B, N)
    repeated = torch.arange(sizes[0], device=points.device) % count.clamp(max=sizes[0])  # (B, M)
    return take_rows(points, order.gather(1, repeated))

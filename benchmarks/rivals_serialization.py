"""Rivals of the serialization: what is in use today, written from its description."""

import torch
from torch import Tensor

from nimba.runtime.compiled import without_compiled_kernels
from nimba.serialization import serialize


def hilbert_on_unpacked_bits(cells: Tensor, bits: int) -> Tensor:
    """Skilling's transform with each bit in an element of its own.

    The form that Point Transformer V3 and PointMamba take over from the numpy-hilbert-curve package: a (N, 3, bits)
    tensor of ones and zeros, transformed level by level, then packed into bytes.

    Args:
        cells: (N, 3) int64.
        bits: depth of the grid.

    Returns:
        (N,) int64, the same codes as ``nimba.geometry.codes.hilbert``.
    """
    shifts = torch.arange(bits - 1, -1, -1)
    unpacked = ((cells[..., None] >> shifts) & 1).byte()  # (N, 3, bits), the highest bit first
    for level in range(bits):
        for axis in range(3):
            turned = unpacked[:, axis, level]  # (N,)
            # Where the bit is set, invert the lower bits of the first axis; else exchange those in which both differ.
            unpacked[:, 0, level + 1 :] ^= turned[:, None]
            swap = (1 - turned)[:, None] & (unpacked[:, 0, level + 1 :] ^ unpacked[:, axis, level + 1 :])
            unpacked[:, axis, level + 1 :] ^= swap
            unpacked[:, 0, level + 1 :] ^= swap
    woven = unpacked.swapaxes(1, 2).reshape(len(cells), 3 * bits)  # (N, 3 bits)
    shift = 1 << (3 * bits - 1).bit_length() - 1
    while shift:  # from the Gray code to the number: each bit the parity of all above it
        woven[:, shift:] ^= woven[:, :-shift].clone()
        shift //= 2
    return (woven.long() << torch.arange(3 * bits - 1, -1, -1)).sum(1)


def torch_walk(points: Tensor, r: float) -> Tensor:
    """NIMBA's order in torch operations alone, all clouds at once; the walk's form for devices without a kernel."""
    with without_compiled_kernels():
        return serialize(points, r=r)


def cdist_walk(points: Tensor, r: float) -> Tensor:
    """NIMBA's rule with a matrix of all distances and Python, an element at a time: (B, N, 3) -> (B, N)."""
    order = points[..., 1].argsort(dim=1)  # (B, N)
    ordered = points.gather(1, order[..., None].expand(-1, -1, 3))  # (B, N, 3)
    near = torch.cdist(ordered, ordered) < r  # (B, N, N)
    paths = []
    for rows in near:
        left = torch.ones(len(rows), dtype=torch.bool)
        current, path = 0, [0]
        left[0] = False
        for _ in range(len(rows) - 1):
            reachable = rows[current] & left
            candidates = reachable if bool(reachable.any()) else left
            current = int(candidates.int().argmax())
            left[current] = False
            path.append(current)
        paths.append(path)
    return order.gather(1, torch.tensor(paths))

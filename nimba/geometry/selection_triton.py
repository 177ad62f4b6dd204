"""The choice that FPS and kNN make at every step, in Triton."""

import triton
import triton.language as tl

from nimba.geometry.points_triton import INT32_MAX, rank_coordinate


@triton.jit
def lowest(key, x, y, z, i):  # type: ignore[no-untyped-def]
    """The number of the point with the lowest key; of equals, with the lowest coordinates, then the lowest number.

    All arguments are blocks, ``key`` and ``i`` of int32. Coordinates are only looked at where keys tie.
    """
    best = key == tl.min(key, 0)
    if tl.sum(best.to(tl.int32), 0) > 1:
        best = _lowest_of(best, rank_coordinate(x))
        best = _lowest_of(best, rank_coordinate(y))
        best = _lowest_of(best, rank_coordinate(z))
    return tl.min(tl.where(best, i, INT32_MAX), 0)


@triton.jit
def _lowest_of(chosen, key):  # type: ignore[no-untyped-def]
    key = tl.where(chosen, key, INT32_MAX)
    return chosen & (key == tl.min(key, 0))

"""Morton and Hilbert codes compiled for the CPU; equal to the torch versions in ``codes`` to the last bit."""

import numpy as np

from nimba.geometry.grid import SMALLEST
from nimba.runtime.kernels import helper, kernel, share

CHUNK = 4096  # points that one thread takes at a time


def codes_cpu(points: np.ndarray, bits: int, is_hilbert: bool, axes: tuple[int, int, int]) -> np.ndarray:
    """Codes of each cloud's points.

    Args:
        points: (B, N, 3) float32 or float64, finite, C-contiguous.
        bits: depth of the grid, 1 to 21.
        is_hilbert: Hilbert codes, else Morton.
        axes: the order in which the axes enter the code.

    Returns:
        (B, N) int64.
    """
    codes = np.empty(points.shape[:2], np.int64)
    if codes.size:
        low, high = np.empty((2, len(points), -(-points.shape[1] // CHUNK), 3), points.dtype)
        _bounds(points, low, high)
        low, scale = _grid(low.min(1), high.max(1), bits)
        _codes(points, low, scale, bits, is_hilbert, axes, codes)
    return codes


def _grid(low: np.ndarray, high: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Corner (B, 3) of each cloud's grid, and cells per unit (B,); as ``grid.quantize`` has them."""
    low, high = low.astype(np.float64), high.astype(np.float64)
    return low, 2.0**bits / np.maximum((high - low).max(1), SMALLEST)


@kernel
def _bounds(team, points, low, high):  # type: ignore[no-untyped-def]
    """Least and greatest coordinates of each chunk of points (B, N, 3), into low and high (B, chunks, 3)."""
    batch, chunks, _ = low.shape
    for task in share(team, batch * chunks):
        cloud, chunk = task // chunks, task % chunks
        for axis in range(3):
            least = greatest = points[cloud, chunk * CHUNK, axis]
            for i in range(chunk * CHUNK + 1, min((chunk + 1) * CHUNK, points.shape[1])):
                least = min(least, points[cloud, i, axis])
                greatest = max(greatest, points[cloud, i, axis])
            low[cloud, chunk, axis], high[cloud, chunk, axis] = least, greatest


@kernel
def _codes(team, points, low, scale, bits, is_hilbert, axes, codes):  # type: ignore[no-untyped-def]
    batch, count = codes.shape
    chunks = -(-count // CHUNK)
    top = np.int64((1 << bits) - 1)
    a, b, c = axes
    for task in share(team, batch * chunks):
        cloud, first = task // chunks, task % chunks * CHUNK
        for i in range(first, min(first + CHUNK, count)):
            x = min(np.int64((np.float64(points[cloud, i, a]) - low[cloud, a]) * scale[cloud]), top)
            y = min(np.int64((np.float64(points[cloud, i, b]) - low[cloud, b]) * scale[cloud]), top)
            z = min(np.int64((np.float64(points[cloud, i, c]) - low[cloud, c]) * scale[cloud]), top)
            if is_hilbert:
                x, y, z = _transpose(x, y, z, bits)
            codes[cloud, i] = (_spread(x) << 2) | (_spread(y) << 1) | _spread(z)


@helper
def _spread(word):  # type: ignore[no-untyped-def]
    """Part the bits of a word so that two zeros follow each."""
    word &= 0x1FFFFF
    word = (word | (word << 32)) & 0x1F00000000FFFF
    word = (word | (word << 16)) & 0x1F0000FF0000FF
    word = (word | (word << 8)) & 0x100F00F00F00F00F
    word = (word | (word << 4)) & 0x10C30C30C30C30C3
    return (word | (word << 2)) & 0x1249249249249249


@helper
def _transpose(x, y, z, bits):  # type: ignore[no-untyped-def]
    """Skilling's AxesToTranspose without branches: each ``turned`` is a mask of ones or of zeros."""
    for level in range(bits - 1, 0, -1):
        low = (np.int64(1) << level) - 1
        x ^= low & -((x >> level) & 1)
        turned = -((y >> level) & 1)
        swap = (x ^ y) & low & ~turned
        x ^= (low & turned) | swap
        y ^= swap
        turned = -((z >> level) & 1)
        swap = (x ^ z) & low & ~turned
        x ^= (low & turned) | swap
        z ^= swap
    y ^= x  # Gray encode
    z ^= y
    parity = np.int64(0)
    for level in range(bits - 1, 0, -1):
        parity ^= ((np.int64(1) << level) - 1) & -((z >> level) & 1)
    return x ^ parity, y ^ parity, z ^ parity

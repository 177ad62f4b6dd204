"""Clouds as clients send them."""

import numpy as np

from nimba.datasets.shapes import make_shape


def shape(name: str = "chair", points: int = 1024, seed: int = 1) -> np.ndarray:
    return make_shape(name, np.random.default_rng(seed), points)


def ply(points: np.ndarray) -> bytes:
    """A binary PLY file."""
    properties = "".join(f"property float {axis}\n" for axis in "xyz")
    header = f"ply\nformat binary_little_endian 1.0\nelement vertex {len(points)}\n{properties}end_header\n"
    return header.encode() + points.astype("<f4").tobytes()

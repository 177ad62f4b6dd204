"""Noise on every point."""

from torch import Generator, Tensor

from nimba.datasets.transforms.base import CloudTransform
from nimba.runtime.errors import InputError


class ClippedJitter(CloudTransform):
    """Adds Gaussian noise to every coordinate, clipped so that no point leaves the surface for good.

    PointNet (Qi et al., CVPR 2017): sigma 0.01, clipped at 0.05. torch-geometric's ``RandomJitter`` is uniform.

    Args:
        sigma: standard deviation before clipping, in the cloud's units; 0 or more.
        clip: largest absolute noise on a coordinate; above 0.

    Raises:
        InputError: an argument outside its range.
    """

    def __init__(self, sigma: float = 0.01, clip: float = 0.05):
        if not (sigma >= 0 and clip > 0):
            raise InputError(f"ClippedJitter of sigma {sigma} clipped at {clip}: give sigma >= 0 and clip > 0")
        self.sigma = sigma
        self.clip = clip

    def on_batch(self, points: Tensor, generator: Generator | None = None) -> Tensor:
        """Clouds (B, N, 3) plus noise."""
        noise = points.new_empty(points.shape).normal_(0.0, self.sigma, generator=generator)  # (B, N, 3)
        return points + noise.clamp_(-self.clip, self.clip)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(sigma={self.sigma}, clip={self.clip})"

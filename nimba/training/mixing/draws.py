"""What is random in one batch."""

import numpy as np
import torch
from torch import Tensor


class Draws:
    """Random numbers for a batch of clouds: a few for each cloud from the host, many from the batch's device.

    Args:
        seed: of both generators.
        points: the batch (B, N, 3), for its shape and device.
    """

    def __init__(self, seed: int, points: Tensor):
        self.size, self.num_points = points.shape[:2]
        self.device = points.device
        self.generator = torch.Generator(points.device).manual_seed(seed)
        self._host = np.random.default_rng(seed)

    def partners(self) -> Tensor:
        """(B,): another cloud for each, all of them once: a random cycle through the batch."""
        cycle = self._host.permutation(self.size)
        partners = np.empty_like(cycle)
        partners[cycle] = np.roll(cycle, 1)
        return self._on_device(partners)

    def chosen(self, probability: float) -> Tensor:
        """(B,) bool: which clouds are mixed; a cloud alone has none to be mixed with."""
        return self._on_device((self._host.random(self.size) < probability) & (self.size > 1))

    def beta(self, beta: float) -> Tensor:
        """(B,) float32 from Beta(beta, beta)."""
        return self._on_device(self._host.beta(beta, beta, self.size).astype(np.float32))

    def point(self, points: Tensor) -> Tensor:
        """One of the points of each cloud: (B, N, 3) -> (B, 1, 3)."""
        index = torch.randint(self.num_points, (self.size, 1, 1), generator=self.generator, device=self.device)
        return points.gather(1, index.expand(-1, -1, 3))  # (B, 1, 3)

    def uniform(self) -> Tensor:
        """(B, N) from U[0, 1)."""
        return torch.rand(self.size, self.num_points, generator=self.generator, device=self.device)

    def _on_device(self, numbers: np.ndarray) -> Tensor:
        return torch.from_numpy(numbers).to(self.device, non_blocking=True)

"""RSMix: a ball of a cloud gives way to a ball of another one."""

import torch
from torch import Tensor

from nimba.geometry.sampling import squared_distance
from nimba.runtime.errors import InputError
from nimba.training.mixing.base import Mixing, replace_first
from nimba.training.mixing.draws import Draws


class RSMix(Mixing):
    """RSMix: the points in a ball give way to those in a ball of equal radius of another cloud, moved there unbent.

    Lee et al., Regularization Strategy for Point Cloud via Rigidly Mixed Sample (CVPR 2021, arXiv 2102.01929): both
    balls are about a random point of their cloud, and the radius is from Beta(beta, beta), in the clouds' units (unit
    sphere). As many points come as go: if the other ball has more, a random choice of them; if it has fewer, they are
    repeated. Where a ball has no point but its middle, the cloud stays.

    Args:
        probability: that a cloud is mixed.
        beta: of the radius.
        max_share: largest share of a cloud's points that a ball takes, a random choice where it has more; in (0, 1].

    Raises:
        InputError: an argument outside its range.
    """

    def __init__(self, probability: float = 0.5, beta: float = 1.0, max_share: float = 0.5):
        super().__init__(probability, beta)
        if not 0 < max_share <= 1:
            raise InputError(f"{type(self).__name__} of up to {max_share} of the points: give a share in (0, 1]")
        self.max_share = max_share

    def mix(self, points: Tensor, partners: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Replace what is in the balls."""
        others = points[partners]  # (B, N, 3)
        middle, others_middle = draws.point(points), draws.point(others)  # (B, 1, 3)
        radius = draws.beta(self.beta)[:, None]  # (B, 1)
        order, size = self._ball(points, middle, radius, draws)
        others_order, others_size = self._ball(others, others_middle, radius, draws)
        mixed = draws.chosen(self.probability) & (size > 1) & (others_size > 1)  # (B,)
        # The order starts over at the end of the other ball: its points are repeated equally often.
        again = torch.arange(draws.num_points, device=points.device) % others_size[:, None]  # (B, N)
        moved = others - others_middle + middle  # (B, N, 3)
        count = size * mixed  # (B,)
        return replace_first(points, order, moved, others_order.gather(1, again), count), count

    def _ball(self, points: Tensor, middle: Tensor, radius: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """An order (B, N) in which the points of the ball come first, in random order, and how many count (B,)."""
        inside = squared_distance(points, middle) <= radius**2  # (B, N)
        order = torch.where(inside, draws.uniform(), 1.0).argsort(1)  # (B, N)
        most = max(1, int(self.max_share * draws.num_points))
        return order, inside.sum(1).clamp(max=most)

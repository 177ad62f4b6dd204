"""What every mixing has in common."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from nimba.runtime.errors import InputError
from nimba.training.mixing.batch import MixedBatch
from nimba.training.mixing.draws import Draws


class Mixing(ABC):
    """Mixes each cloud of a batch with another one.

    Args:
        probability: that a cloud is mixed.
        beta: both parameters of the Beta distribution that says how much of it.

    Raises:
        InputError: an argument outside its range.
    """

    def __init__(self, probability: float, beta: float):
        if not 0 <= probability <= 1:
            raise InputError(f"{type(self).__name__} with probability {probability}: give one in [0, 1]")
        if not beta > 0:
            raise InputError(f"{type(self).__name__} of beta {beta}: give one above 0")
        self.probability = probability
        self.beta = beta

    @torch.no_grad()
    def __call__(self, points: Tensor, labels: Tensor, seed: int) -> MixedBatch:
        """Mix a batch; equal seeds mix equal batches equally.

        Args:
            points: (B, N, 3).
            labels: (B,) int64.
            seed: of all that is drawn.
        """
        draws = Draws(seed, points)
        partners = draws.partners()  # (B,)
        with torch.autocast(points.device.type, enabled=False):  # coordinates keep their precision
            mixed, count = self.mix(points, partners, draws)
        return MixedBatch(mixed, labels, labels[partners], count / points.shape[1])

    @abstractmethod
    def mix(self, points: Tensor, partners: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Bring points of the partners into the clouds.

        Args:
            points: (B, N, 3).
            partners: (B,) int64, the cloud that each is mixed with.
            draws: what is random.

        Returns:
            the clouds (B, N, 3), and how many points of each are its partner's (B,) int64.
        """


def replace_first(points: Tensor, order: Tensor, others: Tensor, others_order: Tensor, count: Tensor) -> Tensor:
    """Put others' first points, by an order of theirs, into the places of the first points, by an order of these.

    Args:
        points: (B, N, 3).
        order: (B, N) int64, a permutation of each cloud's points.
        others: (B, N, 3), the points that come.
        others_order: (B, N) int64, indices into them, repetitions allowed.
        count: (B,) int64, how many of each cloud are replaced.

    Returns:
        (B, N, 3)
    """
    rank = order.argsort(1)  # (B, N): of each point in its cloud's order
    source = others_order.gather(1, rank)  # (B, N)
    coming = others.gather(1, source[..., None].expand(-1, -1, 3))  # (B, N, 3)
    return torch.where((rank < count[:, None])[..., None], coming, points)  # (B, N, 3)

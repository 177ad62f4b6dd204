"""PointCutMix: points of a cloud give way to points of another one."""

from abc import abstractmethod

from torch import Tensor

from nimba.geometry.sampling import squared_distance
from nimba.training.mixing.base import Mixing, replace_first
from nimba.training.mixing.draws import Draws


class _PointCutMix(Mixing):
    def __init__(self, probability: float = 0.5, beta: float = 1.0):
        super().__init__(probability, beta)

    def mix(self, points: Tensor, partners: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Replace floor(lambda N) points, at least one, lambda from Beta(beta, beta)."""
        others = points[partners]  # (B, N, 3)
        count = (draws.beta(self.beta) * draws.num_points).long().clamp(min=1)  # (B,)
        count = count * draws.chosen(self.probability)
        order, others_order = self.orders(points, others, draws)
        return replace_first(points, order, others, others_order, count), count

    @abstractmethod
    def orders(self, points: Tensor, others: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """In which order points (B, N, 3) go, and those of others (B, N, 3) come: (B, N) int64 both."""


class PointCutMixR(_PointCutMix):
    """PointCutMix-R: points at random.

    Zhang et al., PointCutMix: Regularization Strategy for Point Cloud Classification (2021, arXiv 2101.01461). There
    each point gives way to its counterpart in an optimal assignment of the clouds, which takes longer to find than a
    training step. The counterparts of random points are random points: here they are drawn as such, so that both parts
    have the paper's distribution, apart from how they lie to one another.

    Args:
        probability: that a cloud is mixed.
        beta: the share of points that are replaced is from Beta(beta, beta).

    Raises:
        InputError: an argument outside its range.
    """

    def orders(self, points: Tensor, others: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Both random."""
        return draws.uniform().argsort(1), draws.uniform().argsort(1)


class PointCutMixK(_PointCutMix):
    """PointCutMix-K: a point and its nearest neighbours.

    Zhang et al., PointCutMix: Regularization Strategy for Point Cloud Classification (2021, arXiv 2101.01461). There
    the neighbours give way to their counterparts in an optimal assignment of the clouds, which takes longer to find
    than a training step. An assignment that moves points as little as it can fills the gap from around it: here as many
    of the other cloud's points come as have gone, those nearest to the same place.

    Args:
        probability: that a cloud is mixed.
        beta: the share of points that are replaced is from Beta(beta, beta).

    Raises:
        InputError: an argument outside its range.
    """

    def orders(self, points: Tensor, others: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Both by the distance from a random point of the cloud."""
        centre = draws.point(points)  # (B, 1, 3)
        order, others_order = (squared_distance(cloud, centre).argsort(stable=True) for cloud in (points, others))
        return order, others_order  # (B, N) each

"""WOLFMix: clouds are bent, then mixed."""

from torch import Tensor

from nimba.datasets.transforms.wolf import PointWOLF
from nimba.training.mixing.draws import Draws
from nimba.training.mixing.rigid import RSMix


class WOLFMix(RSMix):
    """WOLFMix: PointWOLF on every cloud, then RSMix on some.

    Ren et al., Benchmarking and Analyzing Point Cloud Classification under Corruptions (ICML 2022, arXiv 2202.03377).
    There clouds are scaled and shifted between the two; ``PointWOLF`` as the first of the data's transforms with
    ``RSMix`` as the mixing is just that. Here the data's transforms come before both, and the deformed clouds are
    brought back into the unit sphere.

    Args:
        probability: that a cloud is mixed; all are deformed.
        beta: as in ``RSMix``.
        max_share: as in ``RSMix``.
        deformation: as in ``PointWOLF``; that of its paper where None.

    Raises:
        InputError: an argument outside its range.
    """

    def __init__(
        self,
        probability: float = 0.5,
        beta: float = 1.0,
        max_share: float = 0.5,
        deformation: PointWOLF | None = None,
    ):
        super().__init__(probability, beta, max_share)
        self.deformation = deformation or PointWOLF()

    def mix(self, points: Tensor, partners: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Deform all clouds, then replace what is in the balls."""
        return super().mix(self.deformation.on_batch(points, draws.generator), partners, draws)

"""Augmentations that make one cloud of parts of two, and mix their labels by the share of points.

They work on the batches of training, on their device, without waiting for it: how many points a cloud gives up is
settled by sorting and masking, never by reading a number back. The number of points stays. Partners, probability and
amount are drawn for each cloud, where the published programs draw one probability and one amount for a whole batch.
"""

from nimba.training.mixing.base import Mixing
from nimba.training.mixing.batch import MixedBatch
from nimba.training.mixing.cut import PointCutMixK, PointCutMixR
from nimba.training.mixing.rigid import RSMix
from nimba.training.mixing.wolf import WOLFMix

__all__ = ["MixedBatch", "Mixing", "PointCutMixK", "PointCutMixR", "RSMix", "WOLFMix"]

"""Augmentations of the point-cloud literature that torch-geometric has not, or has otherwise.

They are torch-geometric transforms: callables on ``Data(pos (N, 3))`` that go into the same lists. Rotation about the
up axis is ``torch_geometric.transforms.RandomRotate(degrees=180, axis=1)``; there is no second one here.
"""

from nimba.datasets.transforms.dropout import PointDropout
from nimba.datasets.transforms.jitter import ClippedJitter
from nimba.datasets.transforms.normalise import Normalise
from nimba.datasets.transforms.scale import RandomScale
from nimba.datasets.transforms.shift import RandomShift
from nimba.datasets.transforms.subset import RandomSubset
from nimba.datasets.transforms.wolf import PointWOLF

__all__ = ["ClippedJitter", "Normalise", "PointDropout", "PointWOLF", "RandomScale", "RandomShift", "RandomSubset"]

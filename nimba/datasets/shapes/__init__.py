"""Twelve classes of parametric shapes, made by code: a data set that needs no download."""

from nimba.datasets.shapes.generate import CLASS_NAMES, make_shape, make_split
from nimba.datasets.shapes.module import ShapesDataModule

__all__ = ["CLASS_NAMES", "ShapesDataModule", "make_shape", "make_split"]

"""Data sets of labelled point clouds, a LightningDataModule each.

Every one of them yields batches (points (B, num_points, 3) float32, labels (B,) int64). The names below are imported
when they are first used, so that ``import nimba`` needs neither lightning nor torch-geometric.
"""

from typing import TYPE_CHECKING

from nimba.runtime.lazy import names_on_demand

if TYPE_CHECKING:
    from nimba.datasets.clouds import LabelledClouds
    from nimba.datasets.folder import FolderDataModule
    from nimba.datasets.modelnet40 import ModelNet40DataModule
    from nimba.datasets.modelnet40_scans import ModelNet40ScansDataModule
    from nimba.datasets.module import CloudDataModule
    from nimba.datasets.scanobjectnn import ScanObjectNNDataModule
    from nimba.datasets.shapes import ShapesDataModule

_HOMES = {
    "CloudDataModule": "nimba.datasets.module",
    "FolderDataModule": "nimba.datasets.folder",
    "LabelledClouds": "nimba.datasets.clouds",
    "ModelNet40DataModule": "nimba.datasets.modelnet40",
    "ModelNet40ScansDataModule": "nimba.datasets.modelnet40_scans",
    "ScanObjectNNDataModule": "nimba.datasets.scanobjectnn",
    "ShapesDataModule": "nimba.datasets.shapes",
}
__all__ = [
    "CloudDataModule",
    "FolderDataModule",
    "LabelledClouds",
    "ModelNet40DataModule",
    "ModelNet40ScansDataModule",
    "ScanObjectNNDataModule",
    "ShapesDataModule",
]

__getattr__, __dir__ = names_on_demand(__name__, _HOMES)

"""Scan: the selective state-space model (Mamba) that reads the path."""

from nimba.scan.mamba import Mamba
from nimba.scan.selective import selective_scan

__all__ = ["Mamba", "selective_scan"]

"""A self-made ModelNet40-C: 15 corruptions in 5 severities, made from points alone.

After Sun et al., Benchmarking Robustness of 3D Point Cloud Recognition Against Common Corruptions (2022, arXiv
2201.12296), with its parameters. The published files were made from meshes and from clouds of up to 2,048 points; these
are made from clouds of ``SOURCE_POINTS``. Each function says what it does otherwise.
"""

from nimba.robustness.corruptions.apply import SOURCE_POINTS, corrupt, corrupted
from nimba.robustness.corruptions.registry import CORRUPTIONS, GROUPS, SEVERITIES, VERSION, Corruption

__all__ = ["CORRUPTIONS", "GROUPS", "SEVERITIES", "SOURCE_POINTS", "VERSION", "Corruption", "corrupt", "corrupted"]

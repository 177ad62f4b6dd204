"""Export: a trained classifier as a file that other programs run, points in and probabilities out.

``import nimba.export`` declares NIMBA's operators, which a .pt2 file needs where it is loaded; ``onnx`` and its
companions are imported when they are used.
"""

from nimba.export.onnx_file import export_onnx
from nimba.export.program import export_program

__all__ = ["export_onnx", "export_program"]

"""Colours and sizes of the pictures."""

COLORMAP = "viridis"  # perceptually uniform: equal parts of the path look equally far apart
JUMP = (0.84, 0.10, 0.16)  # a red that viridis does not contain
CLOUD = (0.42, 0.50, 0.60)
FAINT = (0.78, 0.81, 0.85)  # the cloud behind a path

SPHERE = 0.016  # radii, as shares of the scene's size
TUBE = 0.0075
JUMP_TUBE = 0.0035
POINT = 0.0085

"""Colours and sizes of the pictures; lengths are shares of the cloud's size."""

COLORMAP = "viridis"  # perceptually uniform: equal parts of the path look equally far apart
JUMP = (0.86, 0.08, 0.14)  # a red that viridis does not contain
CLOUD = (0.44, 0.54, 0.67)
FAINT = (0.85, 0.87, 0.90)  # the cloud behind a path

DARKEST = 0.5  # brightness of what is turned away from the lamp
SHEEN = 0.25  # strength of the highlight
HAZE = 0.6  # share of white in the farthest point

SPHERE = 0.0135  # radii
TUBE = 0.008
JUMP_TUBE = 0.0037
DASH = 0.035  # period of a dashed line
POINT_FILL = 0.6  # radius of a point, as a share of the distance to its nearest neighbour
POINT_RANGE = (0.0035, 0.0095)

SPHERE_DETAIL = 12  # rings
POINT_DETAIL = 5

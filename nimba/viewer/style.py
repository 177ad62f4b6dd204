"""Colours and sizes of the pictures; lengths are shares of the cloud's size."""

COLORMAP = "viridis"  # perceptually uniform: equal parts of the path look equally far apart
DIVERGING = "PuOr_r"  # told apart with any kind of colour vision; its middle is nearly white
DIVERGING_PART = (0.1, 0.9)
JUMP = (0.86, 0.08, 0.14)  # a red that neither map contains
CLOUD = (0.44, 0.54, 0.67)
FAINT = (0.85, 0.87, 0.90)  # the cloud behind a path
SPINE = (0.20, 0.22, 0.26)  # the path through coloured patches
HEAD = (0.07, 0.08, 0.10)  # where an animated walk is
INK, MUTED = "#14161a", "#50555e"  # titles; what stands below them

DARKEST = 0.5  # brightness of what is turned away from the lamp
SHEEN = 0.25  # strength of the highlight
HAZE = 0.6  # share of white in the farthest point

SPHERE = 0.0135  # radii, of a path of 128
TUBE = 0.008
JUMP_TUBE = 0.0037
REFERENCE_COUNT = 128
SPINE_SHARE = 0.3  # thickness of the path through patches, of that of a plain one
THINNING = 0.4  # radii fall with this power of the count: longer paths stay readable
THICKEST = 1.25
DASH = 0.035  # period of a dashed line
LEAST_JUMP_TUBE = 0.0024
LEAST_MARKED = 0.008
HEAD_SHARE = 1.5  # radius of the mark on a walk's head, of that of a ball on its path
POINT_FILL = 0.6  # radius of a point, as a share of the distance to its nearest neighbour
POINT_RANGE = (0.0035, 0.0095)
FAINT_SHARE, PATCH_SHARE = 0.6, 1.3  # radius of a point behind a path, and in a coloured patch
JUMP_LIFT = 6.0  # how far jumps come forward, in tube radii
HALO = 4.0  # depth between two strands, in tube radii, from which the nearer one has a white rim

SPHERE_DETAIL = 12  # rings
POINT_DETAIL = 7

"""Light: what a surface's colour is under the lamp and in the haze."""

import numpy as np

from nimba.viewer.style import DARKEST, HAZE, SHEEN

LAMP = np.array([-0.35, 0.5, -1.0])  # where the light comes from, in the camera's frame: from its upper left


def lit(colours: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Colours (F, 3) under the lamp: darker towards the rim, which parts what overlaps.

    Args:
        colours: (F, 3) in [0, 1].
        normals: (F, 3) of length 1, in the camera's frame.
    """
    lamp = (LAMP / np.linalg.norm(LAMP)).astype(normals.dtype)
    light = np.clip(normals @ lamp, 0, 1)[:, None]  # (F, 1)
    shade = colours * (DARKEST + (1 - DARKEST) * light)
    light = light**2 * light  # the highlight falls with its 24th power: by squares, which are cheap
    light *= light
    light *= light
    light *= light
    return np.clip(shade + SHEEN * light * (1 - shade), 0, 1)


def hazy(colours: np.ndarray, distance: np.ndarray, reach: tuple[float, float]) -> np.ndarray:
    """Colours (F, 3) in a haze: what is farther from the camera is nearer to white.

    Args:
        colours: (F, 3) in [0, 1].
        distance: (F,) from the eye.
        reach: distance of the nearest and of the farthest that there is.
    """
    near, far = reach
    share = np.clip((distance - near) / max(far - near, 1e-12), 0, 1)[:, None]
    return colours + HAZE * share * (1 - colours)

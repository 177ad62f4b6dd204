"""What the script of a page draws, as JSON can hold it: arrays are little-endian float32 in base64."""

import base64
import html
from typing import Any

import numpy as np
from matplotlib.colors import to_hex

from nimba.viewer import style
from nimba.viewer.colours import Scale
from nimba.viewer.page_camera import AXES, Frame
from nimba.viewer.scene import patch_points, point_radius, size_of, strand
from nimba.viewer.views import PathView

CLOUD_GRAIN, PATCH_GRAIN = 0.28, 0.55  # plotly's sizes of points to those in pictures; larger ones would hide the path
SPINE = 0.5  # thickness of a path through coloured patches, to that of one which is coloured itself
LIGHTING = {"ambient": 0.78, "diffuse": 0.4, "specular": 0.12, "roughness": 0.6, "fresnel": 0.0}
STOPS = 17  # of a colour map; plotly and CSS blend between them


def page_data(views: list[PathView], scale: Scale, frame: Frame) -> dict[str, Any]:
    """What to draw, from where, and how; each cloud is in it once, and only if it is seen."""
    clouds: list[np.ndarray] = []
    for view in views:
        if view.patches is None and not any(np.array_equal(view.cloud, cloud) for cloud in clouds):
            clouds.append(view.cloud)
    return {
        "clouds": [_packed(cloud[:, AXES]) for cloud in clouds],
        "views": [_view(view, clouds, frame) for view in views],
        "camera": frame.camera,
        "frame": {"ranges": frame.ranges, "ratio": frame.ratio},
        "look": {
            "label": html.escape(scale.label),
            "colorscale": [[number / (STOPS - 1), colour] for number, colour in enumerate(colour_stops(scale))],
            "low": scale.range.vmin,
            "high": scale.range.vmax,
            "ball": style.SPHERE / style.TUBE,  # radii, as shares of a strand's
            "thin": style.JUMP_TUBE / style.TUBE,
            "dash": style.DASH * max(size_of(view.cloud) for view in views),
            "lighting": LIGHTING,
            "lamp": frame.lamp,
            "cloud": to_hex(style.CLOUD),
            "spine": to_hex(style.SPINE),
            "jump": to_hex(style.JUMP),
            "head": to_hex(style.HEAD),
            "ink": style.INK,
        },
    }


def colour_stops(scale: Scale) -> list[str]:
    """The colour map at equal distances, as CSS names colours."""
    return [to_hex(colour) for colour in scale.colormap(np.linspace(0, 1, STOPS))]


def _view(view: PathView, clouds: list[np.ndarray], frame: Frame) -> dict[str, Any]:
    grain, thickness = (CLOUD_GRAIN, 1.0) if view.patches is None else (PATCH_GRAIN, SPINE)
    return {
        "unit": html.escape(view.unit),
        "cloud": next((number for number, cloud in enumerate(clouds) if np.array_equal(view.cloud, cloud)), None),
        "path": _packed(view.path[:, AXES]),
        "jumps": view.statistics.jumps.nonzero()[0].tolist(),
        "values": None if view.values is None else _packed(view.values),
        "patches": _patches(view),
        "strand": thickness * strand(view),  # radius of its tubes
        "grain": grain * point_radius(view.cloud) / frame.tall,  # share of a panel's height
    }


def _patches(view: PathView) -> dict[str, Any] | None:
    """Points of the patches, each once, along the path, and the place on it of the centre that each belongs to."""
    if view.patches is None:
        return None
    points, owners = patch_points(view)
    along = np.argsort(owners, kind="stable")
    return {"points": _packed(points[along][:, AXES]), "owners": owners[along].tolist()}


def _packed(array: np.ndarray) -> str:
    return base64.b64encode(array.astype("<f4").tobytes()).decode()

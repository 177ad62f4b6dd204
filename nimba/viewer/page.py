"""A page to turn the paths in: one HTML file, with all that it needs inside."""

import base64
import html
import json
from importlib.resources import files
from pathlib import Path
from string import Template

import numpy as np
from matplotlib.colors import to_hex

from nimba.errors import InputError
from nimba.files import write_whole
from nimba.viewer import style
from nimba.viewer.colours import Scale, scale_for
from nimba.viewer.figure import jump_label
from nimba.viewer.layout import COLUMNS
from nimba.viewer.page_camera import Frame, frame_for
from nimba.viewer.scene import patch_points, point_radius, size_of, strand
from nimba.viewer.views import PathView

FORMATS = (".html",)
MOST = 16  # views; browsers keep as many WebGL contexts
GRAINS = 0.28, 0.7  # sizes of points, of a cloud and of patches, to those in pictures: here they can hide the path
LIGHTING = {"ambient": 0.78, "diffuse": 0.4, "specular": 0.12, "roughness": 0.6, "fresnel": 0.0}
STOPS = 17  # of a colour map; plotly and CSS blend between them
# The browser itself refuses whatever the file does not hold.
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"


def write_page(views: list[PathView], output: Path) -> None:
    """Write a page on which paths turn together, in any browser, with no network.

    Args:
        views: one for each path, 1 to 16.
        output: the HTML file; it appears whole or not at all.

    Raises:
        InputError: if the views' values are of different kinds, or for too many views.
    """
    if not 1 <= len(views) <= MOST:
        raise InputError(f"views: a page holds 1 to {MOST} paths, as browsers draw no more at once; got {len(views)}")
    text = page_text(views)
    write_whole(output, lambda partial: partial.write_text(text, encoding="utf-8"))


def page_text(views: list[PathView]) -> str:
    """The whole HTML."""
    from plotly.offline import get_plotlyjs

    scale = scale_for(views)
    frame = frame_for(np.concatenate([part for view in views for part in (view.cloud, view.path)]))
    low, high = (f"{end:.3g}" for end in (scale.range.vmin, scale.range.vmax)) if scale.label else ("start", "end")
    jump = jump_label(views)
    return Template(_asset("page.html")).substitute(
        policy=POLICY,
        title=html.escape(", ".join(view.title for view in views)),
        style=_asset("page.css"),
        look=f"--aspect: {frame.aspect:.4f}; --columns: {_columns(len(views))}; --jump: {to_hex(style.JUMP)}",
        panels="\n".join(_panel(view) for view in views),
        low=low,
        high=high,
        label=html.escape(scale.label),
        gradient=", ".join(_stops(scale)),
        jumps=f'<div class="jump"><i></i>{jump}</div>' if jump else "",
        plotly=get_plotlyjs(),
        data=json.dumps(page_data(views, scale, frame)).replace("<", "\\u003c"),  # no </script> in a string
        script="\n".join(_asset(name) for name in ("page_mesh.js", "page.js")),
    )


def page_data(views: list[PathView], scale: Scale, frame: Frame) -> dict:
    """What the page's script draws; each cloud is in it once."""
    clouds: list[np.ndarray] = []
    for view in views:
        if not any(np.array_equal(view.cloud, cloud) for cloud in clouds):
            clouds.append(view.cloud)
    return {
        "clouds": [_packed(cloud) for cloud in clouds],
        "views": [_view(view, clouds, frame) for view in views],
        "camera": frame.camera,
        "frame": {"ranges": frame.ranges, "ratio": frame.ratio},
        "look": _look(views, scale, frame),
    }


def _view(view: PathView, clouds: list[np.ndarray], frame: Frame) -> dict:
    return {
        "cloud": next(number for number, cloud in enumerate(clouds) if np.array_equal(view.cloud, cloud)),
        "path": _packed(view.path),
        "jumps": view.statistics.jumps.nonzero()[0].tolist(),
        "values": None if view.values is None else _packed(view.values),
        "patches": _patches(view),
        "strand": strand(view),
        "grain": GRAINS[view.patches is not None] * point_radius(view.cloud) / frame.tall,
    }


def _look(views: list[PathView], scale: Scale, frame: Frame) -> dict:
    return {
        "unit": html.escape(views[0].unit),
        "label": html.escape(scale.label),
        "colorscale": [[number / (STOPS - 1), colour] for number, colour in enumerate(_stops(scale))],
        "low": scale.range.vmin,
        "high": scale.range.vmax,
        "ball": style.SPHERE / style.TUBE,
        "thin": style.JUMP_TUBE / style.TUBE,
        "dash": style.DASH * max(size_of(view.cloud) for view in views),
        "tall": frame.tall,
        "lighting": LIGHTING,
        "lamp": frame.lamp,
        "cloud": to_hex(style.CLOUD),
        "spine": to_hex(style.SPINE),
        "jump": to_hex(style.JUMP),
        "head": to_hex(style.HEAD),
        "ink": style.INK,
    }


def _patches(view: PathView) -> dict | None:
    if view.patches is None:
        return None
    points, owners = patch_points(view)
    along = np.argsort(owners, kind="stable")
    return {"points": _packed(points[along]), "owners": owners[along].tolist()}


def _packed(array: np.ndarray) -> str:
    return base64.b64encode(array.astype("<f4").tobytes()).decode()


def _panel(view: PathView) -> str:
    title, summary = html.escape(view.title), html.escape(view.summary)
    return f'<figure><figcaption><h2>{title}</h2><p>{summary}</p></figcaption><div class="scene"></div></figure>'


def _columns(panels: int) -> int:
    return panels if panels <= COLUMNS[0] else min(COLUMNS, key=lambda columns: -panels % columns)


def _stops(scale: Scale) -> list[str]:
    return [to_hex(colour) for colour in scale.colormap(np.linspace(0, 1, STOPS))]


def _asset(name: str) -> str:
    return files("nimba.viewer").joinpath(name).read_text(encoding="utf-8")

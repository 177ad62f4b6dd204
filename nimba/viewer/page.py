"""A page to turn the paths in: one HTML file, with all that it needs inside."""

import html
import json
from importlib.resources import files
from pathlib import Path
from string import Template

import numpy as np
from matplotlib.colors import to_hex

from nimba.runtime.errors import InputError
from nimba.runtime.files import atomic_write
from nimba.viewer import style
from nimba.viewer.colours import scale_for
from nimba.viewer.figure import jump_label
from nimba.viewer.layout import COLUMNS
from nimba.viewer.page_camera import frame_for
from nimba.viewer.page_data import colour_stops, page_data
from nimba.viewer.views import PathView

FORMATS = (".html",)
MOST = 16  # views; browsers keep as many WebGL contexts
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
    atomic_write(output, lambda partial: partial.write_text(text, encoding="utf-8"))


def page_text(views: list[PathView]) -> str:
    """The whole HTML."""
    from plotly.offline import get_plotlyjs

    scale = scale_for(views)
    frame = frame_for(np.concatenate([part for view in views for part in (view.cloud, view.path)]))
    ends: tuple[str, ...] = ("start", "end")
    if views[0].values is not None:
        ends = tuple(f"{end:.3g}".replace("-", "−") for end in (scale.range.vmin, scale.range.vmax))
    jump = jump_label(views)
    return Template(asset("page.html")).substitute(
        policy=POLICY,
        title=html.escape(", ".join(view.title for view in views)),
        style=asset("page.css"),
        look=f"--aspect: {frame.aspect:.4f}; --columns: {_columns(len(views))}; --jump: {to_hex(style.JUMP)}",
        panels="\n".join(_panel(view) for view in views),
        low=ends[0],
        high=ends[1],
        label=html.escape(scale.label),
        gradient=", ".join(colour_stops(scale)),
        jumps=f'<div class="jump"><i></i>{jump}</div>' if jump else "",
        plotly=get_plotlyjs(),
        data=json.dumps(page_data(views, scale, frame)).replace("<", "\\u003c"),  # no </script> in a string
        script="\n".join(asset(name) for name in ("page_mesh.js", "page.js")),
    )


def _panel(view: PathView) -> str:
    title, summary = html.escape(view.title), html.escape(view.summary)
    return f'<figure><figcaption><h2>{title}</h2><p>{summary}</p></figcaption><div class="scene"></div></figure>'


def _columns(panels: int) -> int:
    return panels if panels <= COLUMNS[0] else min(COLUMNS, key=lambda columns: -panels % columns)


def asset(name: str) -> str:
    """A file that pages are made of."""
    return files("nimba.viewer").joinpath(name).read_text(encoding="utf-8")

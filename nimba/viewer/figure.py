"""The finished picture: the plain cloud beside one path, or beside several to compare."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from PIL import Image

from nimba.runtime.errors import InputError
from nimba.runtime.files import atomic_write
from nimba.viewer import style
from nimba.viewer.camera import Camera, camera_for
from nimba.viewer.colours import scale_for
from nimba.viewer.layout import Layout, layout_for, page, pixels_of
from nimba.viewer.raster import developed, empty_layer, first_hits, over, pixels, supersampled
from nimba.viewer.scene import cloud_shapes, faint_shapes, path_shapes, strand
from nimba.viewer.views import PathView, counted

FORMATS = (".png", ".pdf", ".svg")
WIDTH = 2400  # pixels of the whole
WIDTHS = (400, 10_000)  # least and most
THREADS = 2  # panels drawn at a time: each takes about 150 MB
COMPRESSION = 3  # of a PNG: half the time of the usual 6, a tenth larger
INCHES = 16  # what the size of the words depends on


def draw(views: list[PathView], output: Path, *, width: int = WIDTH) -> None:
    """Draw paths beside their plain cloud, all seen by one camera, with one colour scale.

    Args:
        views: one for each path, at least one. The plain cloud is drawn if they share it.
        output: PNG, PDF or SVG, by its suffix; it appears whole or not at all.
        width: of the whole, in pixels.

    Raises:
        InputError: if the views' values are of different kinds, or the width is out of range.
    """
    if not WIDTHS[0] <= width <= WIDTHS[1]:
        raise InputError(f"width: a picture has {WIDTHS[0]} to {WIDTHS[1]:,} pixels, got {width:,}")
    scale = scale_for(views)
    camera = camera_for(np.concatenate([part for view in views for part in (view.cloud, view.path)]))
    cloud = shared_cloud(views)
    captions = [(view.title, view.summary) for view in views]
    if cloud is not None:
        captions.insert(0, ("cloud", counted(len(cloud), "point")))
    layout = layout_for(len(captions), camera.aspect, width, width / INCHES)
    size = supersampled(layout.panel)
    panels = [partial(_path_panel, view, scale.colours(view), camera, size) for view in views]
    if cloud is not None:
        panels.insert(0, partial(_cloud_panel, cloud, camera, size))
    with ThreadPoolExecutor(THREADS) as pool:  # numpy lets go of the interpreter while it works on large arrays
        waiting = [pool.submit(panel) for panel in panels]
        figure = page(layout, captions, scale, jump_label(views))
        pictures = [panel.result() for panel in waiting]
    kind = output.suffix.lower().removeprefix(".")
    write = _write_pixels if kind == "png" else partial(_write_for_print, kind)
    atomic_write(output, lambda unfinished: write(unfinished, figure, layout, pictures))


def _write_pixels(path: Path, figure: Figure, layout: Layout, pictures: list[np.ndarray]) -> None:
    whole = pixels_of(figure)
    for picture, (left, top) in zip(pictures, layout.corners, strict=True):
        whole[top : top + layout.panel[1], left : left + layout.panel[0]] = picture
    Image.fromarray(whole).save(path, "PNG", compress_level=COMPRESSION, dpi=(layout.dpi, layout.dpi))


def _write_for_print(kind: str, path: Path, figure: Figure, layout: Layout, pictures: list[np.ndarray]) -> None:
    for picture, (left, top) in zip(pictures, layout.corners, strict=True):
        bottom = layout.size[1] - top - layout.panel[1]
        place = (left, left + layout.panel[0], bottom, bottom + layout.panel[1])
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, layout.size[0]), ylim=(0, layout.size[1]), zorder=-1)
        axes.set_axis_off()
        axes.imshow(picture, extent=place, interpolation="none", aspect="auto")
    with rc_context({"pdf.fonttype": 42}):  # TrueType: printers and publishers refuse Type 3
        figure.savefig(path, format=kind, dpi=layout.dpi, facecolor="white")


def _path_panel(view: PathView, colours: np.ndarray, camera: Camera, size: tuple[int, int]) -> np.ndarray:
    path = first_hits(path_shapes(view, colours), camera, size)
    return developed(path, backdrop(view, camera, size), style.HALO * strand(view))


def _cloud_panel(cloud: np.ndarray, camera: Camera, size: tuple[int, int]) -> np.ndarray:
    return pixels(first_hits(cloud_shapes(cloud), camera, size).colours)


def picture_of(view: PathView, colours: np.ndarray, camera: Camera, size: tuple[int, int]) -> np.ndarray:
    """A path before its faint cloud, (height, width, 3), one ray a pixel."""
    path = first_hits(path_shapes(view, colours), camera, size)
    return over(path, backdrop(view, camera, size), style.HALO * strand(view))


def backdrop(view: PathView, camera: Camera, size: tuple[int, int]) -> np.ndarray:
    """What stands behind a path: its cloud, or nothing where the patches are coloured, (height, width, 3)."""
    if view.patches is not None:
        return empty_layer(size).colours
    return first_hits(faint_shapes(view.cloud), camera, size).colours


def shared_cloud(views: list[PathView]) -> np.ndarray | None:
    """The cloud (N, 3) of all views, if it is one."""
    cloud = views[0].cloud
    return cloud if all(np.array_equal(view.cloud, cloud) for view in views[1:]) else None


def jump_label(views: list[PathView]) -> str:
    """What a dashed line means; empty where no path jumps."""
    bounds = sorted({view.r for view in views if view.statistics.jumps.any()})
    if len(bounds) == 1:
        return f"step ≥ r = {bounds[0]:g}"
    return "step ≥ r" if bounds else ""

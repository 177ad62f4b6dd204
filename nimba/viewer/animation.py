"""The walk as an animation: paths grow step by step, side by side, at one pace from start to end."""

import errno
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from PIL import Image

from nimba.runtime.errors import InputError
from nimba.runtime.files import atomic_write
from nimba.viewer import style
from nimba.viewer.camera import camera_for
from nimba.viewer.colours import scale_for
from nimba.viewer.figure import backdrop, jump_label
from nimba.viewer.growth import Growth
from nimba.viewer.layout import LEGEND, even, layout_for, page, pixels_of
from nimba.viewer.raster import supersampled
from nimba.viewer.views import PathView

FORMATS = (".gif", ".mp4")
RATE = 20  # frames a second
WIDTHS = (900, 1400, 1600)  # pixels of the whole: of one path, two, more
DPI = 90
LEGEND_WEIGHT = 8
NEARLY_WHITE = 244  # of 255
HIGHEST = 720  # pixels of a panel
HOLD = 0.2  # share of the time for which the finished paths stay
SECONDS = (0.5, 120.0)  # shortest and longest animation


def animate(views: list[PathView], output: Path, *, seconds: float = 7.0) -> None:
    """Show how paths grow; after the last step, they stay for a moment.

    Args:
        views: one for each path, at least one.
        output: GIF or MP4, by its suffix; it appears whole or not at all.
        seconds: length of the animation.

    Raises:
        InputError: if the views' values are of different kinds, or the length is out of range.
    """
    if not SECONDS[0] <= seconds <= SECONDS[1]:
        raise InputError(f"seconds: an animation takes {SECONDS[0]:g} to {SECONDS[1]:g}, got {seconds:g}")
    animation = _Animation(views)
    total = round(seconds * RATE)
    moving = max(total - round(HOLD * total), 2)
    finished = animation.frame(1.0)
    frames = (animation.frame(number / moving) for number in range(moving))
    write = _write_gif if output.suffix.lower() == ".gif" else _write_mp4
    atomic_write(output, lambda partial: write(partial, frames, finished, total - moving))


class _Animation:
    """Frames of growing paths on one page."""

    def __init__(self, views: list[PathView]):
        scale = scale_for(views)
        camera = camera_for(np.concatenate([part for view in views for part in (view.cloud, view.path)]))
        width = min(WIDTHS[min(len(views), len(WIDTHS)) - 1], len(views) * HIGHEST * camera.aspect)
        self.layout = layout_for(len(views), camera.aspect, width, DPI)
        figure = page(self.layout, [(view.title, view.summary) for view in views], scale, jump_label(views))
        self.page = pixels_of(figure)
        self.growths = []
        for view in views:
            back = backdrop(view, camera, supersampled(self.layout.panel))
            self.growths.append(Growth(view, scale.colours(view), camera, self.layout.panel, back))

    def frame(self, share: float) -> np.ndarray:
        """The page (height, width, 3) uint8 when each path has made this share of its steps."""
        frame = self.page.copy()
        width, height = self.layout.panel
        for growth, (left, top) in zip(self.growths, self.layout.corners, strict=True):
            picture = growth.at(share * growth.steps)
            frame[top : top + height, left : left + width] = np.rint(picture * 255)
        return frame


def _write_gif(path: Path, frames: Iterator[np.ndarray], finished: np.ndarray, hold: int) -> None:
    palette = _palette(finished)
    pictures = (
        Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE)
        for frame in chain(frames, [finished])
    )
    shown = list(pictures)
    durations = [1000 // RATE] * (len(shown) - 1) + [1000 * hold // RATE]
    shown[0].save(path, "GIF", save_all=True, append_images=shown[1:], duration=durations, loop=0)


def _palette(finished: np.ndarray) -> Image.Image:
    """One palette for all frames, so that what stays the same costs nothing: the finished picture's and the mark's
    colours. What is nearly white is made so, lest the paper turn grey; the legend counts more than its size, lest the
    colour bar lose colours that are rare on the path.
    """
    legend = finished[-even(LEGEND * DPI / 72) :]
    sample = Image.fromarray(np.concatenate([finished, *[legend] * LEGEND_WEIGHT]))
    found = sample.quantize(255, method=Image.Quantize.MEDIANCUT).getpalette() or []
    colours = np.array([*np.round(255 * np.array(style.HEAD)), *found], np.uint8).reshape(-1, 3)  # (C, 3)
    colours[(colours >= NEARLY_WHITE).all(1)] = 255
    palette = Image.new("P", (1, 1))
    palette.putpalette(colours.ravel().tolist())
    return palette


def _write_mp4(path: Path, frames: Iterator[np.ndarray], finished: np.ndarray, hold: int) -> None:
    height, width, _ = finished.shape
    writer = imageio_ffmpeg.write_frames(
        str(path),
        (width, height),
        fps=RATE,
        codec="libx264",
        macro_block_size=2,
        quality=None,
        output_params=["-crf", "18", "-movflags", "+faststart", "-f", "mp4"],
    )
    writer.send(None)
    try:
        for frame in chain(frames, repeat(finished, hold)):
            writer.send(np.ascontiguousarray(frame))
    except OSError as error:  # with ffmpeg's command and all that it printed
        raise OSError(errno.EIO, "ffmpeg could not write it; is there room?") from error
    finally:
        writer.close()
    with path.open("rb") as file:  # ffmpeg writes the table of contents last, and moves it to the front
        if b"moov" not in file.read(1024):
            raise OSError(errno.EIO, "ffmpeg could not finish it; is there room?")

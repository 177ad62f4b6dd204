"""The page around the pictures: panels in a grid, a title and a summary over each, one legend for all."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nimba.viewer import style
from nimba.viewer.colours import Scale

# All lengths in points: 1/72 inch.
CAPTION, LEGEND, MARGIN = 42, 58, 10  # heights over a panel and below all, and of the upper border
TITLE_SIZE, TEXT_SIZE, TICK_SIZE = 15, 12.5, 10.5
BAR, GAP = 250, 8  # length of the colour bar, and its distance from the words beside it
JUMP_PART = 150  # length of the part that explains jumps
COLUMNS = (4, 3)  # of more panels than fit a row


@dataclass(frozen=True)
class Layout:
    """Where the panels are, in pixels from the upper left corner."""

    panel: tuple[int, int]  # width and height of a panel
    corners: list[tuple[int, int]]  # left and top of each
    size: tuple[int, int]  # of the whole
    dpi: float

    @property
    def point(self) -> float:
        """Pixels a point."""
        return self.dpi / 72


def layout_for(panels: int, aspect: float, width: float, dpi: float) -> Layout:
    """Panels in at most four columns, the last row centred.

    Args:
        panels: how many, at least 1.
        aspect: width over height of a panel.
        width: of the whole, in pixels, about.
        dpi: pixels an inch: what the size of the words depends on.
    """
    columns = panels if panels <= COLUMNS[0] else min(COLUMNS, key=lambda number: -panels % number)
    across = even(width / columns)
    high = even(across / aspect)
    caption, legend, margin = (even(length * dpi / 72) for length in (CAPTION, LEGEND, MARGIN))
    corners = []
    for number in range(panels):
        row, column = divmod(number, columns)
        in_row = min(columns, panels - row * columns)
        left = (columns - in_row) * across // 2 + column * across
        corners.append((left, margin + row * (caption + high) + caption))
    rows = -(-panels // columns)
    return Layout((across, high), corners, (columns * across, margin + rows * (caption + high) + legend), dpi)


def page(layout: Layout, captions: list[tuple[str, str]], scale: Scale, jump: str) -> Figure:
    """The page without its pictures.

    Args:
        layout: where they will be.
        captions: title and summary of each.
        scale: of the colours.
        jump: what a dashed line means; empty where there are none.
    """
    width, height = layout.size
    figure = Figure(figsize=(width / layout.dpi, height / layout.dpi), dpi=layout.dpi, facecolor="white")
    FigureCanvasAgg(figure)
    for (left, top), (title, summary) in zip(layout.corners, captions, strict=True):
        middle = (left + layout.panel[0] / 2) / width
        for words, above, size, colour in ((title, 28, TITLE_SIZE, style.INK), (summary, 11, TEXT_SIZE, style.MUTED)):
            place = 1 - (top - above * layout.point) / height
            line = figure.text(middle, place, words, ha="center", va="center", fontsize=size, color=colour)
            room = 0.96 * layout.panel[0] / max(line.get_window_extent().width, 1.0)
            line.set_fontsize(size * min(1.0, room))
    _legend(figure, layout, scale, jump)
    return figure


def pixels_of(figure: Figure) -> np.ndarray:
    """A page as an array (height, width, 3) uint8."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def even(length: float) -> int:
    """The nearest even number of pixels: video has no odd ones."""
    return 2 * round(length / 2)


def _legend(figure: Figure, layout: Layout, scale: Scale, jump: str) -> None:
    """The colour bar and, beside it, what a dashed line means; the whole is centred."""
    width, height = (length / layout.point for length in layout.size)  # points, from here on
    words = partial(figure.text, va="center", fontsize=TEXT_SIZE, color=style.INK)
    parts = [words(0, 0, text) for text in ((scale.label, "") if scale.label else ("start", "end"))]
    before, after = (part.get_window_extent().width / layout.point for part in parts)
    bar = min(BAR, 0.4 * width)
    whole = before + GAP + bar + GAP + after + (JUMP_PART if jump else 0)
    left, line = (width - whole) / 2 + before + GAP, LEGEND - 24
    for part, place, side in zip(parts, (left - GAP, left + bar + GAP), ("right", "left"), strict=True):
        part.set(x=place / width, y=line / height, ha=side)
    axes = figure.add_axes((left / width, (line - 5.5) / height, bar / width, 11 / height))
    colorbar = figure.colorbar(ScalarMappable(scale.range, scale.colormap), cax=axes, orientation="horizontal")
    colorbar.outline.set_linewidth(0.6)
    if scale.label:
        colorbar.ax.tick_params(labelsize=TICK_SIZE, color=style.MUTED, labelcolor=style.INK)
    else:
        colorbar.set_ticks([])
    if jump:
        start = left + bar + GAP + after + 24
        dashes = ((start / width, (start + 32) / width), (line / height, line / height))
        figure.add_artist(Line2D(*dashes, color=style.JUMP, linewidth=2.5, linestyle=(0, (2.4, 1.4))))
        words((start + 32 + GAP) / width, line / height, jump, ha="left")

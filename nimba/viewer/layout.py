"""The page around the pictures: panels in a grid, a title and a summary over each, one legend for all."""

from dataclasses import dataclass
from functools import partial

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from nimba.viewer import style
from nimba.viewer.colours import Scale

DPI = 150
CAPTION, LEGEND, MARGIN = 84, 118, 24  # heights over a panel and below all, and a border: pixels
TITLE_SIZE, TEXT_SIZE = 15, 12.5  # points


@dataclass(frozen=True)
class Layout:
    """Where the panels are, in pixels from the upper left corner."""

    panel: tuple[int, int]  # width and height of a panel
    corners: list[tuple[int, int]]  # left and top of each
    size: tuple[int, int]  # of the whole


def layout_for(panels: int, aspect: float, width: int) -> Layout:
    """Panels in at most four columns, the last row centred.

    Args:
        panels: how many, at least 1.
        aspect: width over height of a panel.
        width: of the whole, about.
    """
    columns = min((4, 3), key=lambda c: -panels % c) if panels > 4 else panels
    across = even(width / columns)
    high = even(across / aspect)
    corners = []
    for number in range(panels):
        row, column = divmod(number, columns)
        in_row = min(columns, panels - row * columns)
        left = (columns - in_row) * across // 2 + column * across
        corners.append((left, MARGIN + row * (CAPTION + high) + CAPTION))
    rows = -(-panels // columns)
    return Layout((across, high), corners, (columns * across, MARGIN + rows * (CAPTION + high) + LEGEND))


def page(layout: Layout, captions: list[tuple[str, str]], scale: Scale, jump: str) -> Figure:
    """The page without its pictures.

    Args:
        layout: where they will be.
        captions: title and summary of each.
        scale: of the colours.
        jump: what a dashed line means; empty where there are none.
    """
    width, height = layout.size
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    for (left, top), (title, summary) in zip(layout.corners, captions, strict=True):
        middle = (left + layout.panel[0] / 2) / width
        for text, down, size, colour in ((title, 56, TITLE_SIZE, style.INK), (summary, 22, TEXT_SIZE, style.MUTED)):
            line = figure.text(
                middle, 1 - (top - down) / height, text, ha="center", va="center", fontsize=size, color=colour
            )
            _fit(line, 0.96 * layout.panel[0])
    _legend(figure, layout, scale, jump)
    return figure


def even(length: float) -> int:
    """The nearest even number of pixels: video has no odd ones."""
    return 2 * round(length / 2)


def _legend(figure: Figure, layout: Layout, scale: Scale, jump: str) -> None:
    width, height = layout.size
    bar_width = min(520, 0.34 * width)
    left = (width - bar_width - (300 if jump else 0)) / 2
    line = (LEGEND - 46) / height  # height of the bar's middle
    axes = figure.add_axes((left / width, line - 11 / height, bar_width / width, 22 / height))
    mappable = ScalarMappable(scale.range, scale.colormap)
    bar = figure.colorbar(mappable, cax=axes, orientation="horizontal")
    bar.outline.set_linewidth(0.6)
    words = partial(figure.text, y=line, va="center", fontsize=TEXT_SIZE, color=style.INK)
    if scale.label:
        bar.ax.tick_params(labelsize=TEXT_SIZE - 2, color=style.MUTED, labelcolor=style.INK)
        words((left - 16) / width, s=scale.label, ha="right")
    else:
        bar.set_ticks([])
        words((left - 16) / width, s="start", ha="right")
        words((left + bar_width + 16) / width, s="end", ha="left")
    if jump:
        start = left + bar_width + (40 if scale.label else 110)
        across = (start / width, (start + 66) / width)
        figure.add_artist(Line2D(across, (line, line), color=style.JUMP, linewidth=2.5, linestyle=(0, (2.4, 1.4))))
        words((start + 82) / width, s=jump, ha="left")


def _fit(text: Text, width: float) -> None:
    """Shrink a line of text to a width in pixels."""
    extent = text.get_window_extent().width
    text.set_fontsize(text.get_fontsize() * min(1.0, width / max(extent, 1.0)))

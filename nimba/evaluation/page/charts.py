"""Charts as SVG whose colours are the page's, in light and dark: drawn by matplotlib in stand-ins for them."""

import math
import re
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from nimba.evaluation.against_labels import LabelledEvaluation

# Each stands for a variable of evaluation_page.css; no chart has these colours by chance.
_INK, _MUTED, _RULE, _FIRST, _SECOND, _THIRD, _FOURTH = (f"#0101{number:02x}" for number in range(1, 8))
_VARIABLES = {
    _INK: "--ink",
    _MUTED: "--muted",
    _RULE: "--rule",
    _FIRST: "--right",
    _SECOND: "--wrong",
    _THIRD: "--third",
    _FOURTH: "--fourth",
}
_SERIES = (_FIRST, _SECOND, _THIRD, _FOURTH)
_BINS = 15  # those of the expected calibration error
_ACCURACIES = ("oa", "macc", "acc", "accuracy", "top5", "f1")


def reliability(evaluation: LabelledEvaluation) -> str:
    """How often answers of each confidence are right, and how many answers have it."""
    confidence = evaluation.probabilities.max(1)  # (M,)
    right = evaluation.predicted == evaluation.truth  # (M,)
    place = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    counts = np.bincount(place, minlength=_BINS)  # (BINS,)
    used = counts > 0
    accuracy = np.bincount(place, right, _BINS)[used] / counts[used]
    middles = (np.arange(_BINS) + 0.5) / _BINS
    figure, (above, below) = _figure(4.6, 4.2, rows=2, heights=(3, 1))
    above.bar(middles[used], accuracy, 0.9 / _BINS, color=_FIRST)
    mean = np.bincount(place, confidence, _BINS)[used] / counts[used]
    above.plot([0, 1], [0, 1], color=_MUTED, linewidth=1, linestyle=(0, (4, 3)))
    above.plot(mean, accuracy, "o", color=_INK, markersize=3.5)
    above.set(xlim=(0, 1), ylim=(0, 1.02), ylabel="accuracy")
    above.tick_params(labelbottom=False)
    below.bar(middles, counts, 0.9 / _BINS, color=_MUTED)
    below.set(xlim=(0, 1), xlabel="confidence (probability of the answer)", ylabel="clouds")
    below.yaxis.set_major_locator(MaxNLocator(2, integer=True))
    return _svg(figure, "reliability", "Accuracy of the answers by their confidence")


def curves(epochs: Sequence[dict[str, Any]]) -> str:
    """Losses and accuracies by epoch; empty where there are none.

    Args:
        epochs: metrics of each by their names, such as "train/loss" and "val/OA", and "epoch", counted from 1.
    """
    names = list(dict.fromkeys(name for epoch in epochs for name in epoch))
    last = {name: name.rpartition("/")[2].lower() for name in names}
    panels = [
        ("loss", [name for name in names if last[name].endswith("loss")]),
        ("accuracy", [name for name in names if last[name] in _ACCURACIES]),
    ]
    panels = [(title, some) for title, some in panels if any(_points(epochs, name) for name in some)]
    if not panels:
        return ""
    figure, drawn = _figure(4.6 * len(panels), 3.0, columns=len(panels))
    for axes, (title, some) in zip(drawn, panels, strict=True):
        for name, colour in zip(some, _SERIES * len(some), strict=False):
            points = _points(epochs, name)
            if points:
                axes.plot(
                    *zip(*points, strict=True), color=colour, label=name, linewidth=1.6, marker="o" * (len(points) == 1)
                )
        axes.set(xlabel="epoch", ylabel=title)
        if len(epochs) > 1:
            axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        else:
            axes.set_xticks([epochs[0].get("epoch", 1)])
        axes.legend(frameon=False, fontsize=8, labelcolor=_INK)
    return _svg(figure, "curves", "Loss and accuracy by epoch")


def _points(epochs: Sequence[dict[str, Any]], name: str) -> list[tuple[float, float]]:
    """(epoch, value) where there is a finite one."""
    return [
        (epoch.get("epoch", number), float(epoch[name]))
        for number, epoch in enumerate(epochs, 1)
        if isinstance(epoch.get(name), int | float) and math.isfinite(epoch[name])
    ]


def _figure(
    width: float, height: float, rows: int = 1, columns: int = 1, heights: Sequence[float] | None = None
) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.subplots(rows, columns, squeeze=False, height_ratios=heights).ravel().tolist()
    for one in axes:
        one.patch.set_visible(False)
        one.spines[["top", "right"]].set_visible(False)
        one.spines[["left", "bottom"]].set_color(_RULE)
        one.tick_params(color=_RULE, labelcolor=_MUTED, labelsize=8)
        one.xaxis.label.set(color=_INK, size=9)
        one.yaxis.label.set(color=_INK, size=9)
    return figure, axes


def _svg(figure: Figure, name: str, title: str) -> str:
    buffer = BytesIO()
    # Text stays text; the salt keeps the ids of one chart from being those of another on the page.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue().decode()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)  # it would hold for the whole page
    for stand_in, variable in _VARIABLES.items():
        text = text.replace(stand_in, f"var({variable})")
    text = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font: \1px system-ui, sans-serif", text)
    text = re.sub(r' (id|xlink:href)="(#?)(?!#)', rf' \1="\2{name}-', text)
    text = re.sub(r"url\(#", f"url(#{name}-", text)
    return f'<figure class="chart" role="img" aria-label="{title}">{text}</figure>'

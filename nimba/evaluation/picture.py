"""A confusion matrix as a picture fit for print."""

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nimba.evaluation.scores import Scores
from nimba.runtime.files import atomic_write

_DPI = 300


def draw_confusion(scores: Scores, path: Path) -> None:
    """Write the confusion matrix as a PNG; colour: share of the true class, figures: counts other than 0."""
    counts = np.array(scores.confusion)  # (C, C)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)  # (C, C)
    classes = len(scores.class_names)
    size = 2.4 + 0.21 * classes  # inches: room for names of 7 point
    figure = Figure(figsize=(size + 0.6, size), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    names = [name.replace("_", " ") for name in scores.class_names]
    axes.set_xticks(range(classes), names, rotation=90, fontsize=7)
    axes.set_yticks(range(classes), names, fontsize=7)
    axes.set_xlabel("predicted class", fontsize=8)
    axes.set_ylabel("true class", fontsize=8)
    axes.set_title(f"OA {scores.overall_accuracy:.2%}   mAcc {scores.mean_class_accuracy:.2%}", fontsize=9)
    for row, column in zip(*counts.nonzero(), strict=True):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", fontsize=5.5, color=colour)
    bar = figure.colorbar(image, ax=axes, fraction=0.04, pad=0.02)
    bar.ax.tick_params(labelsize=7)
    bar.set_label("share of the true class", fontsize=8)
    atomic_write(path, lambda partial: figure.savefig(partial, dpi=_DPI, format="png", bbox_inches="tight"))

"""The records of robustness as pictures."""

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nimba.robustness.corruptions import CORRUPTIONS, SEVERITIES
from nimba.runtime.files import atomic_write

_COLUMNS = 5


def draw_matrix(scores: dict[str, dict[str, float]], path: Path) -> None:
    """OA by training (rows) and test condition (columns), each cell with its figure in percent.

    Args:
        scores: training -> condition -> OA; a condition that one of them lacks stays blank there.
        path: of the picture.
    """
    trainings, conditions = list(scores), list(dict.fromkeys(name for row in scores.values() for name in row))
    shares = np.array([[row.get(name, np.nan) for name in conditions] for row in scores.values()])
    figure = Figure(figsize=(2.2 + 0.85 * len(conditions), 1.9 + 0.45 * len(trainings)), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.imshow(shares, cmap="viridis", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(conditions)), [name.replace("+", "\n+ ") for name in conditions])
    axes.set_yticks(range(len(trainings)), trainings)
    axes.set_xlabel("tested with")
    axes.set_ylabel("trained with")
    for (row, column), share in np.ndenumerate(shares):
        if np.isfinite(share):
            colour = "white" if share < 0.6 else "black"
            axes.text(column, row, f"{100 * share:.1f}", ha="center", va="center", color=colour)
    axes.set_title("OA, %", fontsize=10)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    write_png(figure, path)


def draw_errors(models: dict[str, dict[str, dict[str, float]]], path: Path) -> None:
    """Error rate over severity, a panel for each corruption, a line for each network, its clean error dotted.

    Args:
        models: network -> cells of its record, all corruptions among them.
        path: of the picture.
    """
    rows = -(-len(CORRUPTIONS) // _COLUMNS)
    figure = Figure(figsize=(2.2 * _COLUMNS, 2.0 * rows + 0.8), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(rows, _COLUMNS, sharex=True, sharey=True)
    for axes, name in zip(panels.flat, CORRUPTIONS, strict=True):
        for number, cells in enumerate(models.values()):
            errors = [100 * (1 - cells[f"{name}/{severity}"]["OA"]) for severity in SEVERITIES]
            axes.plot(SEVERITIES, errors, "o-", color=f"C{number}", markersize=3, linewidth=1.3)
            axes.axhline(100 * (1 - cells["clean"]["OA"]), color=f"C{number}", linestyle=":", linewidth=1)
        axes.set_title(name, fontsize=9)
        axes.set_ylim(0, 100)
        axes.set_xticks(SEVERITIES)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    figure.supxlabel("severity", fontsize=9)
    figure.supylabel("error rate, %", fontsize=9)
    lines = panels.flat[0].get_lines()[::2]
    figure.legend(lines, list(models), loc="outside upper center", ncols=min(3, len(models)), fontsize=8, frameon=False)
    write_png(figure, path)


def write_png(figure: Figure, path: Path) -> None:
    """Write a picture, whole, into a folder that is made where it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, lambda partial: figure.savefig(partial, format="png", facecolor="white"))

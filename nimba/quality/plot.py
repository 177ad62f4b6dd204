"""A comparison as a picture."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nimba.quality.comparison import Comparison
from nimba.quality.stability import KINDS
from nimba.runtime.files import atomic_write

BAR, SPREAD = "#3b6ea5", "#1c3550"


def write_plot(comparison: Comparison, path: Path) -> None:
    """Steps, jumps, locality and stability side by side, the order of the shortest steps on top."""
    ranking = np.argsort(comparison.mean[:, comparison.names.index("mean_step")], kind="stable")
    titles = [comparison.orders[i] for i in ranking]
    figure = Figure(figsize=(15, 1.9 + 0.32 * len(titles)), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    steps, jumps, near, kept = figure.subplots(1, 4, sharey=True, width_ratios=[1, 0.6, 1.1, 1.3])

    def column(name: str) -> tuple[np.ndarray, np.ndarray]:
        index = comparison.names.index(name)
        return comparison.mean[ranking, index], comparison.std[ranking, index]

    windows = [name for name in comparison.names if name.startswith("within_")]
    _bars(steps, *column("mean_step"))
    _bars(jumps, *(100 * share for share in column("jump_share")))
    _heat(near, [column(name)[0] for name in windows], [name.removeprefix("within_") for name in windows])
    _heat(kept, [column(f"kept_{kind}")[0] for kind in KINDS], [kind.replace("_", " ") for kind in KINDS])
    steps.set_yticks(np.arange(len(titles))[::-1], titles)
    steps.set_xlabel("mean step")
    jumps.set_xlabel("steps ≥ r, %")
    near.set_xlabel("nearest neighbours within w places, %")
    kept.set_xlabel("neighbours on the path kept, %")
    clouds = "one cloud" if comparison.clouds == 1 else f"{comparison.clouds:,} clouds"
    figure.suptitle(f"Orders compared, {clouds}", fontsize=13)
    for axes in (steps, jumps, near, kept):
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
    atomic_write(path, lambda partial: figure.savefig(partial, format="png", facecolor="white"))


def _bars(axes: Axes, mean: np.ndarray, std: np.ndarray) -> None:
    """A bar for each order, the first on top, with its standard deviation where there is any."""
    rows = np.arange(len(mean))[::-1]
    axes.barh(rows, mean, color=BAR, height=0.62)
    if std.any():
        # Neither a step nor a share is negative.
        axes.errorbar(mean, rows, xerr=[np.minimum(std, mean), std], fmt="none", ecolor=SPREAD)
    axes.set_xlim(0)


def _heat(axes: Axes, columns: list[np.ndarray], labels: list[str]) -> None:
    """A table of shares, (orders,) each, the first order on top, each cell with its figure."""
    shares = np.stack(columns, 1)  # (orders, columns)
    extent = (-0.5, shares.shape[1] - 0.5, -0.5, len(shares) - 0.5)
    axes.imshow(shares, cmap="viridis", vmin=0, vmax=1, aspect="auto", extent=extent, origin="upper")
    axes.set_xticks(range(len(labels)), labels)
    for (row, place), share in np.ndenumerate(shares):
        colour = "white" if share < 0.6 else "black"
        height = len(shares) - 1 - row
        axes.text(place, height, f"{100 * share:.0f}", ha="center", va="center", fontsize=8.5, color=colour)

"""A comparison as text, CSV and a plot."""

import csv
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nimba.files import write_whole
from nimba.quality.measure import Comparison
from nimba.quality.stability import KINDS

COLUMNS = {
    "mean_step": "mean step",
    "median_step": "median",
    "max_step": "longest",
    "jump_share": "jumps",
    "length_over_short": "length/short",
    "within_8": "within 8",
    "within_32": "within 32",
    "kept_jitter": "jitter",
    "kept_dropout": "dropout",
    "kept_turn_x": "turn x",
    "kept_turn_y": "turn y",
    "kept_turn_z": "turn z",
    "kept_resampling": "resampled",
}
SHARES = ("jump_share", "within_", "kept_")


def text_table(comparison: Comparison) -> str:
    """The main figures, aligned, a line for each order; mean and, over several clouds, standard deviation."""
    rows = [["", *COLUMNS.values()]]
    for number, title in enumerate(comparison.orders):
        rows.append([title, *(_cell(comparison, number, name) for name in COLUMNS)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) if column == 0 else cell.rjust(width) for column, (cell, width) in enumerate(pairs))
        for pairs in (list(zip(row, widths, strict=True)) for row in rows)
    )


def _cell(comparison: Comparison, order: int, name: str) -> str:
    figure = comparison.names.index(name)
    mean, std = comparison.mean[order, figure], comparison.std[order, figure]
    if name.startswith(SHARES):
        return f"{100 * mean:.1f}%" if comparison.clouds == 1 else f"{100 * mean:.1f}±{100 * std:.1f}%"
    return f"{mean:.3f}" if comparison.clouds == 1 else f"{mean:.3f}±{std:.3f}"


def write_csv(comparison: Comparison, path: Path) -> None:
    """Every figure of every order: a row each of order, figure, mean, std, clouds."""

    def write(partial: Path) -> None:
        with partial.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["order", "figure", "mean", "std", "clouds"])
            for order, title in enumerate(comparison.orders):
                for figure, name in enumerate(comparison.names):
                    values = (comparison.mean[order, figure], comparison.std[order, figure])
                    rows.writerow([title, name, *(f"{value:.6g}" for value in values), comparison.clouds])

    write_whole(path, write)


def read_csv(path: Path) -> Comparison:
    """What ``write_csv`` wrote."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    orders, names = list(dict.fromkeys(r["order"] for r in rows)), list(dict.fromkeys(r["figure"] for r in rows))
    mean, std = (np.array([float(r[key]) for r in rows]).reshape(len(orders), len(names)) for key in ("mean", "std"))
    return Comparison(orders, names, mean, std, int(rows[0]["clouds"]))


def write_plot(comparison: Comparison, path: Path) -> None:
    """Steps, locality and stability side by side, the orders from the shortest path down."""
    ranking = np.argsort(comparison.mean[:, comparison.names.index("mean_step")], kind="stable")
    titles = [comparison.orders[i] for i in ranking]
    height = 1.9 + 0.32 * len(titles)
    figure = Figure(figsize=(14, height), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    steps, near, kept = figure.subplots(1, 3, sharey=True, width_ratios=[1, 1.1, 1.3])
    rows = np.arange(len(titles))[::-1]

    def column(name: str) -> tuple[np.ndarray, np.ndarray]:
        index = comparison.names.index(name)
        return comparison.mean[ranking, index], comparison.std[ranking, index]

    mean, spread = column("mean_step")
    steps.barh(
        rows, mean, xerr=spread if comparison.clouds > 1 else None, color="#3b6ea5", height=0.62, ecolor="#1c3550"
    )
    steps.set_yticks(rows, titles)
    steps.set_xlabel("mean step")
    windows = [name for name in comparison.names if name.startswith("within_")]
    _heat(near, np.stack([column(name)[0] for name in windows], 1), [name.removeprefix("within_") for name in windows])
    near.set_xlabel("nearest neighbours within w places, %")
    _heat(kept, np.stack([column(f"kept_{kind}")[0] for kind in KINDS], 1), [kind.replace("_", " ") for kind in KINDS])
    kept.set_xlabel("neighbours on the path kept, %")
    clouds = "one cloud" if comparison.clouds == 1 else f"{comparison.clouds:,} clouds"
    figure.suptitle(f"Orders compared, {clouds}", fontsize=13)
    for axes in (steps, near, kept):
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
    write_whole(path, lambda partial: figure.savefig(partial, format="png", facecolor="white"))


def _heat(axes: object, shares: np.ndarray, labels: list[str]) -> None:
    """A table of shares (orders, columns), the first order on top, each cell with its figure."""
    from matplotlib.axes import Axes

    assert isinstance(axes, Axes)
    extent = (-0.5, shares.shape[1] - 0.5, -0.5, len(shares) - 0.5)
    axes.imshow(shares, cmap="viridis", vmin=0, vmax=1, aspect="auto", extent=extent, origin="upper")
    axes.set_xticks(range(len(labels)), labels)
    for row, values in enumerate(shares):
        for column, value in enumerate(values):
            colour = "white" if value < 0.6 else "black"
            place = (column, len(shares) - 1 - row)
            axes.text(*place, f"{100 * value:.0f}", ha="center", va="center", fontsize=8.5, color=colour)

"""A comparison as text and CSV."""

import csv
from pathlib import Path

import numpy as np

from nimba.quality.comparison import Comparison
from nimba.runtime.files import atomic_write

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

    atomic_write(path, write)


def read_csv(path: Path) -> Comparison:
    """What ``write_csv`` wrote."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    orders, names = list(dict.fromkeys(r["order"] for r in rows)), list(dict.fromkeys(r["figure"] for r in rows))
    mean, std = (np.array([float(r[key]) for r in rows]).reshape(len(orders), len(names)) for key in ("mean", "std"))
    return Comparison(orders, names, mean, std, int(rows[0]["clouds"]))

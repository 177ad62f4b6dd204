"""docs/performance.md: every ratio with its rival, and the curves of cost against size."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from nimba.records.results import RESULTS, read_json
from nimba.runtime.files import atomic_write

BENCHMARKS = {
    "scan": "The selective scan",
    "tokens": "Sampling and grouping",
    "serialization": "Serialization",
    "network": "The whole network",
    "step": "A training step",
    "memory": "Peak memory",
    "cold": "A cold start",
    "reading": "Reading large files",
}


def performance(results: Path) -> str:
    """A table for each benchmark, and its curves."""
    parts = []
    for name, findings in _stored(results):
        parts += [f"## {BENCHMARKS[name]}", "", measured_on(findings), "", figures_table(findings)]
        parts += [f"![{title}](figures/{_file_of(title)})\n" for title in _titles(findings)]
    return "\n".join([*parts, _on_a_gpu(results)])


def _on_a_gpu(results: Path) -> str:
    """What the checks that need a GPU found; nothing where none was at hand."""
    file = results / "benchmarks" / "gpu.json"
    done = [part for part in read_json(file)["parts"].values() if part["done"]] if file.is_file() else []
    if not done:
        return ""
    on = done[0]["machine"]
    figures = [figure for part in done for figure in part["figures"]]
    compared = f"Compared with a CPU on {on['gpu']}, torch {on['torch']} (`python -m benchmarks.gpu`)."
    return "\n".join(["## On a GPU", "", compared, "", figures_table({"figures": figures})])


def measured_on(findings: dict[str, Any]) -> str:
    """The machine and the versions, on one line."""
    on = findings["machine"]
    return f"Measured on {on['cpu']}, {on['threads']} threads, torch {on['torch']}, numba {on['numba']}."


def figures_table(findings: dict[str, Any]) -> str:
    """All figures with their aims, as a table."""
    return "\n".join(["| | | aim |", "|---|---|---|", *map(_row, findings["figures"]), ""])


def publish_curves(folder: Path, results: Path = RESULTS) -> list[Path]:
    """Draw cost against size on logarithmic axes, a picture for each group of curves; returns the files."""
    written = []
    for _, findings in _stored(results):
        for title in _titles(findings):
            curves = [curve for curve in findings["curves"] if curve["what"] == title]
            written.append(folder / _file_of(title))
            atomic_write(written[-1], partial(_draw, title, curves))
    return written


def _draw(title: str, curves: list[dict[str, Any]], path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 4.5), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for curve in curves:
        axes.loglog(curve["x"], curve["seconds"], marker="o", markersize=4, label=curve["name"])
    axes.set_xlabel(curves[0]["x_label"])
    axes.set_ylabel("seconds")
    axes.set_title(title)
    axes.grid(which="major", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    figure.savefig(path, format="png")


def _stored(results: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in BENCHMARKS:
        yield name, read_json(results / "benchmarks" / f"{name}.json")


def _titles(findings: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(curve["what"] for curve in findings["curves"]))


def _file_of(title: str) -> str:
    return "curve_" + "_".join("".join(c if c.isalnum() else " " for c in title.lower()).split()) + ".png"


def _row(figure: dict[str, Any]) -> str:
    aim = ""
    if figure["met"] is not None:
        bound = f"≤ {figure['at_most']:g}" if figure["at_most"] is not None else f"≥ {figure['at_least']:g}"
        aim = f"{bound}: {'met' if figure['met'] else '**missed**'}"
    value = f"{figure['value']:.3g} {figure['unit']} {figure['rival']}".strip()
    value += f" ({figure['note']})" if figure.get("note") and figure["met"] is None else ""
    return f"| {figure['what'].strip()} | {value} | {aim} |"

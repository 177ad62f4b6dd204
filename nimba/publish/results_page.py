"""docs/results.md: what the experiments found, from their stored records alone."""

import itertools
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nimba.experiments.sweep import Sweep, Variant, read_sweep
from nimba.publish.documents import shipped_model
from nimba.publish.goals import full_runs, goals
from nimba.records.results import ROOT, duration, machine, minutes, percent, read_json, spread
from nimba.robustness import report as robustness
from nimba.runtime.files import atomic_write
from nimba.training.test_each_epoch import PREFIX

SWEEPS = ROOT / "configs" / "sweeps"
ABLATION = "ablation"  # the config whose size that is
ORDER = (
    "paper",
    "best",
    "cpu",
    "order",
    "r",
    "axis",
    "position",
    "mixer",
    "tokens",
    "robustness",
    "scales",
    "recipe",
    "scans",
    "dales5",
)
HEAD = """# Results

This page is made by `nimba report` from the records under `results/`; nothing in it is typed. Of every run:

- The test split is scored **once**, after the **last epoch**, in one pass: no epoch is chosen by it, and nothing votes.
- Where something had to be chosen, it was by a validation split cut from train (stratified, 10 %, fixed seed).
- ± is the standard deviation over seeds (of the sample), and *n* says how many there are. With one seed there is none.
- "Ablation size" is a small network on a short schedule, so that a run takes minutes on a CPU: `configs/ablation.yaml`.
  Its figures compare variants with each other. They are not those of the full size, and do not stand in for them.
"""


@dataclass(frozen=True)
class Row:
    """A variant and its finished runs."""

    variant: Variant
    records: list[dict[str, Any]]

    def values(self, metric: str) -> list[float]:
        """The metric of each run's test."""
        return [record["test"][metric] for record in self.records]


def report(results: Path, sweeps: Path = SWEEPS) -> str:
    """The page as Markdown."""
    parts = [HEAD, goals(results), "## ModelNet40, full length\n", shipped_model(results), _full_runs(results)]
    for sweep in _sweeps(sweeps):
        parts.append(_section(sweep, _rows(sweep, results)))
    parts.append(robustness.section(results))
    return "\n".join(part.rstrip() + "\n" for part in parts if part)


def write_report(results: Path, output: Path, sweeps: Path = SWEEPS) -> list[Path]:
    """Write the page, and a plot for each sweep with records into ``figures`` beside it; returns the files."""
    figures = output.parent / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    written = [output]
    atomic_write(output, lambda partial: partial.write_text(report(results, sweeps), encoding="utf-8"))
    for sweep in _sweeps(sweeps):
        rows = [row for row in _rows(sweep, results) if row.records]
        if rows:
            written.append(figures / _plot_name(sweep))
            atomic_write(written[-1], _plotter(sweep, rows))
    return written + robustness.plots(results, figures)


def _sweeps(folder: Path) -> list[Sweep]:
    sweeps = [read_sweep(path) for path in folder.glob("*.yaml")]
    return sorted(
        sweeps, key=lambda sweep: (ORDER.index(sweep.name) if sweep.name in ORDER else len(ORDER), sweep.name)
    )


def _rows(sweep: Sweep, results: Path) -> list[Row]:
    rows = []
    for variant in sweep.variants:
        files = [_record(results, variant, seed) for seed in sweep.seeds]
        rows.append(Row(variant, [read_json(file) for file in files if file.is_file()]))
    return rows


def _record(results: Path, variant: Variant, seed: int) -> Path:
    """Where the record of a run is; a config's own run may be one that was made without a sweep, and published."""
    group, name = variant.place
    published = results / group / str(seed) / "record.json"
    return published if variant.is_base and published.is_file() else results / group / name / f"{seed}.json"


def _section(sweep: Sweep, rows: list[Row]) -> str:
    records = [record for row in rows for record in row.records]
    lines = [f"## {_title(sweep)}", "", sweep.question, ""]
    if records:
        lines += [f"![{sweep.title}](figures/{_plot_name(sweep)})", ""]
    lines += ["| | OA, last epoch | mAcc | n | parameters | a run |", "|---|---|---|---|---|---|"]
    lines += [_line(row) for row in rows]
    if sweep.mean and records:
        scores = " | ".join(spread([record["test"][metric] for record in records]) for metric in ("OA", "mAcc"))
        lines.append(f"| **{sweep.mean}** | {scores} | {len(records)} | | |")
    planned, finished = len(rows) * len(sweep.seeds), len(records)
    if finished < planned:
        lines += ["", f"Finished {finished} of {planned} runs."]
    if records:
        epochs = sorted({len(record["epochs"]) for record in records})
        lines += ["", f"{'/'.join(map(str, epochs))} epochs, on {machine(records[0])}."]
    return "\n".join(lines)


def _title(sweep: Sweep) -> str:
    return f"{sweep.title} (ablation size)" if sweep.config.stem == ABLATION else sweep.title


def _line(row: Row) -> str:
    name = f"{row.variant.name}{' (the config itself)' if row.variant.is_base else ''}"
    if not row.records:
        return f"| {name} | not run yet | | 0 | | |"
    seconds = statistics.mean(record["seconds"] for record in row.records)
    scores = " | ".join(spread(row.values(metric)) for metric in ("OA", "mAcc"))
    return f"| {name} | {scores} | {len(row.records)} | {row.records[0]['parameters']:,} | {minutes(seconds)} |"


def _full_runs(results: Path) -> str:
    """Every full-length ModelNet40 run that there is a record of, each on its own line, and the means over seeds."""
    lines = [
        "| run | seed | OA, last epoch | mAcc | OA, best epoch on validation "
        "| *OA, best test epoch (common practice, for comparison only)* | parameters | epochs | time | on |"
    ]
    lines.append("|---|---|---|---|---|---|---|---|---|---|")
    records = [read_json(file) for file in full_runs(results)]
    for record in records:
        best = _best(record, "val/OA")
        each = _best(record, f"{PREFIX}OA")
        values = (
            record["experiment"],
            record["seed"],
            percent(record["test"]["OA"]),
            percent(record["test"]["mAcc"]),
            percent(best) if best is not None else "not looked at" if "validation" in record else "no validation split",
            "not scored" if each is None else percent(each),
            f"{record['parameters']:,}",
            len(record["epochs"]),
            duration(record),
            record["machine"]["gpu"] or f"{record['machine']['cores']} cores",
        )
        lines.append(f"| {' | '.join(map(str, values))} |")
    for name, some in itertools.groupby(records, lambda record: record["experiment"]):
        tests = [record["test"] for record in some]
        if len(tests) > 1:
            means = " | ".join(spread([test[metric] for test in tests]) for metric in ("OA", "mAcc"))
            lines.append(f"| **{name}** | {len(tests)} seeds | {means} | | | | | | |")
    return "\n".join([*lines, "", _SIDE_BY_SIDE]) if any(r.get("beside") for r in records) else "\n".join(lines)


_SIDE_BY_SIDE = """\
Runs with others beside them shared one GPU and its time (`nimba gpu`, configs/gpu/), with three per cent of
train kept for calibration. Those called wild and robust trained on changes that resemble what they are tested with."""


def _best(record: dict[str, Any], metric: str) -> float | None:
    """The highest of all epochs; None where it was not measured."""
    return max((epoch[metric] for epoch in record["epochs"] if metric in epoch), default=None)


def _plot_name(sweep: Sweep) -> str:
    return f"sweep_{sweep.name}.png"


def _plotter(sweep: Sweep, rows: list[Row]) -> Callable[[Path], None]:
    """Accuracy against x, or a line of dots for each variant; a dot is a run."""

    def plot(path: Path) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        numeric = sweep.x is not None
        height = 4.2 if numeric else 1.3 + 0.42 * len(rows)
        figure = Figure(figsize=(7.2, height), dpi=120, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        places = [float(row.variant.name) if numeric else -number for number, row in enumerate(rows)]
        means = [100 * statistics.mean(row.values("OA")) for row in rows]
        dots = [(place, 100 * value) for place, row in zip(places, rows, strict=True) for value in row.values("OA")]
        if numeric:
            axes.plot(places, means, color="#3b6ea5", linewidth=1.4)
            axes.plot(*zip(*dots, strict=True), "o", color="#3b6ea5", markersize=5)
            axes.set_xlabel(str(sweep.x))
            axes.set_ylabel("OA, %")
        else:
            axes.scatter(means, places, marker="|", s=260, color="#1c3550", linewidths=2)
            axes.scatter([value for _, value in dots], [place for place, _ in dots], color="#3b6ea5", s=30, zorder=3)
            axes.set_yticks(places, [row.variant.name for row in rows])
            axes.set_xlabel("OA, %")
        axes.set_title(f"{_title(sweep)}: test OA, last epoch; a dot is a run", fontsize=10)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, format="png")

    return plot

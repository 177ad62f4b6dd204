"""The report's section on robustness, from its records alone."""

import statistics
from pathlib import Path
from typing import Any

from nimba.experiments.sweep import read_sweep
from nimba.records.results import ROOT, machine, percent, read_json, spread
from nimba.robustness.conditions import CONDITIONS
from nimba.robustness.corruptions import CORRUPTIONS, GROUPS
from nimba.robustness.plot import draw_errors, draw_matrix

SWEEP = ROOT / "configs" / "sweeps" / "robustness.yaml"
CONDITIONS_PLOT, CORRUPTIONS_PLOT = "robustness_conditions.png", "robustness_corruptions.png"
PUBLISHED = (  # on the authors' files, error rates in percent: network, clean where it is known, mean over corruptions
    ("PCT with PointCutMix-R", 7.2, 16.3),
    ("CurveNet", None, 22.7),
    ("PointNet++", None, 23.6),
    ("PCT", None, 25.5),
    ("DGCNN", None, 25.9),
    ("PointMLP", None, 31.9),
)
SOURCE = "Sun et al. 2022 (arXiv 2201.12296) and the benchmark's public ranking"


def section(results: Path) -> str:
    """Markdown: what training for robustness brings under the conditions, and the error rates under the corruptions.

    Args:
        results: folder of all records; those of robustness are ``<results>/robustness/*.json``.
    """
    records = read_records(results)
    return "\n".join([*_trained_and_tested(records), "", *_corruptions(records)]) + "\n"


def plots(results: Path, figures: Path) -> list[Path]:
    """Draw what ``section`` shows into a folder; returns the files, none where there are no records."""
    records = read_records(results)
    written = []
    rows = {name: some for name, some in _by_variant(records).items() if some}
    if rows:
        means = {
            name: {c: statistics.mean(values) for c, values in _scores(some).items()} for name, some in rows.items()
        }
        written.append(figures / CONDITIONS_PLOT)
        draw_matrix(means, written[-1])
    models = _models(records)
    if models:
        written.append(figures / CORRUPTIONS_PLOT)
        draw_errors({name: record["cells"] for name, record in models.items()}, written[-1])
    return written


def lines(record: dict[str, Any]) -> list[str]:
    """One record as text: each condition's OA, each corruption's error rate, in the mean and at its severities."""
    cells, summary, data = record["cells"], record["summary"], record["data"]
    head = f"{record['name']}, {record['described']}, {data['clouds']} of {data['of']} test clouds"
    text = [head, "", *(f"  {key:<22} OA    {percent(cell['OA']):>8}" for key, cell in cells.items() if "/" not in key)]
    for name in dict.fromkeys(key.split("/")[0] for key in cells if "/" in key):
        errors = [1 - cell["OA"] for key, cell in cells.items() if key.startswith(f"{name}/")]
        each = "  ".join(f"{percent(error):>8}" for error in errors)
        text.append(f"  {name:<22} error {percent(statistics.mean(errors)):>8}   {each}")
    return text + ([f"  {'mean error rate':<22} error {percent(summary['mER']):>8}"] if summary else [])


def read_records(results: Path) -> list[dict[str, Any]]:
    """All records of robustness among ``results``, by name."""
    return [read_json(path) for path in sorted((results / "robustness").glob("*.json"))]


def _by_variant(records: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The records of each of the sweep's variants, in its order."""
    sweep = read_sweep(SWEEP)
    ours = [record for record in records if (record["variant"] or {}).get("sweep") == sweep.name]
    return {
        variant.name: [record for record in ours if record["variant"]["name"] == variant.name]
        for variant in sweep.variants
    }


def _scores(records: list[dict[str, Any]]) -> dict[str, list[float]]:
    """OA of each condition that some record has, a value a record."""
    return {
        name: values
        for name in CONDITIONS
        if (values := [record["cells"][name]["OA"] for record in records if name in record["cells"]])
    }


def _trained_and_tested(records: list[dict[str, Any]]) -> list[str]:
    rows = _by_variant(records)
    made = [record for some in rows.values() for record in some]
    text = ["## Robustness: trained with, tested with (ablation size)", ""]
    text += ["OA of each training (rows) under each test condition (columns); ± is over seeds.", ""]
    if made:
        text += [f"![Trained with, tested with](figures/{CONDITIONS_PLOT})", ""]
    text += [f"| trained with | {' | '.join(CONDITIONS)} | n |", "|---" * (len(CONDITIONS) + 2) + "|"]
    for name, some in rows.items():
        scores = _scores(some)
        shown = (spread(scores[condition]) if condition in scores else "not tested yet" for condition in CONDITIONS)
        text.append(f"| {name} | {' | '.join(shown)} | {len(some)} |")
    return [*text, *_remarks(made)]


def _corruptions(records: list[dict[str, Any]]) -> list[str]:
    models = _models(records)
    text = ["## Robustness: self-made ModelNet40-C", ""]
    text += [
        "Error rates, each the mean over five severities; mER is the mean over all corruptions. The corruptions are"
    ]
    text += [
        "made here, after the published description and from points alone, so the published rows, which are of the"
    ]
    text += ["authors' files, are no like-for-like comparison.", ""]
    if models:
        text += [f"![Error rates by severity](figures/{CORRUPTIONS_PLOT})", ""]
    text += [f"| network | clean | {' | '.join(GROUPS)} | mER |", "|---" * (len(GROUPS) + 3) + "|"]
    for name, record in models.items():
        summary, clean = record["summary"], percent(1 - record["cells"]["clean"]["OA"])
        groups = " | ".join(percent(summary["groups"][group]) for group in GROUPS)
        text.append(f"| {name} | {clean} | {groups} | **{percent(summary['mER'])}** |")
    for name, error, mean in PUBLISHED:
        known = "" if error is None else f"{error} %"
        text.append(f"| *published, on the authors' files:* {name} | {known} {'| ' * len(GROUPS)}| {mean} % |")
    text += ["", f"Published figures: {SOURCE}."]
    if models:
        text += ["", f"| corruption | {' | '.join(models)} |", "|---" * (len(models) + 1) + "|"]
        for name in CORRUPTIONS:
            errors = (percent(record["summary"]["corruptions"][name]) for record in models.values())
            text.append(f"| {name} | {' | '.join(errors)} |")
    return [*text, *_remarks(list(models.values()))]


def _models(records: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The records with all corruptions, by what the report calls their networks."""
    return {_title(record): record for record in records if record["summary"]}


def _title(record: dict[str, Any]) -> str:
    if record["variant"]:
        title = "{sweep}/{name}, seed {seed}".format(**record["variant"])
    else:
        title = "{experiment}, seed {seed}".format(**record["run"]) if record["run"] else record["name"]
    frame, seed = record["settings"]["frame"], record["settings"]["seed"]
    return title + ("" if frame == "unit_sphere" else f", into the {frame}") + (f", draws {seed}" if seed else "")


def _remarks(records: list[dict[str, Any]]) -> list[str]:
    """On what the records were made; a record of fewer clouds than there are is named."""
    if not records:
        return ["", "No records yet: `nimba robustness` makes them."]
    some = [
        f"{_title(record)}: {record['data']['clouds']} of {record['data']['of']} clouds"
        for record in records
        if record["data"]["clouds"] < record["data"]["of"]
    ]
    looks = ["", f"A quick look, not the whole test split: {'; '.join(some)}."] if some else []
    return [*looks, "", f"Tested on {machine(records[0])}."]

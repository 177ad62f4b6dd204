"""The model card of shipped weights, made from the record of their run."""

from typing import Any

from nimba.classifier import ClassifierSpec, ModelSettings
from nimba.inference.calibration import Calibration
from nimba.records.results import machine, minutes, percent


def points_a_patch(settings: ModelSettings) -> str:
    """In words: "24", or "12 and 48" where there are patches of several sizes."""
    return " and ".join(map(str, settings.scales or (settings.patch_size,)))


def model_card(
    name: str, spec: ClassifierSpec, record: dict[str, Any], shipped: dict[str, Any], wild: dict[str, Any] | None = None
) -> str:
    """Markdown of the card.

    Args:
        name: of the weights.
        spec: their description.
        record: of the run (record.json).
        shipped: scores of the half-precision weights (shipped.json).
        wild: what the benchmark on files that nobody trained on found with these weights, if it was run with them.
    """
    test, epochs = record["test"], len(record["epochs"])
    rows = [
        (f"{test['weights']}, full precision (scored once, at the end of the run)", test),
        ("as shipped, half precision", shipped),
    ]
    table = "\n".join(f"| {what} | {percent(scores['OA'])} | {percent(scores['mAcc'])} |" for what, scores in rows)
    settings = ModelSettings(**spec.settings)
    position = "with" if settings.positional_embedding else "without"
    classes = [(name_, share) for name_, share in shipped["class_accuracies"].items() if share is not None]
    lowest = ", ".join(f"{name_} ({percent(share)})" for name_, share in sorted(classes, key=lambda row: row[1])[:5])
    dirty = " with uncommitted changes elsewhere in the checkout" if record["code"]["dirty"] else ""
    return f"""# {name}

{spec.model}, {record["parameters"]:,} parameters, for {len(spec.class_names)} classes.
Generated from the run's record by `python -m nimba.publish weights`; do not edit.

| on the official test split ({test["samples"]} clouds), no voting | OA | mAcc |
|---|---|---|
{table}

- **Experiment**: `configs/{record["experiment"]}.yaml`, seed {record["seed"]}, one run; the test split chose nothing.
- **Input**: {spec.num_points} points, frame "{spec.normalisation}", y up; {settings.num_centres} centres,
  {points_a_patch(settings)} points a patch.
- **Path**: order {settings.order}, variant {settings.variant}, r = {settings.r}, axis {settings.axis},
  {position} positional embedding.
- **Training**: {epochs} epochs in {minutes(record["seconds"])} on {machine(record)}
  (torch {record["machine"]["torch"]}); revision {record["code"]["revision"][:12]}{dirty}.
- **Hardest classes**: {lowest}.
- **Data**: ModelNet40 (Wu et al., CVPR 2015), CAD models; its licence allows academic use.
{calibrated(spec.calibration, wild)}\
- **Limits**: trained on clean, complete, upright shapes. Scans, partial views, other classes and tilted objects are
  outside of what it has seen, and its probabilities are not calibrated there.
- **Use**: `nimba classify FILE...`, or `nimba.load("{name}")` in Python.
"""


def calibrated(calibration: Calibration | None, wild: dict[str, Any] | None) -> str:
    """The lines on how far its probabilities may be trusted; none for weights that nobody calibrated."""
    if calibration is None:
        return ""
    found = {figure["what"]: figure["value"] for figure in (wild or {}).get("figures", [])}
    errors = [f"{value:.3f} on {what.removesuffix(': ECE')}" for what, value in found.items() if what.endswith(": ECE")]
    measured = f"\n  Expected calibration error, as `nimba classify` decides: {'; '.join(errors)}." if errors else ""
    threshold = "" if calibration.distance is None else ", and the distance from which on a thing is unknown,"
    fitted = f"fitted to {calibration.clouds} clouds ({calibration.source})"
    return f"- **Calibration**: temperature {calibration.temperature:.3g}{threshold} {fitted}.{measured}\n"

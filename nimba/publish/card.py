"""The model card of shipped weights, made from the record of their run."""

from typing import Any

from nimba.classifier import ClassifierSpec, ModelSettings
from nimba.inference.calibration import Calibration
from nimba.records.results import duration, machine, percent

CHANGES = (  # those of nimba.gpu.augment that clouds as they are have no need of
    *("mirror", "quarter_turns", "any_turn", "turn", "tilt", "cut_mix", "shear", "bend", "seen", "half_space"),
    *("holes", "uneven", "outliers", "jitter", "few"),
)


def points_a_patch(settings: ModelSettings) -> str:
    """In words: "24", or "12 and 48" where there are patches of several sizes."""
    return " and ".join(map(str, settings.scales or (settings.patch_size,)))


def model_card(
    name: str,
    spec: ClassifierSpec,
    record: dict[str, Any],
    shipped: dict[str, Any],
    wild: dict[str, Any] | None = None,
    corrupted: dict[str, Any] | None = None,
) -> str:
    """Markdown of the card.

    Args:
        name: of the weights.
        spec: their description.
        record: of the run (record.json).
        shipped: scores of the half-precision weights (shipped.json).
        wild: what the benchmark on files that nobody trained on found with these weights, if it was run with them.
        corrupted: their record of robustness, if there is one.
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
Generated from the run's record by `nimba publish weights`; do not edit.

| on the official test split ({test["samples"]} clouds), no voting | OA | mAcc |
|---|---|---|
{table}

- **Experiment**: {experiment(record)}, seed {record["seed"]}, one run; the test split chose nothing.
- **Input**: {spec.num_points} points, frame "{spec.normalisation}", y up; {tokens(settings)}.
- **Path**: order {settings.order}, variant {settings.variant}, r = {settings.r}, axis {settings.axis},
  {position} positional embedding.
- **Training**: {epochs} epochs in {duration(record)} on {machine(record)}
  (torch {record["machine"]["torch"]}); revision {record["code"]["revision"][:12]}{dirty}.
- **Hardest classes**: {lowest}.
- **Data**: ModelNet40 (Wu et al., CVPR 2015), CAD models; its licence allows academic use.
{calibrated(spec.calibration, wild)}\
{robustness(corrupted)}\
- **Limits**: {limits(record)}
- **Use**: `nimba classify FILE...`, or `nimba.load("{name}")` in Python.
"""


def experiment(record: dict[str, Any]) -> str:
    """Where its config is."""
    if "learning" in record["config"]:
        return f"`{record['experiment']}` of `configs/gpu/`"
    return f"`configs/{record['experiment']}.yaml`"


def tokens(settings: ModelSettings) -> str:
    """What the path is made of."""
    if settings.encoder == "dense":
        stages = ", ".join(map(str, settings.stages))
        return f"stages of {stages} and {settings.num_centres} points,\n  {settings.neighbours} neighbours each"
    return f"{settings.num_centres} centres,\n  {points_a_patch(settings)} points a patch"


def robustness(record: dict[str, Any] | None) -> str:
    """The line on corrupted clouds; none for weights that were not tested with any."""
    if record is None:
        return ""
    clouds, of = record["data"]["clouds"], record["data"]["of"]
    which = "" if clouds == of else f", {clouds} of {of} clouds"
    error = f"mean error rate {percent(record['summary']['mER'])} under the 15 self-made corruptions"
    return f"- **Corrupted clouds**: {error} (docs/robustness.md{which}).\n"


def limits(record: dict[str, Any]) -> str:
    """What it was not trained for."""
    how = record["config"].get("learning", {}).get("augmentation", {})
    changes = [name.replace("_", " ") for name in CHANGES if how.get(name)]
    if not changes:
        return """trained on clean, complete, upright shapes. Scans, partial views, other classes and tilted objects are
  outside of what it has seen, and its probabilities are not calibrated there."""
    return f"""trained on CAD models with random changes ({", ".join(changes)}), which resemble those that
  robustness is tested with. Real scans and other classes are outside of what it has seen."""


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

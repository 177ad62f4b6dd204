"""Numbers in documents: blocks from ``<!-- generated:NAME -->`` to ``<!-- /generated -->``, made from records."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nimba.classifier.pretrained import DEFAULT_WEIGHTS
from nimba.classifier.registry import model_settings
from nimba.clouds.formats import registry
from nimba.publish.card import points_a_patch
from nimba.publish.orders import orders_quality, orders_speed, orders_table
from nimba.publish.performance import figures_table, measured_on, performance
from nimba.records.results import RESULTS, ROOT, machine, minutes, percent, read_json
from nimba.runtime.errors import InputError
from nimba.runtime.files import atomic_write

_PAGES = ("serialization", "performance", "wild", "scenes", "train", "export", "scale_out")
DOCUMENTS = [ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in _PAGES)]
_BLOCK = re.compile(r"(<!-- generated:(?P<name>\w+) -->\n).*?(<!-- /generated -->)", re.DOTALL)


def shipped_model(results: Path) -> str:
    """What the default weights reach, and what it took."""
    file, shipped = _shipped(results)
    record = read_json(file.with_name("record.json"))
    test, model = record["test"], record["config"]["model"]
    settings = model_settings(model["model"], **(model["model_settings"] or {}))
    position = "with" if settings.positional_embedding else "without"
    network = (
        f"{model['model']}, {record['parameters']:,} parameters, patches of {points_a_patch(settings)} points, "
        f"{position} positional embedding"
    )
    return f"""| ModelNet40, official test split, {test["weights"]}, one run, no voting | |
|---|---|
| OA | {percent(test["OA"])} |
| mAcc | {percent(test["mAcc"])} |
| OA as shipped (half precision) | {percent(shipped["OA"])} |
| network | {network} |
| training | {len(record["epochs"])} epochs in {minutes(record["seconds"])} on {machine(record)} |
"""


def _shipped(results: Path) -> tuple[Path, dict[str, Any]]:
    """The scores of the default weights, and the file that they are in, beside the run's record."""
    for file in sorted(results.glob("*/*/shipped.json")):
        scores = read_json(file)
        if scores["weights"] == DEFAULT_WEIGHTS:
            return file, scores
    raise InputError(f"{results}: no shipped.json of {DEFAULT_WEIGHTS}: publish the weights of its run")


def formats(results: Path) -> str:
    """The formats that clouds are read from."""
    return registry.table()


def wild(results: Path) -> str:
    """How right the answers are on files that nobody trained on."""
    return figures_table(read_json(results / "benchmarks" / "wild.json"))


def scenes(results: Path) -> str:
    """How many things in scenes are found and named right."""
    return figures_table(read_json(results / "benchmarks" / "scenes.json"))


def own(results: Path) -> str:
    """How good training on data of one's own is."""
    return figures_table(read_json(results / "benchmarks" / "own.json"))


def export(results: Path) -> str:
    """How exported files compare with the network."""
    record = read_json(results / "benchmarks" / "export.json")
    return f"{measured_on(record)}\n\n{figures_table(record)}"


def predict_ray(results: Path) -> str:
    """Speed, start and kills of the two engines of ``nimba predict``."""
    findings = read_json(results / "benchmarks" / "predict_ray.json")
    return f"{measured_on(findings)}\n\n{figures_table(findings)}"


def predict_ranks(results: Path) -> str:
    """The same of torchrun's ranks, which were there before."""
    findings = read_json(results / "benchmarks" / "predict_ranks.json")
    return f"Revision {findings['code']['revision'][:8]}. {measured_on(findings)}\n\n{figures_table(findings)}"


BLOCKS: dict[str, Callable[[Path], str]] = {
    "formats": formats,
    "shipped": shipped_model,
    "orders_table": orders_table,
    "orders_quality": orders_quality,
    "orders_speed": orders_speed,
    "performance": performance,
    "wild": wild,
    "scenes": scenes,
    "own": own,
    "export": export,
    "predict_ray": predict_ray,
    "predict_ranks": predict_ranks,
}


def filled(text: str, results: Path = RESULTS) -> str:
    """``text`` with its generated blocks made anew.

    Raises:
        InputError: for a block without a generator, or a missing record.
    """

    def fill(match: re.Match[str]) -> str:
        if match["name"] not in BLOCKS:
            raise InputError(f"generated:{match['name']}: no such block; known: {', '.join(BLOCKS)}")
        return match[1] + BLOCKS[match["name"]](results) + match[3]

    return _BLOCK.sub(fill, text)


def publish_documents(documents: list[Path], results: Path = RESULTS) -> list[Path]:
    """Fill the blocks of ``documents``; returns those that changed."""
    changed = []
    for path in documents:
        old = path.read_text(encoding="utf-8")
        new = filled(old, results)
        if new != old:
            atomic_write(path, lambda partial, text=new: partial.write_text(text, encoding="utf-8"))  # type: ignore[misc]
            changed.append(path)
    return changed

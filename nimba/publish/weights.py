"""Ship the weights of a finished run."""

from pathlib import Path
from typing import Any

from lightning.pytorch import Trainer

from nimba.classifier import load
from nimba.classifier.pretrained import DEFAULT_WEIGHTS, read_checkpoint, save_weights
from nimba.evaluation.evaluate import data_of
from nimba.evaluation.scoring import score
from nimba.publish.card import model_card
from nimba.records.published import strip_for_publication
from nimba.records.results import RESULTS, ROOT, read_json
from nimba.runtime.errors import InputError
from nimba.runtime.files import atomic_write, write_json


def publish_weights(run: Path, name: str, root: Path = ROOT, results: Path = RESULTS) -> list[Path]:
    """Write half-precision weights, score them as they are shipped, and keep the run's record.

    Args:
        run: folder of a finished run of train.py.
        name: of the weights, for ``nimba.load``.
        root: of the checkout.
        results: folder of kept records.

    Returns:
        the files written: weights, card, record, scores of the shipped weights.

    Raises:
        InputError: if the run is not finished, or its test split was not scored.
    """
    record = read_json(run / "record.json")
    if not (record.get("finished") and record.get("test")):
        raise InputError(f"{run}: is not finished, or its test split was not scored; resume it first")
    model = load(run / "last.ckpt")
    assert model.spec is not None
    weights = root / "nimba" / "weights" / f"{name}.safetensors"
    weights.parent.mkdir(parents=True, exist_ok=True)
    save_weights(model, model.spec, weights)

    data = data_of(read_checkpoint(run / "last.ckpt"), str(run / "last.ckpt"))
    trainer = Trainer(
        accelerator="cpu",
        deterministic=True,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    scores, _ = score(trainer, load(weights), data)
    shipped = {"weights": name, "precision": "float16", **scores.to_dict()}

    kept = results / record["experiment"] / str(record["seed"])
    kept.mkdir(parents=True, exist_ok=True)
    write_json(kept / "record.json", strip_for_publication(record))
    write_json(kept / "shipped.json", shipped)
    card = _write_card(weights, model_card(name, model.spec, record, shipped, corrupted=_robustness(results, name)))
    return [weights, card, kept / "record.json", kept / "shipped.json"]


def publish_cards(root: Path = ROOT, results: Path = RESULTS) -> list[Path]:
    """Make the cards of all shipped weights anew, from their records; returns those that changed."""
    changed = []
    for file in sorted(results.glob("*/*/shipped.json")):
        shipped = read_json(file)
        weights = root / "nimba" / "weights" / f"{shipped['weights']}.safetensors"
        spec = load(weights).spec
        assert spec is not None
        wild = results / "benchmarks" / "wild.json"
        found = read_json(wild) if shipped["weights"] == DEFAULT_WEIGHTS and wild.is_file() else None
        record, corrupted = read_json(file.with_name("record.json")), _robustness(results, shipped["weights"])
        text = model_card(shipped["weights"], spec, record, shipped, found, corrupted)
        if weights.with_suffix(".md").read_text(encoding="utf-8") != text:
            changed.append(_write_card(weights, text))
    return changed


def _robustness(results: Path, name: str) -> dict[str, Any] | None:
    """The record of weights under the corruptions, where all of them were tested."""
    file = results / "robustness" / f"{name}.json"
    record = read_json(file) if file.is_file() else None
    return record if record and record["summary"] else None


def _write_card(weights: Path, text: str) -> Path:
    card = weights.with_suffix(".md")
    atomic_write(card, lambda partial: partial.write_text(text, encoding="utf-8"))
    return card

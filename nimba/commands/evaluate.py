"""``nimba evaluate``: how right weights are on labelled clouds."""

from __future__ import annotations

import json as json_format
import shlex
import shutil
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Literal

from nimba.commands.classify import FEW
from nimba.runtime.cleanly import BAD_INPUT
from nimba.runtime.errors import InputError

CHECKPOINT = ".ckpt"


def evaluate(
    data: Path | None = None,
    *,
    weights: str | None = None,
    split: Literal["test", "val", "train", "all"] | None = None,
    up: Literal["auto", "x", "y", "z", "-x", "-y", "-z"] = "auto",
    turns: Literal[1, 4] | None = None,
    apart: bool = False,
    unknown: bool = False,
    worst: int = 12,
    json: bool = False,
    output: Path | None = None,
    html: Path | None = None,
) -> int:
    """Score weights on labelled clouds, as nimba classify answers about them.

    Prints the accuracies, how honest the probabilities are, each class, and the most frequent confusions. Files that
    cannot be read are counted and listed as errors, with exit code 2 at the end. Without DATA, a checkpoint of train.py
    is scored on the test split that it was trained with, as eval.py does.

    Args:
        data: Folder with a folder of clouds for each class, with or without train, val and test; or a table (.csv,
            .tsv, .parquet) of paths and labels. Classes are matched to those of the weights without regard to case,
            spaces, underscores and hyphens.
        weights: Name of shipped weights, a .safetensors file, a checkpoint of train.py or of PointMamba's code
            (.pth); the default knows the 40 classes of ModelNet40.
        split: Which clouds of DATA. Default: test where it has one, else all; but with a run of nimba train that was
            trained on DATA itself, those that it kept for its test.
        up: The files' up axis, -z for one that points down. auto finds it, for all files together; with weights that
            were trained on a folder of your own it is the axis of those files.
        turns: 4 to look at each cloud from four sides, and weigh what is seen; 1 to take it as it faces. Default: 4,
            but 1 with weights that have learnt how your files face.
        apart: Find the axis and the facing of each file by itself.
        unknown: Count clouds of classes that the weights do not know apart: how many of them are called unknown.
        worst: How many mistakes to draw or to list, the most confident first.
        json: Print one JSON object.
        output: Write metrics.json, evaluation.json, confusion.png and report.html into this folder. Only with this or
            --html are all splits searched for clouds that are there twice.
        html: Write the page to this file.
    """
    if worst < 0:
        raise InputError(f"worst: must be at least 0, got {worst}")
    if data is None:
        given = {"split": split, "turns": turns, "apart": apart, "unknown": unknown, "html": html}
        wrong = next((name for name, value in given.items() if value), "up" if up != "auto" else None)
        return _as_eval(weights, wrong, json, output)
    import nimba
    from nimba.commands.printing import progress
    from nimba.datasets.folder import open_layout
    from nimba.evaluation.findings import Findings, duplicates_in, suspicious_in
    from nimba.evaluation.labelled import evaluate_clouds
    from nimba.evaluation.sources import choose, name_in
    from nimba.evaluation.words import lines
    from nimba.runtime.compiled import without_compiled_kernels

    _check(output, html)
    layout = open_layout(data)
    chosen = choose(data, layout, split, None if weights is None else Path(weights))
    count = len(chosen.paths)
    model = nimba.load(weights).to(_device())
    with without_compiled_kernels() if count <= FEW else nullcontext(), progress(count, FEW) as (step, _):
        evaluation = evaluate_clouds(
            model,
            chosen.paths,
            chosen.labels,
            chosen.ids,
            up=up,
            turns=turns,
            together=not apart,
            unknown=unknown,
            progress=step,
        )
    duplicates = None
    if output is not None or html is not None:
        total = sum(map(len, layout.files.values()))
        with progress(total, FEW) as (step, _):
            duplicates = duplicates_in(layout.files, layout.class_of, lambda path: name_in(data, path), step)
    findings = Findings(duplicates, suspicious_in(evaluation))
    of = {"weights": weights or nimba.classifier.pretrained.DEFAULT_WEIGHTS, "data": str(data), "split": chosen.split}
    if json:
        print(json_format.dumps({**of, **evaluation.to_dict(worst), "findings": findings.to_dict()}))
    else:
        print(f"{of['weights']} on {data} ({chosen.split})")
        print("\n".join(lines(evaluation, findings, shutil.get_terminal_size().columns)))
    for id, why in evaluation.errors.items():
        print(f"error: {id}: {why}", file=sys.stderr)
    page = _page(of, worst)
    _write(evaluation, findings, of, page, output, html)
    return BAD_INPUT if evaluation.errors else 0


def _check(output: Path | None, html: Path | None) -> None:
    """Refuse what could not be written, before the work."""
    from nimba.evaluation.storing import METRICS
    from nimba.inference.export import check_page
    from nimba.runtime.files import check_output

    if output is not None:
        check_output(output / METRICS)
    if html is not None:
        check_page(html)


def _write(
    evaluation: Any, findings: Any, of: dict[str, str], page: Any, output: Path | None, html: Path | None
) -> None:
    from nimba.evaluation.page.write import write_training_report
    from nimba.evaluation.storing import store_evaluation

    written = [] if output is None else store_evaluation(output, evaluation, findings, of, **page)
    if html is not None:
        write_training_report(html, evaluation, findings=findings, **page)
        written.append(html)
    for path in written:
        print(f"written: {path}", file=sys.stderr)


def _page(of: dict[str, str], worst: int) -> dict[str, Any]:
    """The words of the page."""
    where = "all clouds" if of["split"] == "all" else f"the {of['split']} split"
    data, weights = shlex.quote(of["data"]), shlex.quote(of["weights"])
    return {
        "title": f"Evaluation of {Path(of['weights']).name}",
        "about": f"{of['weights']} on {where} of {of['data']}, answered as nimba classify answers",
        "commands": [
            f"nimba evaluate {data} --weights {weights} --split {of['split']} --html report.html",
            f"nimba classify {data} --weights {weights}",
        ],
        "worst": worst,
    }


def _as_eval(weights: str | None, wrong: str | None, json: bool, output: Path | None) -> int:
    """Score a checkpoint on the test split that it was trained with."""
    if weights is None or Path(weights).suffix != CHECKPOINT:
        raise InputError(
            "data: give a folder or a table of labelled clouds; only a checkpoint (--weights x.ckpt) names its own"
        )
    if wrong is not None:
        raise InputError(f"{wrong}: needs DATA; without it a checkpoint is scored as eval.py does")
    from nimba.evaluation.evaluate import evaluate as evaluate_checkpoint
    from nimba.evaluation.quiet import quieten
    from nimba.evaluation.report import FIGURES, lines, store
    from nimba.runtime.files import check_output

    quieten()
    folder = output or Path(weights).parent / "evaluation"
    check_output(folder / FIGURES)
    evaluation = evaluate_checkpoint(Path(weights))
    print(json_format.dumps(evaluation.to_dict()) if json else "\n".join(lines(evaluation)), flush=True)
    for path in store(evaluation, folder):
        print(f"written: {path}", file=sys.stderr)
    return 0


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"

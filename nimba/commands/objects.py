"""``nimba classify --objects``: the things in scans, a row each."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nimba.runtime.cleanly import BAD_INPUT
from nimba.runtime.errors import InputError

if TYPE_CHECKING:
    from nimba.classifier import NimbaClassifier
    from nimba.commands.printing import Form
    from nimba.inference.answer import Answer
    from nimba.inference.gather import Inputs, Item
    from nimba.inference.objects import SceneAnswers

FEW = 2  # scans; see ``nimba.commands.classify``
PLY = ".ply"
STANDARD_INPUT = "-"


def classify_scans(
    files: list[str],
    weights: str | None,
    up: Literal["auto", "x", "y", "z", "-x", "-y", "-z"],
    turns: Literal[1, 4] | None,
    format: str | None,
    *,
    form: Form,
    top: int,
    output: Path | None,
    html: Path | None,
) -> int:
    """Classify the things in scans; arguments and exit code are those of ``nimba.commands.classify.classify``."""
    import nimba
    from nimba.commands.printing import printer
    from nimba.inference import Answers
    from nimba.inference.export import write_table
    from nimba.inference.gather import gather
    from nimba.runtime.compiled import without_compiled_kernels

    inputs = gather([sys.stdin.buffer if file == STANDARD_INPUT else file for file in files], format)
    labelled = output is not None and output.suffix.lower() == PLY
    _check(inputs, output, labelled, html)
    model = nimba.load(weights)
    count = len(inputs.items)
    answers: list[Answer] = []
    scans: list[SceneAnswers] = []
    with (
        without_compiled_kernels() if count <= FEW else nullcontext(),
        printer(form, count, top, few=count) as (show, _),
    ):
        for item in inputs.items:
            of_scan = _classified(model, item, up, turns)
            if not isinstance(of_scan, str):
                scans.append(of_scan)
            rows = _answers(item.source, of_scan)
            answers += rows
            for answer in rows:
                show(answer)
    together = Answers(answers, inputs.passed_over)
    if scans and output is not None and labelled:
        scans[0].write_ply(output)
    elif output is not None and not labelled:
        write_table(together, output, top)
    if scans and html is not None:
        _write_page(scans[0], html)
    print(together.summary, file=sys.stderr)
    return BAD_INPUT if together.errors else 0


def _check(inputs: Inputs, output: Path | None, labelled: bool, html: Path | None) -> None:
    from nimba.inference.export import check_page, check_place, check_table

    count = len(inputs.items)
    for path, alone, what in ((output, labelled, "a PLY"), (html, True, "a page")):
        if path is not None and alone and count > 1:
            raise InputError(f"{path}: {what} is of one scan, and there are {count:,}; classify one at a time")
    if output is not None:
        (check_place if labelled else check_table)(output)
    if html is not None:
        check_page(html)


def _classified(
    model: NimbaClassifier,
    item: Item,
    up: Literal["auto", "x", "y", "z", "-x", "-y", "-z"],
    turns: Literal[1, 4] | None,
) -> SceneAnswers | str:
    """The answers about the things in a scan, or why it could not be read."""
    from nimba.inference.gather import Inputs
    from nimba.runtime.errors import about

    try:
        return model.classify_objects(Inputs([[item]], single=True), up=up, turns=turns)
    except Exception as error:  # whatever it is, it does not keep the others from being read
        return about(error, item.path or item.source)


def _answers(source: str, of_scan: SceneAnswers | str) -> list[Answer]:
    """The rows of a scan; what is said of it as a whole goes before them."""
    from nimba.inference.answer import Answer
    from nimba.inference.words import shown

    if isinstance(of_scan, str):
        return [Answer(source, error=of_scan)]
    for note in of_scan.notes:
        print(f"note: {shown(source)}: {shown(note)}", file=sys.stderr)
    nothing = "no things found in it; without --objects it is classified as one thing"
    return list(of_scan) or [Answer(source, error=nothing)]


def _write_page(answers: SceneAnswers, page: Path) -> None:
    from nimba.runtime.files import atomic_write
    from nimba.viewer.scene_page import scene_page

    text = scene_page(answers.scene, answers.names, answers.source)
    atomic_write(page, lambda partial: partial.write_text(text, encoding="utf-8", errors="backslashreplace"))

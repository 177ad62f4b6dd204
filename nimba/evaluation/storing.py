"""The files that an evaluation on labelled clouds leaves."""

from pathlib import Path
from typing import Any

from nimba.evaluation.against_labels import LabelledEvaluation
from nimba.evaluation.findings import Findings
from nimba.evaluation.page.write import write_training_report
from nimba.evaluation.picture import draw_confusion
from nimba.runtime.files import write_json

METRICS, EVALUATION, PICTURE, PAGE = "metrics.json", "evaluation.json", "confusion.png", "report.html"


def store_evaluation(
    folder: Path, evaluation: LabelledEvaluation, findings: Findings, of: dict[str, Any], **page: Any
) -> list[Path]:
    """Write ``metrics.json``, ``evaluation.json``, ``confusion.png`` and ``report.html``; returns their paths.

    Args:
        folder: is made where it is not there.
        evaluation: its figures.
        findings: in its data.
        of: what was evaluated, in plain types: "weights", "data", "split".
        **page: as for ``write_training_report``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / name for name in (METRICS, EVALUATION, PICTURE, PAGE)]
    write_json(paths[0], evaluation.metrics())
    write_json(paths[1], {**of, **evaluation.to_dict(), "findings": findings.to_dict()})
    draw_confusion(evaluation.scores, paths[2])
    write_training_report(paths[3], evaluation, findings=findings, **page)
    return paths

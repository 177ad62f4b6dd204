"""Write the page."""

from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

from nimba.evaluation.against_labels import LabelledEvaluation
from nimba.evaluation.findings import Findings
from nimba.evaluation.page.charts import curves, reliability
from nimba.evaluation.page.classes import classes
from nimba.evaluation.page.confusion import confusion, confusions
from nimba.evaluation.page.data_findings import data_findings, unread
from nimba.evaluation.page.headline import headline
from nimba.evaluation.page.markup import said, section
from nimba.evaluation.page.worst import worst as worst_mistakes
from nimba.runtime.files import atomic_write
from nimba.viewer.page import asset


def write_training_report(
    path: Path,
    evaluation: LabelledEvaluation,
    *,
    title: str,
    epochs: Sequence[dict[str, Any]] | None = None,
    findings: Findings | None = None,
    commands: Sequence[str] = (),
    about: str = "",
    worst: int = 12,
) -> None:
    """Write one HTML file that holds all it needs: it works offline, in light and dark.

    Args:
        path: of the page; it appears whole or not at all.
        evaluation: its figures.
        title: of the page.
        epochs: metrics of each epoch, as ``record.json`` has them, for the curves of training.
        findings: in the data.
        commands: command lines to show, such as those that classify with the weights, or repeat this.
        about: a line under the title: which weights, on which clouds.
        worst: how many mistakes to draw.

    Raises:
        OSError: naming ``path``, if it cannot be written.
    """
    page = page_text(evaluation, title, epochs or (), findings, commands, about, worst)
    atomic_write(path, lambda partial: partial.write_text(page, encoding="utf-8"))


def page_text(
    evaluation: LabelledEvaluation,
    title: str,
    epochs: Sequence[dict[str, Any]],
    findings: Findings | None,
    commands: Sequence[str],
    about: str,
    worst: int,
) -> str:
    """The whole HTML; arguments as for ``write_training_report``."""
    findings = findings or Findings()
    right_words = "Rows are true classes, columns answers; figures are clouds, shades their share of the row."
    drawn = worst_mistakes(evaluation, worst)
    parts = [
        _leak_warning(findings),
        headline(evaluation),
        section("Training", curves(epochs)),
        section("Confusion matrix", confusion(evaluation), right_words),
        '<div class="pair">',
        section("Most frequent confusions", confusions(evaluation) or "<p>None: every answer is right.</p>"),
        section(
            "Reliability",
            reliability(evaluation),
            "Of answers with a confidence of 80 % four in five should be right: bars on the dashed line.",
        ),
        "</div>",
        section("Classes", classes(evaluation), "Click on a heading to sort."),
        section("Worst mistakes", drawn, "The wrong answers that were given with the most confidence."),
        data_findings(findings),
        unread(evaluation.errors),
        section("Commands", "".join(f"<pre>{said(command)}</pre>" for command in commands)),
    ]
    return Template(asset("evaluation_page.html")).substitute(
        title=said(title),
        about=said(about),
        style=asset("evaluation_page.css"),
        script=asset("evaluation_page.js"),
        parts="\n".join(part for part in parts if part),
    )


def _leak_warning(findings: Findings) -> str:
    count = len(findings.leaks)
    if not count:
        return ""
    what = f"{count:,} {'cloud lies' if count == 1 else 'clouds lie'} in train and in another split as well"
    return f'<p class="warning"><strong>{what}:</strong> see Duplicates.</p>'

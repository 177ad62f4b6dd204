"""The table of classes."""

from nimba.evaluation.against_labels import LabelledEvaluation
from nimba.evaluation.page.markup import class_name, share, table


def classes(evaluation: LabelledEvaluation) -> str:
    """A row for each class with clouds or answers; a click on a heading sorts it."""
    rows = []
    for figures in evaluation.classes:
        if not figures.support and not figures.predicted:
            continue
        bar = "" if figures.recall is None else f'<i class="bar" style="--part:{100 * figures.recall:.1f}%"></i>'
        name = f"{class_name(figures.name)}{'' if figures.support else ' <small>(no clouds)</small>'}"
        shares = [share(value) for value in (figures.recall, figures.precision, figures.f1)]
        rows.append(
            (name, f"{figures.support:,}", f"{figures.predicted:,}", f"{bar}<span>{shares[0]}</span>", *shares[1:])
        )
    headings = ["class", "clouds", "answers", "accuracy (recall)", "precision", "F1"]
    return table([f'<button type="button">{heading}</button>' for heading in headings], rows, "sortable numbers-from-2")

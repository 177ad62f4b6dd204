"""The confusion matrix, readable with up to sixty classes, and the most frequent confusions."""

import numpy as np

from nimba.evaluation.against_labels import LabelledEvaluation
from nimba.evaluation.page.markup import class_name, share, table

MOST = 60  # classes of a matrix
_FEW = 12  # classes, up to which there is room for shares beside the counts
_FAINTEST = 0.16  # shade of a single mistake in a large class
_DEEP = 75  # shade from which figures are in the other colour


def confusion(evaluation: LabelledEvaluation) -> str:
    """Rows: true classes that have clouds; columns: those and what else was answered."""
    counts = np.array(evaluation.scores.confusion)  # (C, C)
    support = counts.sum(1)
    columns = np.flatnonzero((support > 0) | (counts.sum(0) > 0)).tolist()
    if len(columns) > MOST:
        wrong = counts.sum(0) + support - 2 * counts.diagonal()  # (C,) mistakes that a class has a part in
        columns = sorted(np.argsort(-wrong, kind="stable")[:MOST].tolist())
    rows = [row for row in columns if support[row]]
    names = [class_name(name) for name in evaluation.class_names]
    roomy = len(columns) <= _FEW
    head = "".join(f'<th scope="col"><span>{names[column]}</span></th>' for column in columns)
    body = "".join(
        f'<tr><th scope="row">{names[row]}</th>'
        + "".join(_cell(counts, row, column, names, roomy) for column in columns)
        + "</tr>"
        for row in rows
    )
    kind = "matrix roomy" if roomy else "matrix"
    key = (
        '<p class="key"><i class="right"></i> right <i class="wrong few"></i><i class="wrong some"></i>'
        '<i class="wrong"></i> wrong, from a single cloud to the whole class</p>'
    )
    matrix = f'<table class="{kind}"><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="wide">{matrix}</div>{key}' + _left_out(evaluation, len(columns), int((support > 0).sum()))


def confusions(evaluation: LabelledEvaluation) -> str:
    """The ten most frequent, as a table."""
    support = {figures.name: figures.support for figures in evaluation.classes}
    rows = [
        (class_name(true), class_name(said), f"{count:,}", share(count / support[true]))
        for true, said, count in evaluation.confusions(10)
    ]
    return table(["true class", "answer", "clouds", "of the class"], rows, "numbers-from-3") if rows else ""


def _cell(counts: np.ndarray, row: int, column: int, names: list[str], roomy: bool) -> str:
    count = int(counts[row, column])
    if not count:
        return "<td></td>"
    part = count / counts[row].sum()
    right = row == column
    # The root spreads the small shares: among mistakes they are the rule.
    depth = part if right else _FAINTEST + (1 - _FAINTEST) * np.sqrt(part)
    shade = round(100 * max(_FAINTEST, depth))
    kind = ("right" if right else "wrong") + (" deep" if shade > _DEEP else "")
    arrow = "recognised" if right else f"answered {names[column]}"
    title = f"{names[row]}, {arrow}: {count:,} of {counts[row].sum():,} ({share(part)})"
    below = f"<small>{_rounded(part)}</small>" if roomy else ""
    return f'<td class="{kind}" style="--shade:{shade}%" title="{title}">{count}{below}</td>'


def _rounded(part: float) -> str:
    """A share in whole per cent, but neither none nor all where it is not."""
    if 0 < part < 0.005:
        return "&lt;1&nbsp;%"
    return "&gt;99&nbsp;%" if 0.995 <= part < 1 else share(part, 0)


def _left_out(evaluation: LabelledEvaluation, drawn: int, with_clouds: int) -> str:
    known = len(evaluation.class_names)
    notes = []
    if with_clouds < known:
        notes.append(f"The weights know {known} classes; the data has clouds of {with_clouds}.")
    if drawn == MOST and known > MOST:
        notes.append(f"Only the {MOST} classes with the most mistakes are drawn; the table below has all.")
    return f'<p class="about">{" ".join(notes)}</p>' if notes else ""

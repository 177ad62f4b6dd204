"""An evaluation on labelled clouds in plain text, as wide as a terminal and no longer than it must be."""

from collections.abc import Iterator

from nimba.datasets.duplicates import Duplicates
from nimba.evaluation.against_labels import LabelledEvaluation
from nimba.evaluation.findings import Findings
from nimba.inference.words import counted, percent, shown

_GAP = "   "
_CONFUSIONS = 5


def lines(evaluation: LabelledEvaluation, findings: Findings, width: int = 80) -> list[str]:
    """The figures, each class's accuracy, the most frequent confusions, and what is wrong with the data.

    Args:
        evaluation: to tell of.
        findings: in its data.
        width: of the terminal.
    """
    return [
        *_headline(evaluation, width),
        "",
        *_class_columns(evaluation, width),
        *_confusions(evaluation, width),
        *_strangers(evaluation),
        *_findings(findings),
    ]


def _headline(evaluation: LabelledEvaluation, width: int) -> list[str]:
    metrics = evaluation.metrics()
    low, high = evaluation.interval
    each = 1000 * evaluation.seconds / max(1, len(evaluation.ids))
    parts = [
        f"OA {percent(metrics['oa'])} (95 %: {percent(low)} to {percent(high)})",
        f"mAcc {percent(metrics['macc'])}",
        f"F1 {percent(metrics['f1'])}",
        *([] if metrics["top5"] is None else [f"top 5 {percent(metrics['top5'])}"]),
        f"ECE {metrics['ece']:.3f}",
        f"log-loss {metrics['log_loss']:.3f}",
        *([] if metrics["called_unknown"] is None else [f"called unknown {percent(metrics['called_unknown'])}"]),
        counted(metrics["clouds"], "cloud"),
        *([f"{counted(metrics['errors'], 'file')} not read"] if metrics["errors"] else []),
        f"{evaluation.seconds:.1f} s, {each:.0f} ms each",
    ]
    return list(_filled(parts, width))


def _class_columns(evaluation: LabelledEvaluation, width: int) -> list[str]:
    """As many columns as there is room for, each read downwards."""
    with_clouds = [figures for figures in evaluation.classes if figures.support]
    name_width = max(len(shown(figures.name)) for figures in with_clouds)
    count_width = max(len(f"{figures.support:,}") for figures in with_clouds)
    cells = [
        f"{shown(figures.name):<{name_width}}  {percent(figures.recall or 0):>7} of {figures.support:>{count_width},}"
        for figures in with_clouds
    ]
    across = max(1, (width + len(_GAP)) // (len(cells[0]) + len(_GAP)))
    down = -(-len(cells) // across)
    return [_GAP.join(cells[row::down]).rstrip() for row in range(down)]


def _confusions(evaluation: LabelledEvaluation, width: int) -> Iterator[str]:
    found = evaluation.confusions(_CONFUSIONS)
    if found:
        yield ""
        yield "Most frequent confusions"
        yield from _filled([f"{shown(true)} -> {shown(said)} {count:,}" for true, said, count in found], width)


def _strangers(evaluation: LabelledEvaluation) -> Iterator[str]:
    strange = evaluation.strange
    if strange is None:
        return
    area = "the weights give no unknown score" if strange["auroc"] is None else f"AUROC {strange['auroc']:.3f}"
    yield ""
    yield (
        f"Of {counted(strange['clouds'], 'cloud')} of classes that the weights do not know, "
        f"{strange['called_unknown']:,} were called unknown; {area}"
    )
    for name, one in strange["classes"].items():
        yield f"  {shown(name)}: {one['called_unknown']:,} of {one['clouds']:,}"


def _findings(findings: Findings) -> Iterator[str]:
    told = []
    if leaks := findings.leaks:
        told.append(f"{counted(len(leaks), 'cloud')} in train and in another split too, such as {_pair(leaks[0])}")
    if wrong := findings.contradictions:
        told.append(f"{counted(len(wrong), 'cloud')} with several labels, such as {_pair(wrong[0])}")
    if others := [one for one in findings.duplicates or () if not (one.is_leak or one.is_contradiction)]:
        told.append(f"{counted(len(others), 'other cloud')} more than once, such as {_pair(others[0])}")
    if found := findings.labels:
        first = found[0]
        told.append(
            f"{counted(len(found), 'suspicious label')}, first {shown(first.id)}: looks like {shown(first.suggested)}"
        )
    if told:
        yield ""
        yield "In the data"
        yield from (f"  {line}" for line in told)


def _pair(one: Duplicates) -> str:
    return " = ".join(shown(member.id) for member in one.members[:2])


def _filled(parts: list[str], width: int) -> Iterator[str]:
    """Parts on lines that are no wider than they must be."""
    line = ""
    for part in parts:
        if line and len(line) + len(_GAP) + len(part) > width:
            yield line
            line = ""
        line = f"{line}{_GAP}{part}" if line else part
    yield line

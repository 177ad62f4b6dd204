"""What was found in the data: leaks and other duplicates, suspicious labels, files that cannot be read."""

from nimba.datasets.duplicates import Duplicates
from nimba.evaluation.findings import Findings
from nimba.evaluation.page.markup import class_name, said, section, table
from nimba.inference.words import counted

_MOST = 50  # rows of a table; evaluation.json has all
_KINDS = {"file": "equal files", "points": "equal points", "near": "nearly equal"}


def data_findings(findings: Findings) -> str:
    """A section for what was looked for, also where nothing was found."""
    return _duplicates(findings) + _labels(findings)


def unread(errors: dict[str, str]) -> str:
    """The files that could not be read, all of them."""
    rows = [(f"<code>{said(id)}</code>", said(why)) for id, why in errors.items()]
    return section("Files that could not be read", table(["file", "why"], rows)) if rows else ""


def _duplicates(findings: Findings) -> str:
    found = findings.duplicates
    if found is None:
        return ""
    if not found:
        return section("Duplicates", "<p>No cloud is there twice.</p>")
    warnings = []
    if leaks := findings.leaks:
        warnings.append(
            f"<strong>{counted(len(leaks), 'cloud')} on both sides of a split:</strong> training has seen "
            "what the test asks for, and figures of the test are too good by that."
        )
    if wrong := findings.contradictions:
        warnings.append(f"<strong>{counted(len(wrong), 'cloud')} with several labels:</strong> one of them is wrong.")
    said_first = "".join(f'<p class="warning">{warning}</p>' for warning in warnings)
    rows = [(_what(one), _members(one)) for one in found[:_MOST]]
    about = (
        f"{counted(len(found), 'group')}; nearly equal are clouds whose points lie on one surface, as far as samples "
        f"can tell.{_more(len(found))}"
    )
    return section("Duplicates", said_first + table(["what", "clouds"], rows), about)


def _what(one: Duplicates) -> str:
    tags = [_KINDS[one.kind]]
    if one.is_leak:
        tags.append('<b class="tag">leak</b>')
    if one.is_contradiction:
        tags.append('<b class="tag">labels differ</b>')
    return " ".join(tags)


def _members(one: Duplicates) -> str:
    lines = [
        f"<code>{said(member.id)}</code> <small>{class_name(member.label)}, {said(member.split)}</small>"
        for member in one.members[:8]
    ]
    more = [f"<small>and {len(one.members) - 8} more</small>"] if len(one.members) > 8 else []
    return "<br>".join(lines + more)


def _labels(findings: Findings) -> str:
    found = findings.labels
    if found is None:
        return ""
    if not found:
        return section("Suspicious labels", "<p>None: no answer confidently contradicts a label.</p>")
    rows = [
        (
            f"<code>{said(one.id)}</code>",
            class_name(one.label),
            class_name(one.suggested),
            f"{one.margin:.2f}".replace("-", "−"),
        )
        for one in found[:_MOST]
    ]
    about = (
        f"{counted(len(found), 'label')} that the answers confidently contradict (confident learning), the most "
        "suspicious first: each is a wrong label or a mistake of the network, so look before you change it. Of clouds "
        f"that the weights were trained on they say little.{_more(len(found))}"
    )
    return section("Suspicious labels", table(["file", "label", "looks like", "margin"], rows, "numbers-from-4"), about)


def _more(count: int) -> str:
    return f" The first {_MOST} are shown." if count > _MOST else ""

"""Answers in words: for terminals, tables and notes."""

from collections.abc import Mapping, Sequence
from typing import Any

from nimba.inference.said import UNKNOWN, Said


def percent(share: float, digits: int = 1) -> str:
    """A share of 1: "90.8 %"."""
    return f"{100 * share:.{digits}f} %"


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 class", "2 classes", "4,096 points"."""
    plural = f"{noun}es" if noun.endswith(("s", "ch")) else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def shown(text: str) -> str:
    """A name from a stranger on one line of a terminal: what does not print is escaped, bytes that are no UTF-8 too."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def verdict(answer: Said) -> str:
    """The class, or "unknown (nearest: chair 41 %)", or "error"."""
    if answer.error is not None or answer.label is None:
        return "error"
    if answer.is_unknown:
        return f"{UNKNOWN} (nearest: {answer.nearest} {percent(answer.confidence or 0, 0)})"
    return answer.label


def runners_up(answer: Said, top: int) -> str:
    """The classes behind the first: "laptop 0.3 %, door 0.3 %"."""
    return ", ".join(f"{name} {percent(p)}" for name, p in answer.top(top)[1:])


def posed(answer: Said) -> str:
    """How a cloud was turned: "z up (97 % sure), turned by 90°"."""
    pose = answer.pose
    if pose is None:
        return ""
    sure = "as given" if pose.given else f"{percent(pose.confidence, 0)} sure"
    if "box" in answer.decided and not pose.given:  # a thing in a scan
        sure = "by the floor" if pose.confidence else "for want of a floor"
    turn = f", turned by {pose.turn:.0f}°" if round(pose.turn) % 360 else ""
    return f"{pose.up} up ({sure}){turn}"


def noted(answer: Said) -> str:
    """What was decided about a cloud, on one line: what was read, what was left out, the pose."""
    parts = [_read(answer.decided, answer.points), *answer.notes, posed(answer)]
    return shown("; ".join(part for part in parts if part))


def _read(decided: Mapping[str, Any], points: int) -> str:
    kind = str(decided.get("format", ""))
    if decided.get("kind") == "mesh":
        said = f"mesh of {counted(decided['triangles'], 'triangle')}, {counted(points, 'point')} drawn on it"
    else:
        said = counted(points, "point")
    columns = decided.get("columns")
    where = f" from columns {', '.join(map(str, columns))}" if isinstance(columns, list | tuple) else ""
    array = f" of {decided['array']}" if isinstance(decided.get("array"), str) else ""
    return f"{kind}, {said}{where}{array}".removeprefix(", ")


def sentence(answer: Said) -> str:
    """An answer on one line."""
    source = shown(answer.source)
    if answer.error is not None:
        return f"{source}: error: {answer.error}"
    sure = "" if answer.is_unknown else f" {percent(answer.confidence or 0)}"
    behind = runners_up(answer, 3)
    then = f", then {behind}" if behind else ""
    return f"{source}: {verdict(answer)}{sure}{then}; {counted(answer.points, 'point')}, {posed(answer)}"


HEADINGS = ("file", "class", "probability", "unknown", "pose", "next")


def row(answer: Said, top: int) -> tuple[str, ...]:
    """What stands under ``HEADINGS``; of a cloud that could not be classified, the reason in the last column."""
    if answer.error is not None:
        return (shown(answer.source), verdict(answer), "", "", "", shown(answer.error))
    score = "" if answer.unknown is None else f"{answer.unknown:.2f}"
    chance = percent(answer.confidence or 0)
    return shown(answer.source), verdict(answer), chance, score, posed(answer), runners_up(answer, top)


def summary(answers: Sequence[Said], passed_over: int = 0) -> str:
    """One line about many: "3 clouds: 2 classes, 1 unknown, 0 errors; 4 files that are no clouds passed over"."""
    classes = {answer.label for answer in answers if answer.error is None and not answer.is_unknown}
    unknown = sum(answer.is_unknown for answer in answers)
    errors = sum(answer.error is not None for answer in answers)
    said = f"{counted(len(answers), 'cloud')}: {counted(len(classes), 'class')}, {unknown:,} {UNKNOWN}"
    passed = f"; {counted(passed_over, 'file')} passed over, no {'cloud' if passed_over == 1 else 'clouds'}"
    return f"{said}, {counted(errors, 'error')}{passed if passed_over else ''}"


class Columns:
    """Aligned rows of text, one at a time.

    Args:
        widths: of all columns but the last, which is as long as it is.
    """

    def __init__(self, widths: list[int]):
        self.widths = widths

    @classmethod
    def of(cls, rows: list[tuple[str, ...]]) -> "Columns":
        """As wide as these rows need."""
        return cls([max(map(len, column)) for column in list(zip(*rows, strict=True))[:-1]])

    def line(self, row: tuple[str, ...]) -> str:
        """A row; what is too long for its column moves the others on."""
        padded = [f"{cell:<{width}}" for cell, width in zip(row[:-1], self.widths, strict=True)]
        return "  ".join([*padded, row[-1]]).rstrip()

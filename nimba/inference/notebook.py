"""Answers in a notebook: a table whose probabilities are bars, with no script and no style sheet of its own."""

from collections.abc import Sequence
from html import escape

from nimba.inference.said import Said
from nimba.inference.words import counted, noted, percent, runners_up, shown, verdict

_MOST = 100  # rows
_HEADINGS = ("file", "class", "probability", "unknown score", "next", "what was done")
_CELL = "text-align:left;vertical-align:top"
_BAR = "display:inline-block;height:.7em;margin-right:.5em;background:{};width:{:.1f}em"
_BLUE, _GREY = "#4c78a8", "#9a9fa8"


def as_html(answers: Sequence[Said], heading: str = "") -> str:
    """The table, as ``_repr_html_`` gives it: all that comes from files is escaped."""
    head = "".join(f'<th style="{_CELL}">{name}</th>' for name in _HEADINGS)
    rows = "".join(f"<tr>{''.join(_cells(answer))}</tr>" for answer in answers[:_MOST])
    above = f"<p>{escape(heading)}</p>" if heading else ""
    left = len(answers) - _MOST
    below = f"<p>{counted(left, 'row')} more; .to_pandas() has them all</p>" if left > 0 else ""
    return f"{above}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{below}"


def _cells(answer: Said) -> list[str]:
    file = f"<code>{escape(shown(answer.source))}</code>"
    if answer.error is not None:
        return [_cell(file), f'<td colspan="5" style="{_CELL};color:#b3261e">{escape(answer.error)}</td>']
    chance = answer.confidence or 0.0
    bar = f'<span style="{_BAR.format(_GREY if answer.is_unknown else _BLUE, 6 * chance)}"></span>'
    score = "" if answer.unknown is None else f"{answer.unknown:.2f}"
    texts = [
        escape(verdict(answer)),
        bar + percent(chance),
        score,
        escape(runners_up(answer, 4)),
        escape(noted(answer)),
    ]
    return [_cell(file), _cell(f"<b>{texts[0]}</b>"), *map(_cell, texts[1:])]


def _cell(content: str) -> str:
    return f'<td style="{_CELL}">{content}</td>'

"""Pieces of HTML that all parts of the page are made of."""

import html
from collections.abc import Iterable, Sequence

from nimba.inference.words import shown


def said(text: object) -> str:
    """A text from anywhere, fit for HTML; what does not print is escaped."""
    return html.escape(shown(str(text)))


def share(value: float | None, digits: int = 1) -> str:
    """A share of 1 as "90.8 %"; a dash where there is none."""
    return "–" if value is None else f"{100 * value:.{digits}f}&nbsp;%"


def class_name(name: str) -> str:
    """A class's name as it is shown."""
    return said(name.replace("_", " "))


def section(title: str, body: str, about: str = "") -> str:
    """A part of the page under its title; empty where there is nothing in it."""
    note = f'<p class="about">{about}</p>' if about else ""
    return f"<section><h2>{said(title)}</h2>{note}{body}</section>" if body else ""


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """A table of cells that are HTML already."""
    head = "".join(f"<th>{heading}</th>" for heading in headings)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'

"""A name out of a list of known ones, and the nearest to one that is not."""

import difflib
from collections.abc import Iterable

from nimba.runtime.errors import InputError


def nearest(name: str, known: Iterable[str], least: float = 0.6) -> str:
    """A hint at the known name that is most like ``name``, to be put behind a complaint; empty where none is."""
    lowered = {one.lower(): one for one in known}
    near = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=least)
    return f"; did you mean {lowered[near[0]]!r}?" if near else ""


def require_known(argument: str, name: str, known: Iterable[str]) -> None:
    """Refuse a name that is not known.

    Raises:
        InputError: naming the argument, and the nearest known name.
    """
    known = list(known)
    if name not in known:
        raise InputError(f"{argument}: {name!r} is not one of {', '.join(known)}{nearest(str(name), known)}")

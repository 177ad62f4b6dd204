"""A name out of a list of known ones, and the nearest to one that is not."""

import difflib
from collections.abc import Iterable

from nimba.runtime.errors import InputError


def require_known(argument: str, name: str, known: Iterable[str]) -> None:
    """Refuse a name that is not known.

    Raises:
        InputError: naming the argument, and the nearest known name.
    """
    known = list(known)
    if name not in known:
        near = difflib.get_close_matches(str(name), known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise InputError(f"{argument}: {name!r} is not one of {', '.join(known)}{hint}")

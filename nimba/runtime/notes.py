"""Notes on an input that a user gave: what was left out of it, or taken for granted."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class InputWarning(UserWarning):
    """What was left out of an input, or taken for granted: a single line; entry points print it as a note."""


@contextmanager
def notes_on_stderr() -> Iterator[None]:
    """Print each :class:`InputWarning` on one line, as ``note: ...``; all other warnings as they are."""
    with warnings.catch_warnings():
        plain = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if issubclass(category, InputWarning):
                print("note:", " ".join(str(message).split()), file=sys.stderr)
            else:
                plain(message, category, *where, **more)

        warnings.showwarning = show
        warnings.simplefilter("always", InputWarning)
        yield

"""Options that take a whole number or a share: ``trainer.limit_train_batches`` 1 is one batch, 1.0 all of them."""

from types import NoneType
from typing import Union, get_args

from jsonargparse import ArgumentParser

# Nested, as Lightning writes it, this type is whatever was made first in the process with the same members: typing
# keeps unions in a cache that does not look at their order. And as float | int, a 1 is read as 1.0.
_NUMBER = Union[int, float, None]  # noqa: UP007 - for jsonargparse, as those that it replaces


def read_whole_numbers_first(parser: ArgumentParser) -> None:
    """Have every option of type int | float | None read 1 as a whole number, whatever was imported before."""
    for action in parser._actions:
        if set(get_args(getattr(action, "_typehint", None))) == {int, float, NoneType}:
            action._typehint = _NUMBER  # type: ignore[attr-defined]

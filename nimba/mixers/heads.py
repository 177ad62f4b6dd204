"""Heads: equal parts of the channels."""

from nimba.errors import InputError


def count_heads(width: int, head_dim: int) -> int:
    """How many heads of ``head_dim`` channels ``width`` channels make.

    Raises:
        InputError: if they do not divide evenly.
    """
    if width % head_dim:
        raise InputError(f"head_dim: heads of {head_dim} do not divide {width} channels; choose a divisor of {width}")
    return width // head_dim

"""Class names of data and of weights, matched as people write them."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence

from nimba.runtime.errors import InputError

_NAMED = 8  # classes that a complaint names


def plain(name: str) -> str:
    """A name without case, spaces, underscores and hyphens: "Night-Stand" and "night_stand" are one."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(letter for letter in folded if letter not in "_-" and not letter.isspace())


def match_classes(names: Iterable[str], known: Sequence[str]) -> dict[str, int | None]:
    """The place in ``known`` of each name, None for one that is not there; an exact match goes first.

    Args:
        names: of the data's classes.
        known: those of the weights, in label order.

    Raises:
        InputError: a name that fits several of ``known``.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(known):
        places[plain(name)].append(place)
    exact = {name: place for place, name in enumerate(known)}
    found: dict[str, int | None] = {}
    for name in sorted(set(names)):
        fitting = [exact[name]] if name in exact else places.get(plain(name), [])
        if len(fitting) > 1:
            several = ", ".join(known[place] for place in fitting)
            raise InputError(f"class {name}: fits several classes of the weights ({several}); name it as one of them")
        found[name] = fitting[0] if fitting else None
    return found


def refuse_strangers(found: dict[str, int | None], known: Sequence[str], advice: str) -> None:
    """Refuse classes that the weights do not know.

    Raises:
        InputError: naming them, and the weights' classes that the data has not.
    """
    strangers = [name for name, place in found.items() if place is None]
    if not strangers:
        return
    used = {place for place in found.values() if place is not None}
    left = [name for place, name in enumerate(known) if place not in used]
    without = f"; of the weights' {len(known)} classes the data has not: {_few(left)}" if left else ""
    these = "class" if len(strangers) == 1 else "classes"
    raise InputError(f"{these} that the weights do not know: {_few(strangers)}{without}; {advice}")


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more

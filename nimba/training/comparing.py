"""Where two configs differ."""

from collections.abc import Collection
from typing import Any

_UNKNOWN = "unknown to the version"


def first_difference(
    here: dict[str, Any], there: dict[str, Any], ignored: Collection[str] = ()
) -> tuple[str, Any, Any] | None:
    """The first setting of two configs that differs, by its dotted path, and both values; None if none does.

    A setting that only one of them has is not compared: versions add settings whose defaults are what was before. But
    where one has None and the other has something in its place, what that consists of differs.

    Args:
        here, there: settings, in sections.
        ignored: dotted paths that are not compared.
    """
    ours, theirs = _flat(here), _flat(there)
    for key in sorted((ours.keys() | theirs.keys()) - set(ignored)):
        one, other = _value(ours, key), _value(theirs, key)
        if _UNKNOWN not in (one, other) and one != other:
            return key, one, other
    return None


def _value(settings: dict[str, Any], key: str) -> Any:
    """A setting's value; None of what is part of something that is None; _UNKNOWN where a version had no such thing."""
    if key in settings:
        return settings[key]
    while key := key.rpartition(".")[0]:
        if key in settings:
            return None if settings[key] is None else _UNKNOWN
    return _UNKNOWN


def _flat(settings: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Values by dotted paths; a tuple is as good as a list, and each class in a list has a path of its own."""
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        elif isinstance(value, list | tuple) and any(isinstance(part, dict) for part in value):
            flat[f"{prefix}{key}"] = [part.get("class_path") if isinstance(part, dict) else part for part in value]
            parts = {str(place): part for place, part in enumerate(value) if isinstance(part, dict)}
            flat |= _flat(parts, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = list(value) if isinstance(value, tuple) else value
    return flat

"""What jsonargparse and Lightning say of a bad config, as one line of ours with a suggestion."""

import re
from argparse import ArgumentError
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from inspect import signature

from lightning.pytorch.utilities.exceptions import MisconfigurationException

from nimba.records.names import RENAMED_SETTINGS
from nimba.records.trust import OF_RUNS, may_name
from nimba.runtime.choices import nearest
from nimba.runtime.complaints import one_line
from nimba.runtime.errors import InputError

_WITH_CLASSES = ("nimba.datasets", "nimba.datasets.transforms", "nimba.training", "nimba.training.mixing")
_KEY = re.compile(r"(?:does not accept option '|unrecognized arguments: --)(?P<name>[\w.]+)")
_OPTION = re.compile(r"(?P<path>[\w.]+): Option '(?P<name>[\w.]+)' is not accepted")
_CLASS = re.compile(r"module '(?P<module>[\w.]+)' has no attribute '(?P<name>\w+)'")
_SHORT_CLASS = re.compile(r"(?:no class is called '|: )(?:nimba\.[\w.]+\.)?(?P<name>\w+)(?:'|: no class that)")
_FEW = 12


@contextmanager
def bad_config_on_one_line(keys: Callable[[], Iterable[str]] = tuple) -> Iterator[None]:
    """Around jsonargparse's parsing and instantiation: what it raises becomes an ``InputError`` of one line.

    An ``InputError`` of a class that it instantiates comes out as it was raised, without jsonargparse's wrapping.

    Args:
        keys: the config's settings by their dotted paths, to suggest one from; asked for if one is misspelt.
    """
    try:
        yield
    except ArgumentError as error:
        line = one_line(str(error))
        raise InputError(line + _suggestion(line, keys)) from None
    except (ValueError, ImportError, TypeError) as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, InputError):
            cause = cause.__cause__
        if cause is None:
            raise
        raise cause from None


@contextmanager
def bad_trainer_on_one_line() -> Iterator[None]:
    """Around making a Trainer: settings that Lightning refuses, or that ask for a device that is not there."""
    try:
        yield
    except (MisconfigurationException, ValueError) as error:
        raise InputError(f"trainer: {' '.join(str(error).split())}") from None


def _suggestion(line: str, keys: Callable[[], Iterable[str]]) -> str:
    """What a misspelt name of a complaint was to be; empty where there is none, or nothing like it."""
    if key := _KEY.search(line):
        return _renamed(key["name"]) or _sibling(key["name"], keys())
    if option := _OPTION.search(line):
        return _renamed(f"data.{option['name']}") or nearest(option["name"], _options(option["path"]))
    if known := _CLASS.search(line):
        module = known["module"]
        exported = getattr(import_module(module), "__all__", ()) if may_name(f"{module}.x", OF_RUNS) else ()
        return nearest(known["name"], exported) or nearest(known["name"], _classes())
    if short := _SHORT_CLASS.search(line):
        return nearest(short["name"], _classes())
    return ""


def _renamed(key: str) -> str:
    return f"; it is called {RENAMED_SETTINGS[key].rpartition('.')[2]} now" if key in RENAMED_SETTINGS else ""


def _sibling(key: str, keys: Iterable[str]) -> str:
    """The setting of a section that is most like a misspelt one, or all there are where they are few."""
    section, _, name = key.rpartition(".")
    prefix = f"{section}." if section else ""
    siblings = {known.removeprefix(prefix).partition(".")[0] for known in keys if known.startswith(prefix)}
    if section and not siblings:
        return _sibling(section, keys)
    few = f"; known: {', '.join(sorted(siblings))}" if section and len(siblings) <= _FEW else ""
    return nearest(name, siblings) or few


def _classes() -> list[str]:
    """Names of our classes that a config may name."""
    return [name for module in _WITH_CLASSES for name in import_module(module).__all__]


def _options(path: str) -> set[str]:
    """Parameters of a class and of those it derives from; ``path`` may end in the way to a nested one."""
    module, _, name = path.rpartition(".")
    if not module or not may_name(path, OF_RUNS):
        return set()
    bases = getattr(getattr(import_module(module), name, None), "__mro__", ())
    return {key for base in bases if "__init__" in vars(base) for key in signature(base).parameters} - {"self"}

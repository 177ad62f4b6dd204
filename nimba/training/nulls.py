"""Nulls of a config that stand where no null may: jsonargparse takes any for "not set" and lets it through."""

from importlib import import_module
from typing import Any

from jsonargparse import ArgumentParser, Namespace

from nimba.runtime.complaints import one_line
from nimba.runtime.errors import InputError


def refuse_nulls(parser: ArgumentParser, config: Namespace) -> None:
    """Check that only what may be null is null, in the classes that a config names, too.

    Args:
        parser: that the config was parsed with.
        config: what it gave.

    Raises:
        InputError: naming the option and what it takes.
    """
    _validate(parser, config, "")
    _look_into(config, "")


def _look_into(value: Any, where: str) -> None:
    if isinstance(value, list):
        for number, one in enumerate(value):
            _look_into(one, f"{where}[{number}]")
    elif isinstance(value, Namespace):
        if isinstance(value.get("class_path"), str) and isinstance(value.get("init_args"), Namespace):
            module, _, name = value.class_path.rpartition(".")
            parser = ArgumentParser(exit_on_error=False)
            parser.add_class_arguments(getattr(import_module(module), name), fail_untyped=False)
            _validate(parser, value.init_args, f"{where}.")
            _look_into(value.init_args, where)
            return
        for name, one in vars(value).items():
            _look_into(one, f"{where}.{name}" if where else name)


def _validate(parser: ArgumentParser, config: Namespace, prefix: str) -> None:
    try:
        parser.validate(config, skip_unset=False, skip_required=True)
    except TypeError as error:
        raise InputError(prefix + one_line(str(error))) from None

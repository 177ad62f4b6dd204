"""From a typed function to its command line: annotations give the types, the docstring gives the help."""

import inspect
import re
from collections.abc import Callable, Collection, Sequence
from types import SimpleNamespace
from typing import Any, NoReturn, get_args, get_origin, get_type_hints

from docstring_parser import parse as parse_docstring
from jsonargparse import ArgumentParser

from nimba.runtime.choices import nearest
from nimba.runtime.complaints import one_line

_REQUIRED = re.compile(r"the following arguments are required: (?P<names>.+)")
SHORT_NAMES = {"output": "-o"}
MAY_BE_LEFT_OUT = {"data"}  # positional, also where it has a default


class CommandParser(ArgumentParser):
    """A parser whose complaints are one line in the words of the command line."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Say what is wrong, and which help to ask for; exit with code 2."""
        parser = getattr(ex, "subcommand_parser", None) or self  # the one that met the error
        line = one_line(message)
        if missing := _REQUIRED.search(line):
            parser, line = self._missing(missing["names"].split(", "))
        key = line.partition(":")[0]
        known = {action.dest: max(action.option_strings, key=len, default="") for action in parser._actions}
        if known.get(key):
            line = known[key] + line.removeprefix(key)
        elif misspelt := re.search(r"unrecognized arguments: (?P<name>--\S+)|invalid choice: '(?P<choice>\w+)'", line):
            choices = re.findall(r"'(\w+)'", line.partition("choose from")[2])
            line += nearest(misspelt["name"] or misspelt["choice"], choices or known.values())
        self.exit(2, f"error: {line}; see {parser.prog.replace(' [options]', '')} --help\n")

    def _missing(self, names: list[str]) -> tuple[ArgumentParser, str]:
        """The subcommand that names such as robustness.evaluate.output belong to, and a line that asks for them."""
        parser: ArgumentParser = self
        for word in names[0].split(".")[:-1]:
            assert parser._subcommands_action is not None
            parser = parser._subcommands_action._name_parser_map[word]
        spelt = {
            action.dest: max(action.option_strings, key=len, default=str(action.metavar or action.dest.upper()))
            for action in parser._actions
        }
        return parser, f"missing: {', '.join(spelt[name.rpartition('.')[2]] for name in names)}"


def summary(function: Callable[..., object]) -> str:
    """The first line of a function's docstring."""
    return parse_docstring(inspect.getdoc(function) or "").short_description or ""


def with_dashed_values(argv: Sequence[str], option: str, values: Collection[str]) -> list[str]:
    """A command line with ``option -y`` spelt ``option=-y``: argparse takes what begins with a dash for an option.

    Args:
        argv: the words.
        option: whose values may begin with a dash.
        values: those.
    """
    words: list[str] = []
    for word in argv:
        if words and words[-1] == option and word in values:
            words[-1] = f"{option}={word}"
        else:
            words.append(word)
    return words


def with_settings(argv: Sequence[str]) -> list[str]:
    """A command line whose dotted options (``--trainer.max_epochs 3``) are gathered behind one ``--settings``.

    Args:
        argv: the words.
    """
    words: list[str] = []
    settings: list[str] = []
    waiting = False  # for the value of a dotted option
    for word in argv:
        is_option = word.startswith("--")
        if is_option and "." in word.partition("=")[0]:
            settings.append(word.removeprefix("--"))
            waiting = "=" not in word
        elif waiting and not is_option:
            settings[-1] += f"={word}"
            waiting = False
        else:
            words.append(word)
            waiting = False
    return [*words, "--settings", *settings] if settings else words


def command_parser(function: Callable[..., object]) -> CommandParser:
    """A parser whose namespace holds the keyword arguments of ``function``.

    A parameter without default is positional (a list takes one value or more), and so is one of ``MAY_BE_LEFT_OUT``;
    but keyword-only ones are not: without default they are required options. ``flag: bool = False`` is a switch, and
    every other parameter is an option: ``num_points`` is spelt ``--num-points``.
    """
    docstring = parse_docstring(inspect.getdoc(function) or "")
    helps = {parameter.arg_name: _filled(parameter.description or "") for parameter in docstring.params}
    types = _types_of_parameters(function)
    parser = CommandParser(description=docstring.description, allow_abbrev=False)
    for name, parameter in inspect.signature(function).parameters.items():
        # Help texts go through %-formatting.
        about: dict[str, Any] = {"help": " ".join(helps.get(name, "").split()).replace("%", "%%")}
        kind = types[name]
        required = parameter.default is inspect.Parameter.empty
        if required and parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            if get_origin(kind) is list:
                about |= {"nargs": "+", "metavar": name.removesuffix("s").upper()}
                (kind,) = kind.__args__
            parser.add_argument(name, type=kind, **about)
            continue
        if name in MAY_BE_LEFT_OUT and parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            parser.add_argument(name, type=kind, nargs="?", default=parameter.default, **about)
            continue
        flags = [f"--{name.replace('_', '-')}", *([SHORT_NAMES[name]] if name in SHORT_NAMES else [])]
        inner = next((one for one in get_args(kind) if get_origin(one) is list), None)
        if inner is not None:  # of a list, or nothing: one value or more
            about |= {"nargs": "+", "metavar": name.upper()}
            (kind,) = get_args(inner)
        if kind is bool and parameter.default is False:
            parser.add_argument(*flags, action="store_true", **about)
        elif required:
            parser.add_argument(*flags, type=kind, required=True, **about)
        else:
            parser.add_argument(*flags, type=kind, default=parameter.default, **about)
    return parser


def _types_of_parameters(function: Callable[..., object]) -> dict[str, Any]:
    """Types of a function's parameters; that of its result may be a heavy one, and is nobody's business here."""
    written = {name: kind for name, kind in function.__annotations__.items() if name != "return"}
    return get_type_hints(SimpleNamespace(__annotations__=written), function.__globals__)


def _filled(about: str) -> str:
    """A parameter's description, with the formats that clouds are read from where it says ``{formats}``."""
    if "{formats}" not in about:
        return about
    from nimba.clouds.formats.registry import described

    return about.replace("{formats}", described())

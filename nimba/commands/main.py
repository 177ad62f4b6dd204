"""The ``nimba`` command: it parses first; what a subcommand needs beyond that is imported when it runs."""

import os
import sys
from collections.abc import Callable, Sequence
from inspect import signature
from typing import Literal, NoReturn

from nimba import __version__
from nimba.commands.arguments import CommandParser, command_parser, summary, with_dashed_values, with_settings
from nimba.commands.average import average
from nimba.commands.classify import classify
from nimba.commands.demo import demo
from nimba.commands.doctor import doctor
from nimba.commands.evaluate import evaluate
from nimba.commands.export import export
from nimba.commands.gpu import finish_runs, train_plan
from nimba.commands.orders import compare_orders, list_orders
from nimba.commands.predict import predict
from nimba.commands.publish import publish_cards, publish_documents, publish_gallery, publish_weights
from nimba.commands.report import report
from nimba.commands.robustness import evaluate_robustness, show_robustness, sweep_robustness
from nimba.commands.serve import serve
from nimba.commands.show import show
from nimba.commands.sweep import sweep
from nimba.commands.train import train
from nimba.runtime.cleanly import run_cleanly

Command = Callable[..., object]
DOWNWARD = ("-x", "-y", "-z")  # values of --up that look like options


def completion(shell: Literal["bash", "zsh", "tcsh"]) -> int:
    """Print the script by which a shell completes the words of this command.

    Where shells look for it: ~/.local/share/bash-completion/completions/nimba for bash; for zsh a file _nimba in a
    folder of fpath; for tcsh whatever ~/.tcshrc sources.

    Args:
        shell: Which one.
    """
    from nimba.commands.shells import completion_script

    print(completion_script(_parser(), shell))
    return 0


_ALONE = (train, evaluate, classify, predict, export, serve, show, sweep, report, average, doctor, demo, completion)
COMMANDS: dict[str, Command] = {function.__name__: function for function in _ALONE}

GROUPS: dict[str, tuple[str, dict[str, Command]]] = {
    "orders": ("List orders, and compare what they do.", {"compare": compare_orders, "list": list_orders}),
    "robustness": (
        "Test classifiers on corrupted clouds.",
        {"evaluate": evaluate_robustness, "sweep": sweep_robustness, "show": show_robustness},
    ),
    "gpu": (
        "Train several networks on one GPU in a fixed time.",
        {"train": train_plan, "finish": finish_runs},
    ),
    "publish": (
        "Ship weights; fill in the numbers and pictures of the documents.",
        {
            "weights": publish_weights,
            "cards": publish_cards,
            "documents": publish_documents,
            "gallery": publish_gallery,
        },
    ),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return the exit code: 0, 1 (a finding of ``doctor``), or as ``run_cleanly`` says.

    Raises:
        SystemExit: after --help and --version (0), and on arguments that do not parse (2).
    """
    return run_cleanly(lambda: _run_subcommand(argv))


def _run_subcommand(argv: Sequence[str] | None) -> object:
    words = with_dashed_values(sys.argv[1:] if argv is None else argv, "--up", DOWNWARD)
    chosen = _parser().parse_args(with_settings(words) if _takes_settings(words) else words)
    commands, arguments = COMMANDS, chosen
    if chosen.command in GROUPS:
        commands, arguments = GROUPS[chosen.command][1], chosen[chosen.command]
    command, arguments = commands[arguments.command], arguments[arguments.command]
    return command(**arguments.as_dict())


def _takes_settings(words: Sequence[str]) -> bool:
    """Whether the command that a command line names hands dotted options on to a parser of its own."""
    first, second = [*words, "", ""][:2]
    command = GROUPS[first][1].get(second) if first in GROUPS else COMMANDS.get(first)
    return command is not None and "settings" in signature(command).parameters


def run() -> NoReturn:
    """The ``nimba`` command as a process."""
    code = main()
    if sys.argv[1:2] == [classify.__name__]:
        # It leaves nothing behind, so it may leave at once: torch's teardown would touch another 140 MB.
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _parser() -> CommandParser:
    parser = CommandParser(
        prog="nimba",
        version=__version__,
        description="Classify point clouds along one 3-D-aware path, and look at that path.",
        allow_abbrev=False,
    )
    subcommands = parser.add_subcommands(dest="command", required=True)
    for name, function in COMMANDS.items():
        subcommands.add_subcommand(name, command_parser(function), help=summary(function))
    for name, (about, functions) in GROUPS.items():
        group = CommandParser(description=about, allow_abbrev=False)
        subcommands.add_subcommand(name, group, help=about)  # before its own: levels are added in order
        inner = group.add_subcommands(dest="command", required=True)
        for inner_name, function in functions.items():
            inner.add_subcommand(inner_name, command_parser(function), help=summary(function))
    return parser

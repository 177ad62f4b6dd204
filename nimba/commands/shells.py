"""Scripts that complete the words of the ``nimba`` command in a shell, written by shtab."""

from jsonargparse import ArgumentParser

from nimba.runtime.errors import InputError
from nimba.runtime.optional import shtab

# Arguments that are text, but in most cases the path of something.
_PATHS = {"files", "source", "sources", "weights", "data", "checkpoints", "start", "sweep"}


def completion_script(parser: ArgumentParser, shell: str) -> str:
    """The script for a shell; paths are completed with files, the rest with what there is to choose from.

    Args:
        parser: of the command; it is of no other use afterwards.
        shell: "bash", "zsh" or "tcsh".

    Raises:
        InputError: without shtab.
    """
    if not shtab().available:
        raise InputError(f"completion: needs shtab ({shtab().detail}): pip install 'nimba[completion]'")
    from shtab import FILE

    def mark(parser: ArgumentParser) -> None:
        for action in parser._actions:
            if action.dest in _PATHS:
                setattr(action, "complete", FILE)  # noqa: B010 - what shtab looks for
        if parser._subcommands_action is not None:
            for inner in parser._subcommands_action._name_parser_map.values():
                mark(inner)

    mark(parser)
    return parser.get_completion_script(f"shtab-{shell}")

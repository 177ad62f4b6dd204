"""How every entry point (``nimba``, ``train.py``, ``eval.py``) ends: with an exit code, and bad input on one line."""

import os
import sys
from collections.abc import Callable

from nimba.runtime.errors import InputError

BAD_INPUT = 2  # as argparse exits on an unknown option
INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it
BROKEN_PIPE = 141  # 128 + SIGPIPE: the reader of our output, such as head, has had enough


def run_cleanly(function: Callable[[], object]) -> int:
    """Call ``function`` and return the process's exit code.

    The code is 0, or what ``function`` returned if that is an int; 2 after an :class:`InputError`, which is
    printed to stderr as ``error: ...`` on one line; 130 after Ctrl-C; 141 where the reader of our output went away. Any
    other exception is a fault of ours and keeps its traceback. ``SystemExit`` (argparse) passes through.
    """
    try:
        result = function()
        sys.stdout.flush()
    except InputError as error:
        print("error:", " ".join(str(error).split()), file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # so that the interpreter's last flush does not fail as well
        return BROKEN_PIPE
    return result if isinstance(result, int) else 0

"""How every entry point (``nimba``, ``train.py``, ``eval.py``) ends: with an exit code, and bad input on one line."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from nimba.runtime.errors import InputError, describe
from nimba.runtime.notes import notes_on_stderr

BAD_INPUT = 2  # as argparse exits on an unknown option
INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it
TERMINATED = 143  # 128 + SIGTERM
BROKEN_PIPE = 141  # 128 + SIGPIPE: the reader of our output, such as head, has had enough


class Terminated(KeyboardInterrupt):
    """SIGTERM came: whoever cleans up after Ctrl-C cleans up after it as well; the exit code alone differs."""


def terminate(number: int, frame: FrameType | None) -> NoReturn:
    """Handler of SIGTERM: raise :class:`Terminated`; a second signal ends the process on the spot."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise Terminated


def run_cleanly(function: Callable[[], object]) -> int:
    """Call ``function`` and return the process's exit code.

    The code is 0, or what ``function`` returned if that is an int; 2 after an :class:`InputError`, which is
    printed to stderr as ``error: ...`` on one line, or an ``OSError``, which is printed with its path; 130 after Ctrl-C
    and 143 after SIGTERM, with what their exception says; 141 where the reader of our output went away. Any other
    exception is a fault of ours and keeps its traceback. ``SystemExit`` (argparse) passes through.
    """
    with _sigterm_raises(), notes_on_stderr():
        try:
            result = function()
            lost = _lost_output()
            if lost:
                raise lost
        except InputError as error:
            return _bad_input(str(error))
        except KeyboardInterrupt as stop:
            word, code = ("terminated", TERMINATED) if isinstance(stop, Terminated) else ("interrupted", INTERRUPTED)
            print("; ".join([word, *map(str, stop.args)]), file=sys.stderr)
            return code
        except OSError as error:
            _lost_output()
            if isinstance(error, BrokenPipeError) and error.filename is None:
                return BROKEN_PIPE
            return _bad_input(describe(error))
        except SystemExit:
            _lost_output()  # the reader of --help may have gone too
            raise
        return result if isinstance(result, int) else 0


@contextmanager
def _sigterm_raises() -> Iterator[None]:
    """SIGTERM raises :class:`Terminated`, unless the process was started to ignore it or has a handler of its own."""
    ours = threading.current_thread() is threading.main_thread() and (
        signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    )
    if ours:
        signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _bad_input(message: str) -> int:
    print("error:", " ".join(message.split()), file=sys.stderr)
    return BAD_INPUT


def _lost_output() -> OSError | None:
    """Why what was printed cannot be written; the rest is dropped, or the interpreter would fail on it once more."""
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        broken = isinstance(error, BrokenPipeError)
        return error if broken else OSError(error.errno, error.strerror, "standard output")
    return None

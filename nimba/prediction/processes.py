"""Processes that share the files of a folder out, a core each; one that dies is replaced.

A cloud is small: two cores that work on one wait for each other most of the time, and on one each they do not.
"""

import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import torch

from nimba.classifier import NimbaClassifier
from nimba.prediction.batches import ReadCloud
from nimba.prediction.journal import note_deaths
from nimba.prediction.settings import PredictionSettings
from nimba.prediction.share import Share
from nimba.prediction.work import Work
from nimba.runtime.errors import InputError

_ENOUGH = 5  # processes that may die although they read no file
_TO_LEAVE = 10.0  # seconds


@dataclass(frozen=True)
class _Task:
    """What each process does, on its share of the files."""

    model: NimbaClassifier
    folder: Path
    output: Path
    settings: PredictionSettings


def in_processes(
    model: NimbaClassifier, folder: Path, output: Path, settings: PredictionSettings, step: Callable[[int], object]
) -> list[ReadCloud]:
    """What ``Work`` does, in ``settings.workers`` processes; returns the clouds that could not be read for now.

    Args:
        model: on the CPU; each process takes it to a GPU where there is one, in turn where there are several.
        folder: of clouds.
        output: of the predictions.
        settings: see ``PredictionSettings``.
        step: called with how many files have rows now.

    Raises:
        InputError: what a process raised; or where processes die that read no file.
    """
    task = _Task(model, folder, output, settings)
    if Work(model, folder, output, settings).vote_is_due():
        _together(task, 1, True, step)
    return _together(task, settings.workers, False, step)


def _together(task: _Task, count: int, only_vote: bool, step: Callable[[int], object]) -> list[ReadCloud]:
    delayed: list[ReadCloud] = []
    left = _ENOUGH
    with _team() as team:
        for number in range(count):
            team.start(task, Share(number, count), only_vote)
        while team.members:
            for connection in wait(list(team.members)):
                assert isinstance(connection, Connection)
                try:
                    said = connection.recv()
                except (EOFError, ConnectionError):  # it died
                    share = team.buried(connection)
                    left -= not note_deaths(task.output)
                    if not left:
                        what = f"{_ENOUGH} processes died while they read no file"
                        raise InputError(f"workers: {what}; start fewer, or give more memory") from None
                    team.start(task, share, only_vote)
                    continue
                if isinstance(said, int):
                    step(said)
                elif isinstance(said, Exception):
                    raise said
                else:
                    delayed += said
                    team.buried(connection)
    return delayed


class _Team:
    """The processes that are at work, by what they are heard through."""

    def __init__(self) -> None:
        self._context = get_context("forkserver")  # a fork of this process would inherit threads' locks
        self._context.set_forkserver_preload([__name__])  # torch is imported once
        self.members: dict[Any, tuple[Any, Share]] = {}

    def start(self, task: _Task, share: Share, only_vote: bool) -> None:
        here, there = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_member, args=(task, share, only_vote, there), daemon=True)
        process.start()
        there.close()  # so that its end is heard
        self.members[here] = process, share

    def buried(self, connection: Any) -> Share:
        process, share = self.members.pop(connection)
        connection.close()
        process.join()
        return share


@contextmanager
def _team() -> Iterator[_Team]:
    """Whatever happens, no process is left behind."""
    team = _Team()
    try:
        yield team
    finally:
        for process, _ in team.members.values():
            process.terminate()
        for process, _ in team.members.values():
            process.join(_TO_LEAVE)
            process.kill()
            process.join()


def _member(task: _Task, share: Share, only_vote: bool, said: Connection) -> None:
    """A process. It ends with its parent: nobody hears it then, which is an error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is the parent's, who sends SIGTERM
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the file that it reads is not to blame
    torch.set_num_threads(1)
    try:
        work = Work(_on_device(task.model, share), task.folder, task.output, task.settings, share, said.send)
        work.vote()
        said.send([] if only_vote else work.finish())
    except BrokenPipeError:
        sys.exit(1)
    except Exception as error:
        if not isinstance(error, InputError):
            error.add_note(traceback.format_exc())  # where it was, in another process
        said.send(error)


def _on_device(model: NimbaClassifier, share: Share) -> NimbaClassifier:
    if not torch.cuda.is_available():
        return model
    return model.to(f"cuda:{share.number % torch.cuda.device_count()}")

"""The one thread that has the model: requests wait for it in a line, and small ones are decided on together."""

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from nimba.classifier import NimbaClassifier
from nimba.inference.decide import Decider, Decision
from nimba.inference.evidence import PreparedCloud

_BATCH = 32  # clouds of one request that are decided on at once


@dataclass(frozen=True)
class Manner:
    """How clouds are looked at: ``up`` and ``turns`` of ``nimba.inference.decide.Decider``."""

    up: str = "auto"
    turns: int | None = None


@dataclass(eq=False)
class _Job:
    clouds: list[PreparedCloud]
    manner: Manner
    together: bool
    decisions: Future[list[Decision]] = field(default_factory=Future)


class ModelQueue:
    """Decides about clouds, for any number of threads.

    Args:
        model: with its ``spec``; nobody else may use it meanwhile.
        together: clouds of different requests that are decided on at once.
    """

    def __init__(self, model: NimbaClassifier, together: int = 16):
        self.model = model.eval()
        self.together = together
        self._deciders: dict[Manner, Decider] = {}
        self._waiting: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._open = True
        self._thread = threading.Thread(target=self._work, name="nimba-model", daemon=True)
        self._thread.start()

    def submit(self, clouds: Sequence[PreparedCloud], manner: Manner, together: bool) -> Future[list[Decision]]:
        """Put clouds of one request in line.

        Args:
            clouds: one or more.
            manner: how to look at them.
            together: find the axis and the facing of all of them together.

        Returns:
            a decision for each, once they are there.
        """
        job = _Job(list(clouds), manner, together)
        with self._changed:
            if not self._open:
                raise RuntimeError("the queue is closed")
            self._waiting.append(job)
            self._changed.notify()
        return job.decisions

    @property
    def alive(self) -> bool:
        """Whether anything will still be decided."""
        return self._open and self._thread.is_alive()

    def close(self) -> None:
        """Drop what waits, and end the thread once it has done what it is at."""
        with self._changed:
            self._open = False
            for job in self._waiting:
                job.decisions.cancel()
            self._waiting.clear()
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while jobs := self._next():
            jobs = [job for job in jobs if job.decisions.set_running_or_notify_cancel()]
            try:
                self._decide(jobs)
            except Exception:  # one cloud of several may be to blame: each has another try by itself
                for job in jobs:
                    try:
                        self._decide([job])
                    except Exception as error:
                        job.decisions.set_exception(error)

    def _next(self) -> list[_Job]:
        """The first in line, with others of one cloud if it is one; empty at the end."""
        with self._changed:
            while self._open and not self._waiting:
                self._changed.wait()
            if not self._open:
                return []
            first = self._waiting.popleft()
            if first.together or len(first.clouds) > 1:
                return [first]
            alike = [job for job in self._waiting if job.manner == first.manner and len(job.clouds) == 1]
            chosen = [job for job in alike if not job.together][: self.together - 1]
            for job in chosen:
                self._waiting.remove(job)
            return [first, *chosen]

    def _decide(self, jobs: list[_Job]) -> None:
        if not jobs:
            return
        decider = self._decider(jobs[0].manner)
        clouds = [cloud for job in jobs for cloud in job.clouds]
        vote = decider.vote(clouds) if jobs[0].together else None
        decisions = []
        for start in range(0, len(clouds), _BATCH):
            decisions += decider.decide(clouds[start : start + _BATCH], vote)
        for job in jobs:
            job.decisions.set_result(decisions[: len(job.clouds)])
            del decisions[: len(job.clouds)]

    def _decider(self, manner: Manner) -> Decider:
        if manner not in self._deciders:
            self._deciders[manner] = Decider(self.model, up=manner.up, turns=manner.turns)
        return self._deciders[manner]

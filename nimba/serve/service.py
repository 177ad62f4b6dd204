"""From the clouds of a request to their answers: read by a few threads, decided on by one."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from nimba.classifier import NimbaClassifier
from nimba.clouds.read import Reading
from nimba.datasets.shapes.generate import make_shape
from nimba.inference.answer import Answer, answered
from nimba.inference.decide import Decision, known_up
from nimba.inference.grounding import Ready, made_ready
from nimba.runtime.errors import InputError, about
from nimba.serve.limits import Limits, RefusedError
from nimba.serve.queue import Manner, ModelQueue
from nimba.serve.uploads import UnknownFormatError, Upload

_MOST_READERS = 4


@dataclass(frozen=True)
class _Read:
    """A cloud that was read, or why it could not be."""

    upload: Upload
    points: int = 0
    ready: Ready | None = None
    error: Exception | None = None

    @property
    def line(self) -> str:
        """Why, without the name in front."""
        assert self.error is not None
        return about(self.error, self.upload.name)


class Service:
    """A classifier that many ask at once.

    Args:
        model: with its ``spec``.
        limits: what it takes on.
    """

    def __init__(self, model: NimbaClassifier, limits: Limits):
        assert model.spec is not None
        self.spec = model.spec
        self.limits = limits
        self.queue = ModelQueue(model, limits.together)
        self._readers = ThreadPoolExecutor(min(_MOST_READERS, os.cpu_count() or 1), "nimba-reader")
        self._requests = 0

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Around a request, while it is answered.

        Raises:
            RefusedError: there are too many already.
        """
        if self._requests >= self.limits.requests:
            raise RefusedError(503, f"{self._requests} requests wait already; try again in a second")
        self._requests += 1
        try:
            yield
        finally:
            self._requests -= 1

    async def warm_up(self) -> None:
        """Answer about a made chair, so that the first request does not wait for kernels to be loaded."""
        points = make_shape("chair", np.random.default_rng(0), self.spec.num_points)
        chair = Upload("chair", lambda: Reading(points))
        await self.answers([chair], Manner())

    async def answers(self, uploads: Sequence[Upload], manner: Manner) -> list[Answer]:
        """The answers about the clouds of one request, as ``nimba classify`` gives them.

        Raises:
            RefusedError: for a single cloud that cannot be read.
        """
        loop = asyncio.get_running_loop()
        tasks = [loop.run_in_executor(self._readers, self._read, upload, manner) for upload in uploads]
        read = await asyncio.gather(*tasks)
        if len(read) == 1 and read[0].error is not None:
            raise _refused(read[0])
        clouds = [one.ready.prepared for one in read if one.ready is not None]
        decisions: list[Decision] = []
        if clouds:
            decisions = await asyncio.wrap_future(self.queue.submit(clouds, manner, len(uploads) > 1))
        left = iter(decisions)
        return [self._answer(one, left) for one in read]

    def close(self) -> None:
        """End the threads."""
        self._readers.shutdown(cancel_futures=True)
        self.queue.close()

    def _read(self, upload: Upload, manner: Manner) -> _Read:
        try:
            reading = upload.read()
            ready = made_ready(reading, self.spec, known_up(self.spec, manner.up))
        except Exception as error:  # whatever it is, it does not keep the others from being read
            return _Read(upload, error=error)
        return _Read(upload, len(reading.points), ready)

    def _answer(self, read: _Read, decisions: Iterator[Decision]) -> Answer:
        if read.ready is None:
            return Answer(read.upload.name, error=read.line)
        names = tuple(self.spec.class_names)
        return answered(read.upload.name, read.points, names, next(decisions), read.ready.notes, read.ready.decided)


def _refused(read: _Read) -> RefusedError:
    line = f"{read.upload.name}: {read.line}"
    if isinstance(read.error, UnknownFormatError):
        return RefusedError(415, line)
    return RefusedError(422 if isinstance(read.error, InputError | OSError) else 500, line)

"""Classify whatever a user has: the one way that Python, the command and folders of any size share."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from nimba.inference.answer import Answer, answered
from nimba.inference.answers import Answers
from nimba.inference.decide import VOTERS, Decider
from nimba.inference.evidence import PreparedCloud
from nimba.inference.gather import Inputs, Item, gather
from nimba.inference.grounding import made_ready
from nimba.inference.network import Network
from nimba.inference.vote import Vote
from nimba.runtime.errors import InputError, about


@dataclass(frozen=True)
class _Read:
    """A cloud that was read, or why it could not be."""

    item: Item
    points: int = 0
    prepared: PreparedCloud | None = None
    notes: tuple[str, ...] = ()
    decided: dict[str, Any] | None = None
    error: str | None = None


def classify(
    model: Network,
    x: Any,
    *,
    up: str = "auto",
    turns: int | None = None,
    batch_size: int = 32,
    together: bool = True,
    format: str | None = None,
    keep_clouds: bool = False,
    each: Callable[[Answer], object] | None = None,
    progress: Callable[[int], object] | None = None,
) -> Answers:
    """Classify clouds or meshes, in whatever form and pose they come; see ``NimbaClassifier.classify``."""
    if model.spec is None:
        raise InputError("model: has no class names; take one from nimba.load(), or set its spec")
    if batch_size < 1:
        raise InputError(f"batch_size: must be at least 1, got {batch_size}")
    decider, inputs = Decider(model, up=up, turns=turns), gather(x, format)
    answers = []
    stream = _Stream(decider, batch_size, together, keep_clouds, inputs.single, progress or (lambda clouds: None))
    for answer in stream.answers(inputs):
        answers.append(answer)
        if each is not None:
            each(answer)
    return Answers(answers, inputs.passed_over)


@dataclass(frozen=True)
class _Stream:
    """From inputs to answers; no more clouds are held at a time than vote together, and a batch."""

    decider: Decider
    batch_size: int
    together: bool
    keep_clouds: bool
    single: bool
    progress: Callable[[int], object]

    def answers(self, inputs: Inputs) -> Iterator[Answer]:
        """An answer for each cloud, in order."""
        for group in inputs.groups:
            voters = self._voters(group) if self.together and len(group) > 1 else {}
            vote = self.decider.vote(_prepared(list(voters.values()))) if voters else None
            counted = set(voters)
            clouds = (voters.pop(place) if place in voters else self._read(item) for place, item in enumerate(group))
            for start, batch in enumerate(_batches(clouds, self.batch_size)):
                yield from self._decide(batch, vote)
                places = range(start * self.batch_size, start * self.batch_size + len(batch))
                self.progress(sum(place not in counted for place in places))

    def _voters(self, group: list[Item]) -> dict[int, _Read]:
        """Read some clouds that are spread over a group, by their places, and find out what they have to say."""
        voters: dict[int, _Read] = {}
        chosen = range(0, len(group), -(-len(group) // VOTERS))
        for start in range(0, len(chosen), self.batch_size):
            batch = {place: self._read(group[place]) for place in chosen[start : start + self.batch_size]}
            # What is found of a few is kept for the vote of all, which takes no time then.
            self.decider.vote(_prepared(list(batch.values())))
            self.progress(len(batch))
            voters |= batch
        return voters

    def _read(self, item: Item) -> _Read:
        try:
            reading = item.read()
            ready = made_ready(reading, self.decider.model.spec, self.decider.up)
        except Exception as error:  # whatever it is, it does not keep the others from being read
            if self.single:
                raise
            return _Read(item, error=about(error, item.path or item.source))
        return _Read(item, len(reading.points), *ready)

    def _decide(self, batch: list[_Read], vote: Vote | None) -> Iterator[Answer]:
        names = tuple(self.decider.model.spec.class_names)
        decisions = iter(self.decider.decide(_prepared(batch), vote))
        for cloud in batch:
            if cloud.prepared is None:
                yield Answer(cloud.item.source, error=cloud.error)
                continue
            kept = cloud.prepared.points if self.keep_clouds else None
            what = (cloud.item.source, cloud.points, names, next(decisions), cloud.notes, cloud.decided, kept)
            yield answered(*what)


def _batches(clouds: Iterable[_Read], size: int) -> Iterator[list[_Read]]:
    iterator = iter(clouds)
    while batch := list(islice(iterator, size)):
        yield batch


def _prepared(clouds: list[_Read]) -> list[PreparedCloud]:
    return [cloud.prepared for cloud in clouds if cloud.prepared is not None]

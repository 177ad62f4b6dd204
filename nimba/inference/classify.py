"""Classify whatever a user has: the one way that Python, the command and folders of any size share."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from nimba.inference.answer import Answer, answered
from nimba.inference.answers import Answers
from nimba.inference.decide import Decider
from nimba.inference.evidence import PreparedCloud
from nimba.inference.gather import Inputs, Item, gather
from nimba.inference.network import Network
from nimba.inference.vote import Vote
from nimba.runtime.errors import InputError, about

VOTERS = 256  # clouds of one place that say together which axis is up, and how they face


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
) -> Answers:
    """Classify clouds or meshes, in whatever form and pose they come; see ``NimbaClassifier.classify``."""
    if model.spec is None:
        raise InputError("model: has no class names; take one from nimba.load(), or set its spec")
    if batch_size < 1:
        raise InputError(f"batch_size: must be at least 1, got {batch_size}")
    decider, inputs = Decider(model, up=up, turns=turns), gather(x, format)
    answers = []
    for answer in _stream(model, inputs, decider, batch_size, together, keep_clouds):
        answers.append(answer)
        if each is not None:
            each(answer)
    return Answers(answers, inputs.passed_over)


def _stream(
    model: Network, inputs: Inputs, decider: Decider, batch_size: int, together: bool, keep: bool
) -> Iterator[Answer]:
    """An answer for each cloud, in order; no more than those that vote are held at a time."""
    names = tuple(model.spec.class_names)
    for group in inputs.groups:
        clouds = (_read(decider, item, inputs.single) for item in group)
        vote, first = None, []
        if together and len(group) > 1:
            first = list(islice(clouds, VOTERS))
            vote = decider.vote([cloud.prepared for cloud in first if cloud.prepared is not None])
        waiting = chain(first, clouds)
        while batch := list(islice(waiting, batch_size)):
            yield from _answers(batch, decider, vote, names, keep)


def _read(decider: Decider, item: Item, single: bool) -> _Read:
    try:
        reading = item.read()
        prepared = decider.prepare(reading.points)
    except Exception as error:  # whatever it is, it does not keep the others from being read
        if single:
            raise
        return _Read(item, error=about(error, item.path or item.source))
    return _Read(item, len(reading.points), prepared, reading.notes, reading.decided)


def _answers(
    batch: list[_Read], decider: Decider, vote: Vote | None, names: tuple[str, ...], keep: bool
) -> Iterator[Answer]:
    prepared = [cloud.prepared for cloud in batch if cloud.prepared is not None]
    decisions = iter(decider.decide(prepared, vote) if prepared else ())
    for cloud in batch:
        if cloud.prepared is None:
            yield Answer(cloud.item.source, error=cloud.error)
            continue
        kept = cloud.prepared.points if keep else None
        what = (cloud.item.source, cloud.points, names, next(decisions), cloud.notes, cloud.decided, kept)
        yield answered(*what)

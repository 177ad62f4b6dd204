"""From files to rows: clouds are read and prepared one by one, and classified together."""

import errno
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nimba.clouds.read import read
from nimba.inference.answer import Answer, answered
from nimba.inference.decide import Decider, known_up
from nimba.inference.evidence import PreparedCloud
from nimba.inference.grounding import made_ready
from nimba.inference.network import Spec
from nimba.inference.vote import Vote
from nimba.prediction.journal import Journal
from nimba.prediction.shards import Row
from nimba.runtime.errors import InputError, about, origins


@dataclass(frozen=True)
class ReadCloud:
    """A cloud that was read and prepared, small enough to be sent between processes; or why it could not be read."""

    file: str
    points: int = 0
    prepared: PreparedCloud | None = None
    notes: tuple[str, ...] = ()
    decided: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    final: bool = True  # whether the file itself is why; else another try may succeed


class CloudReader:
    """Read and prepare clouds, given by their names in a folder.

    Args:
        folder: that the names are relative to.
        spec: of the network that they are prepared for.
        journal: where each reading is noted while it lasts.
        deadly: names of files that are not to be read: processes died on them.
        up: their up axis, or "auto".
    """

    def __init__(
        self, folder: Path, spec: Spec, journal: Journal, deadly: frozenset[str] = frozenset(), up: str = "auto"
    ):
        self.folder = folder
        self.spec = spec
        self.journal = journal
        self.deadly = deadly
        self.up = up

    def __getitem__(self, file: str) -> ReadCloud:
        path = self.folder / file
        if file in self.deadly:
            return ReadCloud(file, error="the process died on it each time that it was read; more memory may help")
        return read_ready(file, path, self.spec, self.up, self.journal.reading(file))


def read_ready(
    file: str, path: Path, spec: Spec, up: str, around: AbstractContextManager[None] | None = None
) -> ReadCloud:
    """Read and prepare a cloud; whatever a broken file leads to is not the end of a million.

    Args:
        file: its name among the predictions.
        path: where it lies.
        spec: of the network that it is prepared for.
        up: its up axis, or "auto".
        around: entered while it is read.
    """
    try:
        with around or nullcontext():
            reading = read(path)
            ready = made_ready(reading, spec, known_up(spec, up))
    except Exception as error:
        return ReadCloud(file, error=about(error, path), final=_is_at_fault(path, error))
    return ReadCloud(file, len(reading.points), *ready)


_OF_A_PATH = {  # errors of the system that another try would meet again
    errno.ENOENT,  # of a file that this one refers to
    errno.ENOTDIR,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.ELOOP,
    errno.EINVAL,
    errno.EOVERFLOW,
}


def _is_at_fault(path: Path, error: Exception) -> bool:
    """Whether what a file holds is why it cannot be read, and not the disk, its permissions, memory or this program."""
    if not isinstance(error, InputError) or not path.is_file():
        return False
    return not any(
        isinstance(origin, MemoryError | ImportError)
        # Libraries raise OSErrors without a number about contents that they do not understand.
        or (isinstance(origin, OSError) and origin.errno is not None and origin.errno not in _OF_A_PATH)
        for origin in origins(error)
    )


def prepared_of(clouds: Iterable[ReadCloud]) -> list[PreparedCloud]:
    """Those that could be read."""
    return [cloud.prepared for cloud in clouds if cloud.prepared is not None]


def rows(decider: Decider, vote: Vote | None, batch: list[ReadCloud], top: int) -> list[Row]:
    """Classify a batch, as ``NimbaClassifier.classify`` does.

    Args:
        decider: of the model, on the device to use.
        vote: of all clouds on their pose.
        batch: of clouds, unreadable ones among them; those without a final error get no row.
        top: how many classes to keep.

    Returns:
        a row for each of the others, in order: ``Answer.to_dict``.
    """
    names = tuple(decider.model.spec.class_names)
    prepared = prepared_of(batch)
    decisions = iter(decider.decide(prepared, vote) if prepared else ())
    found: list[Row] = []
    for cloud in batch:
        if cloud.prepared is not None:
            answer = answered(cloud.file, cloud.points, names, next(decisions), cloud.notes, cloud.decided)
        elif cloud.final:
            answer = Answer(cloud.file, error=cloud.error)
        else:
            continue
        found.append(answer.to_dict(top))
    return found

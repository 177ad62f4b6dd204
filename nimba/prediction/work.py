"""One process's work on a folder: the vote on the pose, then a row for each of its files."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from nimba.classifier import NimbaClassifier
from nimba.clouds.listing import cloud_files
from nimba.inference.decide import VOTERS
from nimba.inference.vote import Vote
from nimba.prediction.batches import CloudReader, ReadCloud, prepared_of, rows
from nimba.prediction.journal import Journal, deadly
from nimba.prediction.settings import PredictionSettings
from nimba.prediction.shards import ShardWriter, rows_in_order, without_row
from nimba.prediction.share import Share
from nimba.prediction.vote import has_vote, store_vote, stored_vote


class Work:
    """What one process does.

    Args:
        model: on the device to use.
        folder: of clouds.
        output: of the predictions.
        settings: see ``PredictionSettings``.
        share: its files.
        step: called with how many files have rows now.
    """

    def __init__(
        self,
        model: NimbaClassifier,
        folder: Path,
        output: Path,
        settings: PredictionSettings,
        share: Share = Share(),  # noqa: B008 - frozen
        step: Callable[[int], object] = lambda count: None,
    ):
        self.folder = folder
        self.output = output
        self.settings = settings
        self.share = share
        self.step = step
        self._decider = settings.decider(model)
        self._spec = self._decider.model.spec
        self._vote: Vote | None = None

    def vote_is_due(self) -> bool:
        """Whether there is something to find, and nobody has yet."""
        return self._is_asked() and not has_vote(self.output)

    def vote(self) -> None:
        """Let the folder's first clouds vote on their pose, unless they have; what was read for that is classified."""
        if not self._is_asked():
            return
        voters: list[ReadCloud] = []
        if not has_vote(self.output):
            for batch in self._read(islice(cloud_files(self.folder, self.output), VOTERS)):
                voters.extend(batch)
                self._decider.vote(prepared_of(batch))  # what is found of a few is kept for the vote of all
            store_vote(self.output, self._decider.vote(prepared_of(voters)))
        self._vote = stored_vote(self.output)
        of_file = {cloud.file: cloud for cloud in voters if self.share.owns(cloud.file)}
        left = without_row(of_file, rows_in_order(self.output))
        with closing(ShardWriter(self.output, self.share)) as writer:
            while batch := [of_file[file] for file in islice(left, self.settings.batch_size)]:
                self._write(writer, batch)

    def finish(self) -> list[ReadCloud]:
        """Give each of its files a row; returns those that could not be read for now, tried twice."""
        delayed = self._go_through()
        return self._go_through() if delayed else []

    def left(self) -> Iterator[str]:
        """Its files that have no row."""
        share = (file for file in cloud_files(self.folder, self.output) if self.share.owns(file))
        return without_row(share, rows_in_order(self.output))

    def _is_asked(self) -> bool:
        return self._decider.up is None or self._decider.turns > 1

    def _go_through(self) -> list[ReadCloud]:
        delayed: list[ReadCloud] = []
        with closing(ShardWriter(self.output, self.share)) as writer:
            for batch in self._read(self.left()):
                self._write(writer, batch)
                delayed += (cloud for cloud in batch if not cloud.final)
        return delayed

    def _read(self, files: Iterable[str]) -> Iterator[list[ReadCloud]]:
        """Files, a batch at a time."""
        journal = Journal(self.output)
        reader = CloudReader(self.folder, self._spec, journal, deadly(self.output), self.settings.up)
        remaining = iter(files)
        try:
            while batch := [reader[file] for file in islice(remaining, self.settings.batch_size)]:
                yield batch
        finally:
            journal.close()

    def _write(self, writer: ShardWriter, batch: list[ReadCloud]) -> None:
        found = rows(self._decider, self._vote, batch, self.settings.top)
        writer.write(found)
        self.step(len(found))

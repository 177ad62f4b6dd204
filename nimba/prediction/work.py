"""One rank's work on a folder: the vote on the pose, then a row for each of its files."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from tqdm import tqdm

from nimba.classifier import NimbaClassifier
from nimba.clouds.listing import cloud_files
from nimba.inference.decide import VOTERS
from nimba.inference.vote import Vote
from nimba.prediction.batches import CloudReader, ReadCloud, batches, prepared_of, rows
from nimba.prediction.journal import Journal, deadly, note_deaths
from nimba.prediction.rank import Rank
from nimba.prediction.settings import PredictionSettings
from nimba.prediction.shards import ShardWriter, rows_in_order, without_row
from nimba.prediction.vote import has_vote, store_vote, stored_vote


class Work:
    """What one process does.

    Args:
        model: on the device to use.
        folder: of clouds.
        output: of the predictions.
        settings: see ``PredictionSettings``.
        rank: of this process.
        show_progress: draw a bar.
    """

    def __init__(
        self,
        model: NimbaClassifier,
        folder: Path,
        output: Path,
        settings: PredictionSettings,
        rank: Rank,
        show_progress: bool,
    ):
        self.folder = folder
        self.output = output
        self.settings = settings
        self.rank = rank
        self.show_progress = show_progress
        self._decider = settings.decider(model)
        self._spec = self._decider.model.spec
        self._vote: Vote | None = None

    def vote(self) -> None:
        """Let the folder's first clouds vote on their pose, unless they have; what was read for that is classified."""
        if self._decider.up is not None and self._decider.turns == 1:
            return  # there is nothing to find
        voters: list[ReadCloud] = []
        while not has_vote(self.output):
            voters = []
            with tqdm(disable=not self.show_progress, unit="file", desc="which way is up") as bar:

                def look(batch: list[ReadCloud], voters: list[ReadCloud] = voters, bar: tqdm = bar) -> None:
                    voters.extend(batch)
                    self._decider.vote(prepared_of(batch))  # what is found of a few is kept for the vote of all
                    bar.update(len(batch))

                if self._went_through(islice(cloud_files(self.folder, self.output), VOTERS), look):
                    store_vote(self.output, self._decider.vote(prepared_of(voters)))
        self._vote = stored_vote(self.output)
        of_file = {cloud.file: cloud for cloud in voters if self.rank.owns(cloud.file)}
        left = without_row(of_file, rows_in_order(self.output))
        with closing(ShardWriter(self.output, self.rank)) as writer:
            while batch := [of_file[file] for file in islice(left, self.settings.batch_size)]:
                writer.write(self._rows(batch))

    def go_through(self) -> list[ReadCloud]:
        """Go once through the files without a row; returns those that could not be read for now."""
        while True:
            delayed: list[ReadCloud] = []
            with closing(ShardWriter(self.output, self.rank)) as writer, self._bar() as bar:
                if self._went_through(self._left(), _Finish(self, writer, bar, delayed)):
                    return delayed

    def _went_through(self, files: Iterable[str], use: Callable[[list[ReadCloud]], None]) -> bool:
        """Read files and hand each batch of them on; False where a worker died on one, which is noted then."""
        journal = Journal(self.output)
        reader = CloudReader(self.folder, self._spec, journal, deadly(self.output), self.settings.up)
        clouds = batches(reader, files, self.settings.batch_size, self.settings.workers)
        try:
            for batch in clouds:
                use(batch)
            return True
        except RuntimeError:
            # That a worker died comes as one, wherever it met this process. The others are alive still, or they would
            # be taken for dead as well.
            if not note_deaths(self.output):
                raise
            return False
        finally:
            del clouds  # ends the workers
            journal.close()

    def _rows(self, batch: list[ReadCloud]) -> list[dict]:
        return rows(self._decider, self._vote, batch, self.settings.top)

    def _left(self) -> Iterator[str]:
        """This rank's files that have no row."""
        share = (file for file in cloud_files(self.folder, self.output) if self.rank.owns(file))
        return without_row(share, rows_in_order(self.output))

    def _bar(self) -> tqdm:
        total = sum(1 for _ in self._left()) if self.show_progress else None
        return tqdm(total=total, disable=not self.show_progress, unit="file", smoothing=0.1)


class _Finish:
    """What is done with a batch that was read: its rows are written, and what could not be read for now is kept."""

    def __init__(self, work: Work, writer: ShardWriter, bar: tqdm, delayed: list[ReadCloud]):
        self.work = work
        self.writer = writer
        self.bar = bar
        self.delayed = delayed

    def __call__(self, batch: list[ReadCloud]) -> None:
        self.writer.write(self.work._rows(batch))
        self.delayed += (cloud for cloud in batch if not cloud.final)
        self.bar.update(len(batch))

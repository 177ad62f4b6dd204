"""A prediction from start to end: this process's share of the files, and the table once all shares are done."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from tqdm import tqdm

from nimba.classifier import NimbaClassifier
from nimba.clouds import Up
from nimba.clouds.formats.registry import described
from nimba.clouds.listing import cloud_files
from nimba.prediction.batches import CloudReader, PreparedCloud, batches, rows
from nimba.prediction.journal import Journal, deadly, note_deaths
from nimba.prediction.merge import Summary, merge, missing
from nimba.prediction.rank import Rank
from nimba.prediction.shards import ShardWriter, rows_in_order, without_row
from nimba.runtime.errors import InputError
from nimba.runtime.files import write_json

SETTINGS = "settings.json"
EXAMPLES = 10  # of the files that could not be read for now


@dataclass(frozen=True)
class PredictionSettings:
    """How to predict.

    Args:
        up: the files' up axis; "auto" tries y and z, and takes the one that the network is more confident in.
        top: classes to keep of each file.
        batch_size: files to classify together.
        workers: processes that read ahead; 0 to read in this one.

    Raises:
        InputError: a number out of its range.
    """

    up: Literal["auto", "x", "y", "z"] = "auto"
    top: int = 5
    batch_size: int = 64
    workers: int = 0

    def __post_init__(self) -> None:
        for name, least in (("top", 1), ("batch_size", 1), ("workers", 0)):
            if getattr(self, name) < least:
                raise InputError(f"{name}: must be at least {least}, got {getattr(self, name)}")

    @property
    def axes(self) -> tuple[Up, ...]:
        """Candidates of the up axis."""
        return ("y", "z") if self.up == "auto" else (self.up,)


@dataclass(frozen=True)
class Outcome:
    """What one call did.

    Args:
        summary: of the table, from the rank that finished last and so wrote it; None from the others.
        delayed: how many files of this rank could not be read for a passing reason (the disk, permissions, memory).
        examples: a few of those, each with its reason.
    """

    summary: Summary | None
    delayed: int
    examples: tuple[str, ...]


def predict_folder(
    model: NimbaClassifier,
    folder: Path,
    output: Path,
    settings: PredictionSettings = PredictionSettings(),
    rank: Rank = Rank(),  # noqa: B008 - frozen
    show_progress: bool = False,
) -> Outcome:
    """Classify every cloud of ``folder`` that is ``rank``'s and has no row in ``output`` yet.

    A file that cannot be read for what it holds gets a row that says why; so does one on which a process died twice.
    One that cannot be read for another reason is tried once more at the end, and gets no row if that fails too: the
    next call tries it again. Rows are on the disk after each batch: after a kill the same call, by any number of
    processes, resumes where it stopped.

    Args:
        model: as ``nimba.load`` returns it, on the device to use.
        folder: of clouds, at any depth.
        output: folder of the shards and of the table.
        settings: see ``PredictionSettings``.
        rank: of this process.
        show_progress: draw a bar.

    Raises:
        InputError: if there are no clouds, the output cannot be written, or it holds other predictions.
    """
    if next(cloud_files(folder, output), None) is None:
        raise InputError(f"{folder}: holds no clouds; known: {described()}")
    _prepare(output, _essence(model, folder, settings))
    note_deaths(output)
    delayed = _pass(model, folder, output, settings, rank, show_progress)
    if delayed:
        delayed = _pass(model, folder, output, settings, rank, show_progress)
    examples = tuple(f"{folder / cloud.file}: {cloud.error}" for cloud in delayed[:EXAMPLES])
    others = any(not rank.owns(file) for file in missing(folder, output))
    return Outcome(None if others else merge(output, settings.top), len(delayed), examples)


def _pass(
    model: NimbaClassifier, folder: Path, output: Path, settings: PredictionSettings, rank: Rank, show_progress: bool
) -> list[PreparedCloud]:
    """Go once through the files without a row; returns those that could not be read for now."""
    assert model.spec is not None
    while True:
        files = without_row(_share(folder, output, rank), rows_in_order(output))
        journal = Journal(output)
        reader = CloudReader(folder, model.spec, settings.axes, journal, deadly(output))
        delayed: list[PreparedCloud] = []
        with closing(ShardWriter(output, rank)) as writer, _bar(folder, output, rank, show_progress) as bar:
            clouds = batches(reader, files, settings.batch_size, settings.workers)
            try:
                for batch in clouds:
                    writer.write(rows(model, batch, settings.axes, settings.top))
                    delayed += (cloud for cloud in batch if not cloud.final)
                    bar.update(len(batch))
                return delayed
            except RuntimeError:
                # That a worker died comes as one, wherever it met this process. The others are alive still, or they
                # would be taken for dead as well.
                if not note_deaths(output):
                    raise
            finally:
                del clouds  # ends the workers
                journal.close()


def merge_folder(folder: Path, output: Path) -> tuple[Summary, int]:
    """Write the table from the rows that there are.

    Returns:
        what it holds, and how many files of ``folder`` have no row.

    Raises:
        InputError: if ``output`` holds no predictions of ``folder``.
    """
    try:
        essence = json.loads((output / SETTINGS).read_text(encoding="utf-8"))
        made_of, top = essence["folder"], int(essence["top"])
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{output}: holds no predictions; run nimba predict without --merge first") from None
    if made_of != str(folder.resolve()):
        raise InputError(f"{output}: holds predictions of {made_of}, not of {folder}")
    return merge(output, top), sum(1 for _ in missing(folder, output))


def _share(folder: Path, output: Path, rank: Rank) -> Iterator[str]:
    return (file for file in cloud_files(folder, output) if rank.owns(file))


def _bar(folder: Path, output: Path, rank: Rank, show: bool) -> tqdm:
    left = without_row(_share(folder, output, rank), rows_in_order(output))
    return tqdm(total=sum(1 for _ in left) if show else None, disable=not show, unit="file", smoothing=0.1)


def _essence(model: NimbaClassifier, folder: Path, settings: PredictionSettings) -> dict[str, Any]:
    """What all rows of an output have in common."""
    assert model.spec is not None
    digest = hashlib.sha256(json.dumps(model.spec.to_dict(), sort_keys=True).encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return {"folder": str(folder.resolve()), "weights": digest.hexdigest(), "up": settings.up, "top": settings.top}


def _prepare(output: Path, essence: dict[str, Any]) -> None:
    """Make the output's folder; refuse one that holds other predictions."""
    path = output / SETTINGS
    try:
        output.mkdir(parents=True, exist_ok=True)
        there = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
        if there is None:
            write_json(path, essence)  # all ranks may at once: it is the same
            return
    except (OSError, ValueError) as error:
        raise InputError(f"{output}: cannot hold predictions ({error}); choose another --output") from None
    for key, value in essence.items():
        if there.get(key) != value:
            raise InputError(
                f"{output}: holds predictions with another {key} ({there.get(key)}, not {value}); "
                "choose another --output, or the same settings to resume"
            )

"""A prediction from start to end: a row for each file, and the table of all rows."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from nimba.classifier import NimbaClassifier
from nimba.clouds.formats.registry import described
from nimba.clouds.listing import cloud_files
from nimba.prediction.essence import SETTINGS, check_essence, essence_of
from nimba.prediction.journal import note_deaths
from nimba.prediction.merge import Summary, merge, missing
from nimba.prediction.processes import in_processes
from nimba.prediction.settings import PredictionSettings
from nimba.prediction.work import Work
from nimba.runtime.errors import InputError
from nimba.runtime.files import write_json

EXAMPLES = 10  # of the files that could not be read for now


@dataclass(frozen=True)
class Outcome:
    """What one call did.

    Args:
        summary: of the table.
        delayed: how many files could not be read for a passing reason (the disk, permissions, memory).
        examples: a few of those, each with its reason.
    """

    summary: Summary
    delayed: int
    examples: tuple[str, ...]


def predict_folder(
    model: NimbaClassifier,
    folder: Path,
    output: Path,
    settings: PredictionSettings = PredictionSettings(),  # noqa: B008 - frozen
    show_progress: bool = False,
) -> Outcome:
    """Classify every cloud of ``folder`` that has no row in ``output`` yet.

    A file that cannot be read for what it holds gets a row that says why; so does one on which a process died twice.
    One that cannot be read for another reason is tried once more at the end, and gets no row if that fails too: the
    next call tries it again. Rows are on the disk after each batch: after a kill the same call, with any number of
    processes, resumes where it stopped.

    Args:
        model: as ``nimba.load`` returns it; with ``settings.workers`` on the CPU, else on the device to use.
        folder: of clouds, at any depth.
        output: folder of the shards and of the table.
        settings: see ``PredictionSettings``.
        show_progress: draw a bar.

    Raises:
        InputError: if there are no clouds, the output cannot be written, or it holds other predictions.
    """
    if next(cloud_files(folder, output), None) is None:
        raise InputError(f"{folder}: holds no clouds; known: {described()}")
    _prepare(output, essence_of(model, folder.resolve(), settings, "processes"))
    note_deaths(output)
    left = sum(1 for _ in Work(model, folder, output, settings).left()) if show_progress else None
    with tqdm(total=left, disable=not show_progress, unit="file", smoothing=0.1) as bar:
        if settings.workers:
            delayed = in_processes(model, folder, output, settings, bar.update)
        else:
            work = Work(model, folder, output, settings, step=bar.update)
            work.vote()
            delayed = work.finish()
    examples = tuple(f"{folder / cloud.file}: {cloud.error}" for cloud in delayed[:EXAMPLES])
    return Outcome(merge(folder, output, settings.top), len(delayed), examples)


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
    return merge(folder, output, top), sum(1 for _ in missing(folder, output))


def _prepare(output: Path, essence: dict[str, Any]) -> None:
    """Make the output's folder; refuse one that holds other predictions."""
    path = output / SETTINGS
    try:
        output.mkdir(parents=True, exist_ok=True)
        there = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
        if there is None:
            write_json(path, essence)
            return
    except (OSError, ValueError) as error:
        raise InputError(f"{output}: cannot hold predictions ({error}); choose another --output") from None
    check_essence(there, essence, output)

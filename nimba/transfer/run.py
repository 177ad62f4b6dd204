"""``nimba train DATA``: plan, train, finish; each is kept on disk, so that the same command resumes after any kill."""

import hashlib
import logging
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nimba.classifier import NimbaClassifier, load
from nimba.classifier.pretrained import WEIGHTS, read_checkpoint
from nimba.datasets.folder import FolderDataModule, open_layout
from nimba.datasets.layout import Layout
from nimba.evaluation.evaluate import data_of
from nimba.evaluation.storing import METRICS, PAGE
from nimba.records.folder import RunFolder
from nimba.records.results import read_json
from nimba.runtime.errors import InputError
from nimba.runtime.files import atomic_write, check_output, write_json
from nimba.training.cli import train as train_by_config
from nimba.transfer.finish import finish
from nimba.transfer.log import Both
from nimba.transfer.plan import make_plan
from nimba.transfer.request import Request

REQUEST, PLAN, LOG = "request.json", "plan.yaml", "log.txt"
HOW_TO_RESUME = "the same command resumes after the last whole epoch"


@dataclass(frozen=True)
class Run:
    """A training that has come to its end.

    Args:
        path: its folder.
    """

    path: Path

    @property
    def metrics(self) -> dict[str, Any]:
        """Accuracy on the test split and more, see ``metrics.json``."""
        return read_json(self.path / METRICS)

    @property
    def weights(self) -> Path:
        """The trained weights, which ``nimba.load`` takes."""
        return self.path / WEIGHTS

    @property
    def report(self) -> Path:
        """A page about the run, to be opened in a browser."""
        return self.path / PAGE

    def load(self) -> NimbaClassifier:
        """The trained classifier."""
        return load(self.path)


def train_own(request: Request, output: str | Path | None = None, overwrite: bool = False) -> Run:
    """Train a classifier on a user's own clouds.

    Args:
        request: see ``Request``.
        output: the run's folder; runs/NAME, by the name of the data, where not given.
        overwrite: discard another run that lies there.

    Raises:
        InputError: for data that cannot be trained on, or a folder that holds another run.
        KeyboardInterrupt: after Ctrl-C; Terminated after SIGTERM. The same call resumes.
    """
    layout = open_layout(Path(request.data), request.group_by)
    name = layout.root.resolve().stem or "run"
    folder = RunFolder("runs", name, request.seed, output or Path("runs") / name)
    known = {**request.to_dict(), "files": _digest(layout)}
    resumes = _resumes(folder, known, overwrite)
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    folder.path.mkdir(parents=True, exist_ok=True)
    check_output(folder.path / METRICS)
    log = (folder.path / LOG).open("a" if resumes else "w", encoding="utf-8")
    with log, redirect_stdout(Both(sys.stdout, log)):
        if not resumes:
            _plan(request, layout, folder, known)
        _train_and_finish(request, folder)
    return Run(folder.path)


def _resumes(folder: RunFolder, known: dict[str, Any], overwrite: bool) -> bool:
    """Whether the folder holds this very run, begun and not ended.

    Raises:
        InputError: it holds another, or one that has ended.
    """
    path = folder.path
    if path.exists() and not path.is_dir():
        raise InputError(f"{path}: is a file; give the name of a folder with -o")
    ours = (path / REQUEST).is_file() and (path / PLAN).is_file()
    if overwrite or not path.is_dir() or not any(path.iterdir()):
        return False
    if not ours:
        if any((path / name).exists() for name in (WEIGHTS, folder.checkpoint.name, folder.record.name)):
            raise InputError(f"{path}: holds a run of train.py; give another folder with -o, or --overwrite")
        return False
    before = read_json(path / REQUEST)
    differing = sorted(key for key in known if before.get(key) != known[key])
    if differing:
        key = differing[0]
        what = "the files of the data changed" if key == "files" else f"{key}: is {known[key]}, was {before.get(key)}"
        raise InputError(f"{path}: holds a run of other data or options ({what}); give another -o, or --overwrite")
    if (path / METRICS).is_file():
        raise InputError(
            f"{path}: its run has ended; train on from it with --start {path} -o ANOTHER, or --overwrite it"
        )
    return True


def _plan(request: Request, layout: Layout, folder: RunFolder, known: dict[str, Any]) -> None:
    for name in (METRICS, WEIGHTS, PAGE, PLAN, REQUEST):
        (folder.path / name).unlink(missing_ok=True)
    folder.prepare(keep=False)
    text = yaml.safe_dump(make_plan(request, layout, folder), sort_keys=False)
    write_json(folder.path / REQUEST, known)
    atomic_write(folder.path / PLAN, lambda partial: partial.write_text(text, encoding="utf-8"))


def _train_and_finish(request: Request, folder: RunFolder) -> None:
    if folder.finished:  # its training, but not what comes after
        data = data_of(read_checkpoint(folder.checkpoint), str(folder.checkpoint))
    else:
        start = "--resume" if folder.checkpoint.is_file() else "--overwrite"
        arguments = ["fit", "--config", str(folder.path / PLAN), *request.words, start]
        _, objects = train_by_config(arguments, how_to_resume=HOW_TO_RESUME)
        data = objects["data"]
    assert isinstance(data, FolderDataModule)
    finish(folder, data)


def _digest(layout: Layout) -> str:
    """Of all names and labels: files that come or go make another data set of it."""
    names = [
        f"{split}:{layout.class_of(path)}:{layout.name_of(path)}"
        for split, paths in sorted(layout.files.items())
        for path in paths
    ]
    return hashlib.sha256("\n".join(names).encode(errors="surrogateescape")).hexdigest()[:16]

"""``nimba doctor``: what is installed here, what is missing, and the line that mends it."""

import json as json_format
import platform
import shlex
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

from nimba import optional
from nimba.optional import Piece

DATA = Path("data")  # where data/README.md says to unpack data sets, seen from the repository's root


def doctor(json: bool = False) -> int:
    """Say what is installed, what is missing, and the line that mends it.

    The exit code is 0 if every required piece works, else 1.

    Args:
        json: print JSON in place of the table.
    """
    groups = {
        "required": required(),
        "optional": optional.pieces(),
        "weights": [_default_weights()],
        "data sets": list(_data_sets(DATA)),
    }
    if json:
        print(
            json_format.dumps({name: [asdict(piece) for piece in pieces] for name, pieces in groups.items()}, indent=2)
        )
    else:
        print("\n".join(_table(groups)))
    return 0 if all(piece.available for piece in groups["required"]) else 1


def required() -> list[Piece]:
    """Python, torch on this machine, and every package that the installed ``nimba`` depends on."""
    python = Piece("Python", sys.version_info >= (3, 11), platform.python_version(), "install Python 3.11 or newer")
    try:
        declared = [Requirement(line) for line in requires("nimba") or ()]
    except PackageNotFoundError:
        return [python, Piece("nimba", False, "not installed, only found", f"{_pip('-e .')} in NIMBA's repository")]
    needed = [r for r in declared if r.marker is None or r.marker.evaluate({"extra": ""})]
    return [python, Piece("nimba", True, version("nimba")), *map(_library, needed)]


def _library(requirement: Requirement) -> Piece:
    """One package, in a version that fits; torch and Open3D are imported too, for they may be there and not load."""
    mend = _pip(shlex.quote(str(requirement)))
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:
        return Piece(requirement.name, False, "not installed", mend)
    if not requirement.specifier.contains(installed, prereleases=True):
        return Piece(requirement.name, False, f"{installed}, but NIMBA needs {requirement.specifier}", mend)
    if requirement.name == "open3d":
        return optional.open3d()
    if requirement.name == "torch":
        return _torch(installed, mend)
    return Piece(requirement.name, True, installed)


def _torch(installed: str, mend: str) -> Piece:
    try:
        import torch
    except (ImportError, OSError) as error:
        return Piece("torch", False, f"{installed} does not work: {str(error).splitlines()[0]}", mend)
    if torch.cuda.is_available():
        where = f"CUDA {torch.version.cuda} on {torch.cuda.get_device_name()}"
    else:
        where = "no CUDA device"
    return Piece("torch", True, f"{installed}, {where}, threads: {torch.get_num_threads()}")


def _default_weights() -> Piece:
    name = "default weights"
    try:
        from nimba.classifier.pretrained import DEFAULT_WEIGHTS, list_weights
    except ImportError as error:  # torch is broken; its own line says how
        return Piece(name, False, f"cannot look: {error}", "mend torch first")
    if DEFAULT_WEIGHTS in list_weights():
        return Piece(name, True, DEFAULT_WEIGHTS)
    mend = "install NIMBA anew; until then give a checkpoint of your own: nimba classify --weights CHECKPOINT FILE"
    return Piece(name, False, f"{DEFAULT_WEIGHTS} is not in the package", mend)


def _data_sets(root: Path) -> Iterator[Piece]:
    """The folders under ``root`` that hold anything."""
    found = sorted(path for path in root.glob("*/") if any(path.iterdir())) if root.is_dir() else []
    for path in found:
        yield Piece(path.name, True, str(path))
    if not found:
        yield Piece("data", False, f"nothing in {root.absolute()}", "data/README.md says how to get each data set")


def _table(groups: dict[str, list[Piece]]) -> Iterator[str]:
    width = max(len(piece.name) for pieces in groups.values() for piece in pieces)
    for group, pieces in groups.items():
        yield group
        for piece in pieces:
            yield f"  {'ok' if piece.available else '--':2}  {piece.name:{width}}  {piece.detail}"
            if not piece.available:
                yield f"      {'':{width}}  -> {piece.mend}"


def _pip(what: str) -> str:
    return f"{shlex.quote(sys.executable)} -m pip install {what}"

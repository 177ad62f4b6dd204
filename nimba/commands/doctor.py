"""``nimba doctor``: what is installed here, what is missing, and the line that fixes it."""

import json as json_format
import platform
import shlex
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

from nimba.runtime import optional
from nimba.runtime.optional import Dependency

DATA = Path("data")  # where data/README.md says to unpack data sets, seen from the repository's root


def doctor(json: bool = False) -> int:
    """Say what is installed, what is missing, and the line that fixes it.

    The exit code is 0 if every required dependency works, else 1.

    Args:
        json: print JSON in place of the table.
    """
    groups = {
        "required": required(),
        "optional": optional.dependencies(),
        "weights": [_default_weights()],
        "data sets": list(_data_sets(DATA)),
    }
    if json:
        print(json_format.dumps({name: [asdict(one) for one in members] for name, members in groups.items()}, indent=2))
    else:
        print("\n".join(_table(groups)))
    return 0 if all(piece.available for piece in groups["required"]) else 1


def required() -> list[Dependency]:
    """Python, torch on this machine, and every package that the installed ``nimba`` depends on."""
    python = Dependency(
        "Python", sys.version_info >= (3, 11), platform.python_version(), "install Python 3.11 or newer"
    )
    try:
        declared = [Requirement(line) for line in requires("nimba") or ()]
    except PackageNotFoundError:
        return [
            python,
            Dependency("nimba", False, "not installed, only found", f"{_pip('-e .')} in NIMBA's repository"),
        ]
    needed = [r for r in declared if r.marker is None or r.marker.evaluate({"extra": ""})]
    return [python, Dependency("nimba", True, version("nimba")), *map(_library, needed)]


def _library(requirement: Requirement) -> Dependency:
    """One package, in a version that fits; torch and Open3D are imported too, for they may be there and not load."""
    fix = _pip(shlex.quote(str(requirement)))
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:
        return Dependency(requirement.name, False, "not installed", fix)
    if not requirement.specifier.contains(installed, prereleases=True):
        return Dependency(requirement.name, False, f"{installed}, but NIMBA needs {requirement.specifier}", fix)
    if requirement.name == "open3d":
        return optional.open3d()
    if requirement.name == "torch":
        return _torch(installed, fix)
    return Dependency(requirement.name, True, installed)


def _torch(installed: str, fix: str) -> Dependency:
    try:
        import torch
    except (ImportError, OSError) as error:
        return Dependency("torch", False, f"{installed} does not work: {str(error).splitlines()[0]}", fix)
    if torch.cuda.is_available():
        where = f"CUDA {torch.version.cuda} on {torch.cuda.get_device_name()}"
    else:
        where = "no CUDA device"
    return Dependency("torch", True, f"{installed}, {where}, threads: {torch.get_num_threads()}")


def _default_weights() -> Dependency:
    name = "default weights"
    try:
        from nimba.classifier.pretrained import DEFAULT_WEIGHTS, list_weights
    except ImportError as error:  # torch is broken; its own line says how
        return Dependency(name, False, f"cannot look: {error}", "fix torch first")
    if DEFAULT_WEIGHTS in list_weights():
        return Dependency(name, True, DEFAULT_WEIGHTS)
    fix = "install NIMBA anew; until then give a checkpoint of your own: nimba classify --weights CHECKPOINT FILE"
    return Dependency(name, False, f"{DEFAULT_WEIGHTS} is not in the package", fix)


def _data_sets(root: Path) -> Iterator[Dependency]:
    """The folders under ``root`` that hold anything."""
    found = sorted(path for path in root.glob("*/") if any(path.iterdir())) if root.is_dir() else []
    for path in found:
        yield Dependency(path.name, True, str(path))
    if not found:
        yield Dependency("data", False, f"nothing in {root.absolute()}", "data/README.md says how to get each data set")


def _table(groups: dict[str, list[Dependency]]) -> Iterator[str]:
    width = max(len(piece.name) for members in groups.values() for piece in members)
    for group, dependencies in groups.items():
        yield group
        for piece in dependencies:
            yield f"  {'ok' if piece.available else '--':2}  {piece.name:{width}}  {piece.detail}"
            if not piece.available:
                yield f"      {'':{width}}  -> {piece.fix}"


def _pip(what: str) -> str:
    return f"{shlex.quote(sys.executable)} -m pip install {what}"

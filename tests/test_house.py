"""The structure of the package: imports go down only, and nothing lies loose at its root."""

import ast
from itertools import pairwise
from pathlib import Path

import pytest

import nimba

ROOT = Path(nimba.__file__).parent
AT_THE_ROOT = {"__init__", "__main__"}
# Edges of files inside one folder that must not come back: each names the other's insides.
APART = [
    ("nimba.classifier.spec", "nimba.classifier.network"),
    ("nimba.classifier.spec", "nimba.classifier.registry"),
    ("nimba.classifier.network", "nimba.classifier.registry"),
    ("nimba.scan.selective_cpu", "nimba.scan.operators"),
    ("nimba.scan.selective_triton", "nimba.scan.operators_triton"),
    ("nimba.mixers.mamba_cuda", "nimba.mixers.mamba"),
    ("nimba.geometry.codes_cpu", "nimba.geometry.codes"),
]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules() -> dict[str, Path]:
    return {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}


def imported(path: Path, known: dict[str, Path]) -> set[str]:
    """The package's modules that a file names in its imports, those inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in known else node.module for name in names}
    return {name for name in found if name == "nimba" or name.startswith("nimba.")}


def room(module: str) -> str:
    """The top-level sub-package that a module lives in."""
    return ".".join(module.split(".")[:2])


def test_sub_packages_import_each_other_in_one_direction_only():
    known = modules()
    edges: dict[tuple[str, str], str] = {}
    for name, path in known.items():
        if name in ("nimba", "nimba.__main__"):  # the entry points to the rest
            continue
        for other in imported(path, known):
            if other != "nimba" and room(other) != room(name):
                edges.setdefault((room(name), room(other)), f"{name} -> {other}")
    below = {here: {there for start, there in edges if start == here} for here, _ in edges}

    def climb(here: str, way: list[str]) -> None:
        if here in way:
            ring = [*way[way.index(here) :], here]
            pytest.fail("circle of sub-packages: " + ", ".join(edges[edge] for edge in pairwise(ring)))
        if here not in clear:
            for there in sorted(below.get(here, ())):
                climb(there, [*way, here])
            clear.add(here)

    clear: set[str] = set()
    for here in sorted(below):
        climb(here, [])


def test_no_two_files_import_each_other():
    known = modules()
    names = {name: imported(path, known) for name, path in known.items() if path.name != "__init__.py"}
    pairs = [f"{a} <-> {b}" for a in names for b in names[a] if a < b and a in names.get(b, ())]
    assert not pairs


@pytest.mark.parametrize(("lower", "upper"), APART, ids=[f"{a}-{b}" for a, b in APART])
def test_lower_file_does_not_import_the_upper(lower, upper):
    known = modules()
    assert upper in known
    assert upper not in imported(known[lower], known)


def test_no_module_stands_loose_at_the_root():
    loose = {path.stem for path in ROOT.glob("*.py")} - AT_THE_ROOT
    assert not loose, f"move into a sub-package: {sorted(loose)}"

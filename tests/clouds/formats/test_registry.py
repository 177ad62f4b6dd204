"""One line a format: everything that names the formats is derived from it."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.fuzz.seed_meshes import BESIDE, beside
from benchmarks.fuzz.seeds import seeds_of
from nimba.clouds import FORMATS, read_cloud
from nimba.clouds.formats import registry
from nimba.commands.arguments import command_parser
from nimba.commands.classify import classify
from nimba.commands.predict import predict
from nimba.commands.show import show
from nimba.runtime.errors import InputError


@pytest.mark.parametrize("format", registry.FORMATS, ids=lambda format: format.name)
def test_every_suffix_is_read_by_its_reader(format, tmp_path):
    if format.missing():
        pytest.skip(f"{format.missing()} is not installed")
    seeds = dict(seeds_of(format.name))
    assert set(seeds) <= set(format.suffixes)
    (tmp_path / BESIDE).write_bytes(beside())
    for suffix in format.suffixes:
        file = tmp_path / f"a{suffix.upper()}"
        file.write_bytes(seeds.get(suffix, next(iter(seeds.values()))))
        assert len(read_cloud(file)) > 1


def test_no_suffix_belongs_to_two_formats():
    assert len(registry.SUFFIXES) == sum(len(format.suffixes) for format in registry.FORMATS)
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in registry.SUFFIXES)
    assert set(FORMATS) == {suffix + gz for suffix in registry.SUFFIXES for gz in ("", ".gz")}


@pytest.mark.parametrize("command", [classify, predict, show])
def test_help_names_every_format(command):
    text = " ".join(command_parser(command).format_help().split())
    assert all(format.name in text for format in registry.FORMATS)


def test_an_unknown_suffix_is_told_the_known_ones(tmp_path):
    (tmp_path / "a.docx").touch()
    with pytest.raises(InputError, match=r"unknown format '\.docx'; known: .*\.ply .*\.pcd") as caught:
        read_cloud(tmp_path / "a.docx")
    assert all(suffix in str(caught.value) for suffix in registry.SUFFIXES)


def test_a_format_whose_package_is_missing_says_what_to_install(tmp_path, monkeypatch):
    missing = registry.Format("SOME", (".some",), "missing_module:read", "points", extra="some")
    monkeypatch.setitem(registry._BY_SUFFIX, ".some", missing)
    (tmp_path / "a.some").touch()
    with pytest.raises(InputError, match=r"a\.some: reading SOME needs .*: pip install 'nimba\[some\]'"):
        read_cloud(tmp_path / "a.some")


def test_a_cloud_is_read_without_the_heavy_packages(tmp_path):
    file = tmp_path / "a.ply"
    file.write_bytes(seeds_of("PLY")[0][1])
    code = (
        "import sys; from nimba.clouds import read_cloud; read_cloud(sys.argv[1]);"
        "print([name for name in ('torch', 'open3d', 'meshio', 'trimesh', 'h5py', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_readers_are_modules_of_their_own():
    folder = Path(registry.__file__).parent
    for format in registry.FORMATS:
        assert (folder / f"{format.reader.partition(':')[0]}.py").is_file()

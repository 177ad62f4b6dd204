"""Commands whose output cannot be written: one line with the path, exit code 2, nothing half-written."""

import numpy as np
import pytest

from nimba.commands.demo import write_sample
from nimba.commands.main import main
from nimba.runtime.cleanly import run_cleanly
from tests.full_disk import full_disk


@pytest.fixture
def cloud_file(tmp_path):
    np.save(tmp_path / "cloud.npy", np.random.default_rng(0).normal(size=(150, 3)))
    return tmp_path / "cloud.npy"


@pytest.mark.parametrize("suffix", ["png", "mp4", "html"])
def test_show_on_a_full_disk(cloud_file, tmp_path, suffix, capsys):
    """An MP4 came out cut and without a word; the others ended in tracebacks."""
    output = tmp_path / f"a.{suffix}"
    line = ["show", str(cloud_file), "-o", str(output), "--up", "y", "--centres", "10", "--width", "400"]
    with full_disk(6_000):
        assert main([*line, "--seconds", "0.5"]) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith(f"error: {output}: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cloud.npy"]


def test_show_into_a_file_is_told_before_the_work(cloud_file, capsys):
    output = cloud_file / "a.png"
    assert main(["show", str(cloud_file.with_name("missing.npy")), "-o", str(output)]) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert error == f"error: {output}: Not a directory; a part of that path is a file"


def test_reports_into_a_file(tmp_path, capsys):
    (tmp_path / "results").mkdir()
    (tmp_path / "file").touch()
    assert main(["report", "--results", str(tmp_path / "results"), "--output", str(tmp_path / "file" / "a.md")]) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith(f"error: {tmp_path / 'file'}: ")


def test_a_robustness_test_is_told_before_the_work(tmp_path, capsys):
    (tmp_path / "file").touch()
    command = ["robustness", "evaluate", "--weights", "nowhere.ckpt", "--output", str(tmp_path / "file" / "a.json")]
    assert main(command) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith(f"error: {tmp_path / 'file' / 'a.json'}: Not a directory")


def test_the_demos_sample_is_whole_or_not_there(tmp_path, capsys):
    with full_disk():
        assert run_cleanly(lambda: write_sample(tmp_path / "chair.ply")) == 2
    assert capsys.readouterr().err == f"error: {tmp_path / 'chair.ply'}: File too large\n"
    assert list(tmp_path.iterdir()) == []

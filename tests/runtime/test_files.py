"""Files appear whole or not at all: at a full disk, with two writers at once, after a kill."""

import errno
import json
import os
import stat
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from nimba.runtime.errors import InputError
from nimba.runtime.files import atomic_write, check_output, naming, write_json
from nimba.training.checkpoints import WholeCheckpointIO
from tests.full_disk import full_disk


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_writes_a_file_that_anybody_may_read_as_other_programs_do(tmp_path):
    before = os.umask(0o027)
    try:
        atomic_write(tmp_path / "a.txt", lambda partial: partial.write_text("new"))
    finally:
        os.umask(before)
    assert (tmp_path / "a.txt").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o640
    assert names(tmp_path) == ["a.txt"]


def test_writers_that_overlap_do_not_share_a_partial_file(tmp_path):
    """With one fixed name for the partial file the inner writer takes the outer's away."""

    def outer(partial):
        partial.write_text("first half, ")
        atomic_write(tmp_path / "a.txt", lambda other: other.write_text("inner"))
        with partial.open("a") as file:
            file.write("second half")

    atomic_write(tmp_path / "a.txt", outer)
    assert (tmp_path / "a.txt").read_text() == "first half, second half"
    assert names(tmp_path) == ["a.txt"]


def test_processes_that_write_one_file_at_once_leave_a_whole_one(tmp_path):
    script = """
import sys
from pathlib import Path
from nimba.runtime.files import write_json
for _ in range(40):
    write_json(Path(sys.argv[1]), [int(sys.argv[2])] * 20_000)
"""
    path = tmp_path / "a.json"
    write_json(path, [0] * 20_000)
    command = [sys.executable, "-c", script, str(path)]
    writers = [subprocess.Popen([*command, str(number)]) for number in (1, 2)]
    read = 0
    while any(writer.poll() is None for writer in writers):
        content = json.loads(path.read_text())
        assert len(content) == 20_000
        assert len(set(content)) == 1
        read += 1
    assert [writer.returncode for writer in writers] == [0, 0]
    assert read > 5
    assert names(tmp_path) == ["a.json"]


def test_a_failure_leaves_what_was_there(tmp_path):
    def fail(partial):
        partial.write_text("half")
        raise ZeroDivisionError

    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(ZeroDivisionError):
        atomic_write(tmp_path / "a.txt", fail)
    assert (tmp_path / "a.txt").read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize(
    "write",
    [
        lambda partial: partial.write_text("x" * 100_000),
        lambda partial: np.save(partial.open("wb"), np.zeros(100_000)),
    ],
    ids=["text", "numpy"],
)
def test_a_full_disk_is_an_error_that_names_the_file(tmp_path, write):
    path = tmp_path / "a.bin"
    path.write_text("old")
    with full_disk(), pytest.raises(OSError) as caught:  # noqa: PT011 - what it says is asserted below
        atomic_write(path, write)
    assert caught.value.filename == str(path)
    assert path.read_text() == "old"
    assert names(tmp_path) == [path.name]


def test_a_full_disk_behind_another_librarys_error_is_told(tmp_path):
    """torch.save raises a RuntimeError about its own state, and says nothing of the disk."""

    def write(partial):
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:
            raise RuntimeError("unexpected pos 640 vs 598") from error

    with pytest.raises(OSError, match="No space left on device") as caught:
        atomic_write(tmp_path / "last.ckpt", write)
    assert caught.value.filename == str(tmp_path / "last.ckpt")
    assert names(tmp_path) == []


def test_errors_about_other_files_keep_their_name(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        atomic_write(tmp_path / "a.txt", lambda partial: (tmp_path / "source").read_text())
    assert caught.value.filename == str(tmp_path / "source")

    def bad_input(partial):
        try:
            (tmp_path / "source").read_text()
        except OSError:
            raise InputError("source: missing") from None

    with pytest.raises(InputError, match="source: missing"):
        atomic_write(tmp_path / "a.txt", bad_input)


def test_a_file_in_the_way_of_the_folder_is_named(tmp_path):
    (tmp_path / "file").touch()
    for call in (check_output, lambda path: write_json(path, 1)):
        with pytest.raises(NotADirectoryError) as caught:
            call(tmp_path / "file" / "a.json")
        assert caught.value.filename == str(tmp_path / "file" / "a.json")


def test_devices_and_folders_are_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder"):
        for call in (check_output, lambda path: write_json(path, 1)):
            with pytest.raises(OSError, match=name):
                call(tmp_path / name)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert names(tmp_path) == ["folder", "pipe"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "a.json").symlink_to(tmp_path / "real" / "b.json")
    write_json(tmp_path / "a.json", [1])
    assert (tmp_path / "a.json").is_symlink()
    assert json.loads((tmp_path / "real" / "b.json").read_text()) == [1]


def test_names_of_any_length_can_be_written(tmp_path):
    path = tmp_path / ("ü" * 127)  # 254 bytes: the longest that file systems take is 255
    write_json(path, 1)
    assert names(tmp_path) == [path.name]


def test_what_killed_writers_left_is_swept_away_once_it_is_old(tmp_path):
    old, young, others = (tmp_path / name for name in (".a.txt.1.partial", ".a.txt.2.partial", ".b.txt.1.partial"))
    for path in (old, young, others):
        path.touch()
    for path in (old, others):
        os.utime(path, (time.time() - 2 * 24 * 3600,) * 2)
    atomic_write(tmp_path / "a.txt", lambda partial: partial.write_text("new"))
    assert names(tmp_path) == [".a.txt.2.partial", ".b.txt.1.partial", "a.txt"]


def test_outputs_are_checked_without_leaving_anything(tmp_path):
    (tmp_path / "a.json").write_text("old")
    check_output(tmp_path / "a.json")
    check_output(tmp_path / "not" / "yet" / "there.json")
    assert names(tmp_path) == ["a.json"]
    assert (tmp_path / "a.json").read_text() == "old"


def test_a_full_disk_is_found_before_the_work(tmp_path):
    with full_disk(0), pytest.raises(OSError, match="File too large") as caught:
        check_output(tmp_path / "a.json")
    assert caught.value.filename == str(tmp_path / "a.json")
    assert names(tmp_path) == []


def test_nameless_errors_of_the_disk_get_a_name(tmp_path):
    with pytest.raises(OSError, match="No space left") as caught, naming(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == str(tmp_path)
    with pytest.raises(ConnectionError) as caught, naming(tmp_path):
        raise ConnectionResetError(errno.ECONNRESET, "reset")
    assert caught.value.filename is None


def test_a_checkpoint_that_cannot_be_written_keeps_the_one_before(tmp_path):
    path = tmp_path / "last.ckpt"
    torch.save({"epoch": 1}, path)
    with full_disk(), pytest.raises(OSError, match="File too large") as caught:
        WholeCheckpointIO().save_checkpoint({"weights": torch.zeros(100_000)}, path)
    assert caught.value.filename == str(path)
    assert torch.load(path) == {"epoch": 1}
    assert names(tmp_path) == ["last.ckpt"]

"""A file that kills its reader is passed by at its second death, and nothing else is."""

import os
import signal

import numpy as np
import pytest

from nimba.commands.predict import predict
from nimba.prediction.journal import Journal, deadly, note_deaths
from tests.prediction.many import write_clouds, write_weights
from tests.prediction.on_ray.cluster import deadly_files, start
from tests.prediction.test_predict import table


def die_on(folder, name):
    """A process that is killed while it reads ``name``."""
    child = os.fork()
    if not child:
        with Journal(folder).reading("a-file-before"):
            pass
        journal = Journal(folder)
        with journal.reading(name):
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL


def test_only_the_file_that_was_being_read_is_noted(tmp_path):
    die_on(tmp_path, "a \udcff\n/b.npy")
    assert note_deaths(tmp_path) == ["a \udcff\n/b.npy"]
    assert note_deaths(tmp_path) == []
    assert deadly(tmp_path) == frozenset()
    die_on(tmp_path, "a \udcff\n/b.npy")
    die_on(tmp_path, "c.npy")
    assert sorted(note_deaths(tmp_path)) == ["a \udcff\n/b.npy", "c.npy"]
    assert deadly(tmp_path) == {"a \udcff\n/b.npy"}
    assert [path.name for path in tmp_path.iterdir()] == ["deaths.jsonl"]


def test_living_readers_and_errors_are_not_deaths(tmp_path):
    journal = Journal(tmp_path)
    with journal.reading("a.npy"):
        assert note_deaths(tmp_path) == []
    with pytest.raises(KeyboardInterrupt), journal.reading("b.npy"):
        raise KeyboardInterrupt
    journal.close()
    assert list(tmp_path.iterdir()) == []


def test_a_file_on_which_the_process_died_twice_gets_a_row(tmp_path):
    weights = str(write_weights(tmp_path / "a.safetensors"))
    clouds, output = tmp_path / "clouds", tmp_path / "out"
    names = write_clouds(clouds, 4)
    output.mkdir()
    die_on(output, names[1])
    die_on(output, names[2])
    note_deaths(output)
    die_on(output, names[1])
    assert predict(clouds, output=output, weights=weights) == 1
    errors = {row["file"]: row["error"] for row in table(output)}
    assert list(errors) == names
    assert "died on it" in errors.pop(names[1])
    assert not any(errors.values())  # one death may have been a kill from outside


@pytest.mark.slow
def test_a_process_that_dies_ends_nothing(tmp_path):
    weights = str(write_weights(tmp_path / "a.safetensors"))
    clouds, output = tmp_path / "clouds", tmp_path / "out"
    names = write_clouds(clouds, 12)
    np.save(clouds / "deadly.npy", np.zeros((9, 3), np.float32))
    line = ["predict", str(clouds), "-o", str(output), "--weights", weights, "--batch-size", "2", "--workers", "2"]
    process = start(line, **deadly_files(tmp_path))
    _, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (1, "error: 1 files could not be read; the column error says why\n")
    errors = {row["file"]: row["error"] for row in table(output)}
    assert list(errors) == sorted([*names, "deadly.npy"])
    assert "died on it" in errors.pop("deadly.npy")
    assert not any(errors.values())
    assert (tmp_path / "deaths").read_text() == "xx"

"""A file that kills its reader is passed by at its second death, and nothing else is."""

import os
import signal

import pytest

from nimba.commands.predict import predict
from nimba.prediction import work
from nimba.prediction.batches import CloudReader
from nimba.prediction.journal import Journal, deadly, note_deaths
from tests.prediction.many import write_clouds, write_weights
from tests.prediction.test_predict import rows, table


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


class DyingReader(CloudReader):
    def __getitem__(self, file):
        if file == "bad.npy" and file not in self.deadly:
            with self.journal.reading(file):
                os.kill(os.getpid(), signal.SIGKILL)
        return super().__getitem__(file)


@pytest.mark.slow
def test_a_worker_that_dies_ends_nothing(tmp_path, monkeypatch):
    weights = str(write_weights(tmp_path / "a.safetensors"))
    clouds, output = tmp_path / "clouds", tmp_path / "out"
    names = write_clouds(clouds, 12)
    (clouds / "bad.npy").touch()
    monkeypatch.setattr(work, "CloudReader", DyingReader)
    assert predict(clouds, output=output, weights=weights, batch_size=2, workers=2) == 1
    errors = {row["file"]: row["error"] for row in table(output)}
    assert list(errors) == sorted([*names, "bad.npy"])
    assert "died on it" in errors.pop("bad.npy")
    assert not any(errors.values())
    assert len(rows(output)) == len(names) + 1

"""A run's folder is found again, and never taken from another run in silence."""

import subprocess
import sys
from subprocess import PIPE

import pytest
import torch

from nimba.records.folder import RunFolder
from nimba.runtime.errors import InputError
from nimba.training.cli import train
from tests.training.tiny import KilledError, KillIn, arguments, config


def folder_with(tmp_path, *names: str) -> RunFolder:
    folder = RunFolder(tmp_path, "shapes", 3)
    folder.prepare(keep=False)
    for name in names:
        (folder.path / name).write_text('{"finished": true}' if name == "record.json" else "x")
    return folder


def test_the_path_has_no_time_in_it(tmp_path):
    assert RunFolder(tmp_path, "shapes", 3).path == tmp_path / "shapes" / "3"


@pytest.mark.parametrize("name", ["", "a/b", "..", "/abs"])
def test_the_experiment_must_name_a_folder(tmp_path, name):
    with pytest.raises(InputError, match="experiment"):
        RunFolder(tmp_path, name, 0)


@pytest.mark.parametrize("name", ["last.ckpt", "record.json", "evaluation"])
def test_another_run_is_in_the_way(tmp_path, name):
    folder = folder_with(tmp_path, name)
    with pytest.raises(InputError, match="--resume"):
        folder.check()
    folder.check(overwrite=True)


def test_resume_needs_a_checkpoint(tmp_path):
    with pytest.raises(InputError, match="no checkpoint"):
        folder_with(tmp_path, "notes.txt").check(resume=True)


def test_a_finished_run_is_not_resumed(tmp_path):
    with pytest.raises(InputError, match="finished"):
        folder_with(tmp_path, "last.ckpt", "record.json").check(resume=True)


def test_resume_and_overwrite_exclude_each_other(tmp_path):
    with pytest.raises(InputError, match="one of them"):
        folder_with(tmp_path, "last.ckpt").check(resume=True, overwrite=True)


@pytest.mark.parametrize("how", [[], ["--resume"], ["--overwrite"]])
def test_a_run_that_died_before_its_first_epoch_is_started_again(tmp_path, capsys, how):
    with pytest.raises(KilledError):
        train(arguments(tmp_path), callbacks=[KillIn(epoch=0)])
    assert (tmp_path / "runs/tiny/0/config.yaml").is_file()
    assert not (tmp_path / "runs/tiny/0/last.ckpt").exists()
    _, objects = train(arguments(tmp_path, "--trainer.max_epochs=1", *how))
    assert objects["trainer"].current_epoch == 1
    said = capsys.readouterr().out
    assert said.count("a run ended here before its first epoch did; starting from the beginning") == 1


def test_a_folder_in_which_another_process_trains_is_left_alone(tmp_path):
    folder = folder_with(tmp_path, "config.yaml")
    program = (
        "import sys; from nimba.records.folder import RunFolder\n"
        f"with RunFolder({str(tmp_path)!r}, 'shapes', 3).held(): print('held', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen([sys.executable, "-c", program], stdin=PIPE, stdout=PIPE)
    assert other.stdout.readline() == b"held\n"
    with pytest.raises(InputError, match="another process trains here"), folder.held():
        pass
    assert folder.config.is_file()
    other.kill()
    other.communicate()
    with folder.held():  # the system has let go of it
        pass


def test_what_is_not_of_a_run_stays(tmp_path):
    folder = folder_with(tmp_path, "last.ckpt", "notes.txt")
    folder.prepare(keep=False)
    assert [path.name for path in folder.path.iterdir()] == ["notes.txt"]


def test_a_run_goes_on_under_its_own_config_only(tmp_path):
    with pytest.raises(KilledError):
        train(arguments(tmp_path), callbacks=[KillIn(epoch=1)])
    checkpoint = tmp_path / "runs/tiny/0/last.ckpt"
    before = checkpoint.read_bytes()
    for change, name in [
        ("--model.optimizer.lr=0.5", "model.optimizer.lr: is 0.5"),
        ("--trainer.max_epochs=9", "trainer.max_epochs: is 9"),
        ("--data.batch_size=4", "batch_size: is 4"),
    ]:
        with pytest.raises(InputError, match=name):
            train(arguments(tmp_path, "--resume", change))
    with pytest.raises(InputError, match="holds a run already"):
        train(arguments(tmp_path))
    assert checkpoint.read_bytes() == before
    train(arguments(tmp_path, "--resume", "--data.num_workers=1"))  # how the data is read is no matter


def test_a_bad_config_does_not_cost_the_earlier_run(tmp_path):
    train(arguments(tmp_path, "--trainer.max_epochs=1", "--test_at_end=false"))
    settings = config(tmp_path)
    settings["data"]["init_args"]["root"] = str(tmp_path / "nowhere")
    with pytest.raises(InputError, match="nowhere"):
        train(arguments(tmp_path, "--overwrite", settings=settings))
    assert (tmp_path / "runs/tiny/0/last.ckpt").is_file()


def test_a_damaged_checkpoint_is_one_line(tmp_path):
    folder = RunFolder(tmp_path / "runs", "tiny", 0)
    folder.prepare(keep=False)
    folder.checkpoint.write_bytes(b"PK\x03\x04 not a checkpoint")
    with pytest.raises(InputError, match="not a checkpoint, or cut short"):
        train(arguments(tmp_path, "--resume"))


def test_a_kill_while_writing_leaves_the_earlier_checkpoint(tmp_path, monkeypatch):
    from nimba.training.checkpoints import WholeCheckpointIO

    path = tmp_path / "last.ckpt"
    WholeCheckpointIO().save_checkpoint({"epoch": 1}, path)

    def die_half_way(checkpoint, file):
        file.write(b"half")
        raise KilledError

    monkeypatch.setattr(torch, "save", die_half_way)
    with pytest.raises(KilledError):
        WholeCheckpointIO().save_checkpoint({"epoch": 2}, path)
    assert torch.load(path, weights_only=True) == {"epoch": 1}
    assert list(tmp_path.iterdir()) == [path]

"""What a config names: known classes and no others, whether it is a file of its own or out of a checkpoint."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml

import nimba
from nimba.evaluation.cli import main as evaluate
from nimba.evaluation.evaluate import data_parser
from nimba.records.stored import stored_config
from nimba.records.trust import OF_DATA, may_name, trusted
from nimba.robustness.subject import open_subject
from nimba.runtime.errors import InputError
from nimba.training.cli import TrainingCLI, train
from tests.training.tiny import arguments, config, read

ROOT = Path(nimba.__file__).parents[1]


def command(tmp_path):
    """What gives a stranger away: a command that leaves a file."""
    return {"class_path": "subprocess.Popen", "init_args": {"args": f"touch {tmp_path}/PWNED", "shell": True}}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    train(arguments(folder, "--trainer.max_epochs=1", "--test_at_end=false"))
    return folder


def evil(run, tmp_path, transforms):
    checkpoint = read(run / "runs/tiny/0/last.ckpt")
    checkpoint["config"]["data"]["init_args"]["transforms"] = transforms
    torch.save(checkpoint, tmp_path / "evil.ckpt")
    return str(tmp_path / "evil.ckpt")


@pytest.mark.parametrize("way_in", ["nested", "itself", "function", "text"])
@pytest.mark.parametrize("reader", ["eval", "robustness"])
def test_a_checkpoint_runs_no_command(run, tmp_path, way_in, reader):
    foreign = command(tmp_path)
    transforms = {
        "nested": [{"class_path": "torch_geometric.transforms.GDC", "init_args": {"diffusion_kwargs": {"x": foreign}}}],
        "itself": [foreign],
        "function": [
            {"class_path": "torch_geometric.transforms.ComposeFilters", "init_args": {"filters": ["os.abort"]}}
        ],
        "text": ["subprocess.Popen"],
    }[way_in]
    path = evil(run, tmp_path, transforms)
    with pytest.raises(InputError) as caught:
        evaluate(["--checkpoint", path]) if reader == "eval" else open_subject(path)
    assert not (tmp_path / "PWNED").exists()
    assert "\n" not in str(caught.value)


def test_the_command_line_says_so_too(run, tmp_path):
    path = evil(run, tmp_path, [command(tmp_path)])
    done = subprocess.run(
        [sys.executable, "eval.py", "--checkpoint", path], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "subprocess.Popen" in done.stderr
    assert not (tmp_path / "PWNED").exists()


@pytest.mark.parametrize("place", ["model.model_settings.seed", "model.mixing", "trainer.callbacks", "trainer.logger"])
def test_a_config_runs_no_command(tmp_path, place):
    settings, foreign = config(tmp_path), command(tmp_path)
    section, key = settings, place.split(".")
    for part in key[:-1]:
        section = section[part]
    section[key[-1]] = [foreign] if place == "trainer.callbacks" else foreign
    with pytest.raises(InputError) as caught:
        train(arguments(tmp_path, settings=settings))
    assert place.rpartition(".")[0] in str(caught.value)
    assert not (tmp_path / "PWNED").exists()


def test_a_callback_takes_no_function_by_name(tmp_path):
    spec = {"class_path": "lightning.pytorch.callbacks.LambdaCallback", "init_args": {"on_fit_start": "os.abort"}}
    with pytest.raises(InputError, match="no class that a config may name"):
        train(arguments(tmp_path, settings=config(tmp_path, callbacks=[spec])))


@pytest.mark.parametrize("place", ["data", "model", "trainer", "model.optimizer", "model.mixing", "trainer.callbacks"])
def test_a_config_opens_no_other_file(tmp_path, place):
    secret = tmp_path / "secret.yaml"
    secret.write_text("password: hunter2\n")
    settings = config(tmp_path)
    section, key = settings, place.split(".")
    for part in key[:-1]:
        section = section[part]
    section[key[-1]] = str(secret)
    with pytest.raises(InputError) as caught:
        TrainingCLI(arguments(tmp_path, settings=settings))
    assert "hunter2" not in str(caught.value)
    assert "password" not in str(caught.value)


def test_yaml_that_grows_is_refused_as_a_config(tmp_path):
    levels = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 20)]
    (tmp_path / "bomb.yaml").write_text("\n".join(["a0: &a0 [x]", *levels]))
    with pytest.raises(InputError, match=r"bomb\.yaml, line \d+: more than"):
        TrainingCLI(["fit", "--config", str(tmp_path / "bomb.yaml")])


def endless():
    config = {"data": {}}
    config["data"]["init_args"] = config
    return config


def doubled():
    value = [0]
    for _ in range(40):
        value = [value, value]
    return {"data": {"init_args": {"x": value}}}


@pytest.mark.parametrize(
    "config",
    [3, [1], {"data": 3}, {"trainer": [1]}, {"data": {"init_args": [1]}}, endless(), doubled(), {"data": {"x": {1}}}],
    ids=["number", "list", "data", "trainer", "init_args", "endless", "doubled", "set"],
)
def test_a_stored_config_of_another_form_is_one_line(config):
    with pytest.raises(InputError, match=r"some\.ckpt: its"):
        stored_config({"config": config}, "some.ckpt")


def test_our_own_classes_are_made(tmp_path):
    stored = config(tmp_path)
    rotate = {"class_path": "torch_geometric.transforms.RandomRotate", "init_args": {"degrees": 180, "axis": 1}}
    stored["data"]["init_args"]["transforms"].append(rotate)
    parser = data_parser({"config": stored})
    data = parser.instantiate(parser.parse_args([])).data
    assert [type(one).__name__ for one in data.transforms] == ["RandomScale", "RandomRotate"]


def test_packages_of_the_users_own_are_trusted_by_name(monkeypatch):
    assert not may_name("mine.Data", OF_DATA)
    monkeypatch.setenv("NIMBA_TRUST", "mine, subprocess,jsonargparse,os.path, not a name")
    assert trusted() == ["mine"]  # never what runs commands, nor the policy itself
    assert may_name("mine.deep.Data", OF_DATA)
    assert not may_name("minefield.Data", OF_DATA)


def test_all_configs_here_name_known_classes_only():
    for path in sorted((ROOT / "configs").glob("**/*.yaml")):
        stored_config({"config": yaml.safe_load(path.read_text())}, str(path))

"""``nimba train CONFIG``: what train.py does, with the options of ``nimba train``."""

import json

import pytest
import yaml

import nimba
from nimba.commands.arguments import with_settings
from nimba.commands.main import main
from nimba.runtime.configs import find_config, list_configs
from nimba.runtime.errors import InputError
from tests.training.tiny import config


@pytest.fixture
def tiny(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(yaml.safe_dump(config(tmp_path)))
    return path


def test_a_config_is_run_and_its_weights_are_kept(tmp_path, tiny):
    words = ["train", str(tiny), "-o", str(tmp_path / "run"), "--epochs", "2", "--trainer.log_every_n_steps", "1"]
    assert main(words) == 0
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    assert len(record["epochs"]) == 2
    assert record["config"]["trainer"]["log_every_n_steps"] == 1
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["oa"] == record["test"]["OA"]
    assert nimba.load(tmp_path / "run").spec.model == "nimba_tiny"
    with pytest.raises(InputError, match=r"finished|holds a run"):
        nimba.train(str(tiny), output=tmp_path / "run", epochs=2)


def test_options_that_a_config_has_no_room_for_are_told(tiny, tmp_path):
    with pytest.raises(InputError, match="group_by: is for data of your own"):
        nimba.train(str(tiny), output=tmp_path / "run", group_by="a")


def test_a_misspelt_setting_is_one_line(tiny, tmp_path, capsys):
    assert main(["train", str(tiny), "-o", str(tmp_path / "run"), "--trainer.max_epoch=2"]) == 2
    said = capsys.readouterr().err
    assert "max_epoch" in said
    assert said.count("\n") == 1


def test_configs_come_with_the_package():
    assert {"modelnet40_cpu", "shapes", "scanobjectnn_pb_t50_rs"} <= set(list_configs())
    assert find_config("shapes").is_file()
    with pytest.raises(InputError, match="did you mean 'shapes'"):
        find_config("shape")
    with pytest.raises(InputError, match="no such config"):
        find_config("nowhere.yaml")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (["train", "x", "--epochs", "3"], ["train", "x", "--epochs", "3"]),
        (["train", "x", "--a.b", "3", "-o", "y"], ["train", "x", "-o", "y", "--settings", "a.b=3"]),
        (["train", "--a.b=3", "x"], ["train", "x", "--settings", "a.b=3"]),
        (["train", "x", "--a.flag", "--c.d", "-1"], ["train", "x", "--settings", "a.flag", "c.d=-1"]),
        (["train", "x", "--lr=1.5"], ["train", "x", "--lr=1.5"]),
    ],
)
def test_dotted_options_are_gathered(line, expected):
    assert with_settings(line) == expected

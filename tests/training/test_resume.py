"""A run that was killed and resumed equals one without interruption, bit by bit."""

import json

import pytest

from nimba.training.cli import train
from tests.training.tiny import EMA, KilledError, KillIn, arguments, config, read, same


@pytest.mark.parametrize(
    ("callbacks", "cache_on_device", "mixing"),
    [
        ([], False, None),
        ([EMA], False, None),
        ([], True, None),
        ([], False, "PointCutMixR"),
        ([EMA], True, "WOLFMix"),
    ],
    ids=["plain", "ema", "cache_on_device", "mixing", "all"],
)
def test_resuming_changes_nothing(tmp_path, callbacks, cache_on_device, mixing):
    settings = config(tmp_path, callbacks=callbacks)
    settings["data"]["init_args"] |= {"val_fraction": 0.3, "cache_on_device": cache_on_device}
    settings["model"]["mixing"] = mixing and {"class_path": f"nimba.training.mixing.{mixing}"}
    command = arguments(tmp_path, settings=settings)
    straight, _ = train([*command, "--experiment=straight"])
    with pytest.raises(KilledError):
        train([*command, "--experiment=cut"], callbacks=[KillIn(epoch=2)])
    resumed, objects = train([*command, "--experiment=cut", "--resume"])

    assert objects["trainer"].current_epoch == 4
    assert resumed == straight
    one = read(tmp_path / "runs/straight/0/last.ckpt")
    other = read(tmp_path / "runs/cut/0/last.ckpt")
    parts = {"state_dict", "optimizer_states", "lr_schedulers", "current_model_state", "averaging_state", "nimba"}
    assert ("averaging_state" in one) == bool(callbacks)
    for part in parts & one.keys():
        assert same(one[part], other[part]), part
    records = [json.loads((tmp_path / f"runs/{name}/0/record.json").read_text()) for name in ("straight", "cut")]
    assert records[0]["epochs"] == records[1]["epochs"]
    assert len(records[1]["epochs"]) == 4


def test_seconds_go_on_over_a_resume(tmp_path):
    with pytest.raises(KilledError):
        train(arguments(tmp_path), callbacks=[KillIn(epoch=3)])
    record = tmp_path / "runs/tiny/0/record.json"
    before = json.loads(record.read_text())
    train(arguments(tmp_path, "--resume"))
    after = json.loads(record.read_text())
    assert not before["finished"]
    assert after["finished"]
    assert after["seconds"] >= before["seconds"]


def test_weights_differ_with_the_seed(tmp_path):
    command = arguments(tmp_path, "--trainer.max_epochs=1", "--test_at_end=false")
    train(command)
    train([*command, "--seed_everything=1"])
    one, other = (read(tmp_path / f"runs/tiny/{seed}/last.ckpt")["state_dict"] for seed in (0, 1))
    assert not same(one, other)

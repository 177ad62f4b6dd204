"""A run resumes with its own settings, and with none that were switched on or off since."""

import pytest
import torch

from nimba.records.folder import RunFolder
from nimba.runtime.errors import InputError
from nimba.training.resuming import check_same_run

MIXING = {"class_path": "nimba.training.mixing.RSMix", "init_args": {"probability": 0.5}}
CONFIG = {
    "seed_everything": 0,
    "model": {"model": "nimba_tiny", "mixing": None, "optimizer": {"lr": 0.1}},
    "data": {"class_path": "nimba.datasets.ShapesDataModule", "init_args": {"root": "here", "batch_size": 8}},
    "trainer": {"max_epochs": 3, "precision": "32-true"},
}


def changed(section, **values):
    return {**CONFIG, section: {**CONFIG[section], **values}}


def without(section, key):
    return {**CONFIG, section: {name: value for name, value in CONFIG[section].items() if name != key}}


def run_of(config, tmp_path):
    folder = RunFolder(tmp_path, "tiny", 0)
    folder.path.mkdir(parents=True)
    torch.save({"config": config, "state_dict": {}}, folder.checkpoint)
    return folder


@pytest.mark.parametrize(
    ("there", "here", "message"),
    [
        (CONFIG, changed("model", mixing=MIXING), r"model\.mixing\.class_path: is nimba.*RSMix, but .* has None"),
        (changed("model", mixing=MIXING), CONFIG, r"model\.mixing\.class_path: is None, but .* has nimba.*RSMix"),
        (CONFIG, changed("model", optimizer={"lr": 0.2}), r"model\.optimizer\.lr: is 0\.2, but .* has 0\.1"),
        (CONFIG, changed("trainer", max_epochs=4), r"trainer\.max_epochs: is 4, but .* has 3"),
        (CONFIG, {**CONFIG, "seed_everything": 1}, "seed_everything: is 1, but .* has 0"),
    ],
)
def test_another_setting_is_refused(there, here, message, tmp_path):
    with pytest.raises(InputError, match=message):
        check_same_run(run_of(there, tmp_path), here)


@pytest.mark.parametrize(
    ("there", "here"),
    [
        (CONFIG, CONFIG),
        (without("model", "mixing"), changed("model", mixing=MIXING)),  # from before there was mixing
        (without("model", "mixing"), CONFIG),
        (CONFIG, changed("data", init_args={"root": "there", "batch_size": 8, "cache_on_device": False})),
    ],
)
def test_what_does_not_differ_or_was_not_there_is_no_matter(there, here, tmp_path):
    check_same_run(run_of(there, tmp_path), here)

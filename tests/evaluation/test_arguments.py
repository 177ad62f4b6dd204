"""What a user reads of a bad config: one line with the place, the complaint and the value."""

import pytest

from nimba.runtime.errors import InputError
from nimba.training.cli import TrainingCLI
from tests.training.tiny import arguments, config


def complaint(tmp_path, key="", value=None, more=()):
    settings = config(tmp_path)
    *path, last = key.split(".")
    place = settings
    for part in path:
        place = place[int(part)] if part.isdigit() else place[part]
    if last:
        place[last] = value
    with pytest.raises(InputError) as caught:
        TrainingCLI(arguments(tmp_path, *more, settings=settings))
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 400
    return message


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("modle", 1, "modle"),
        ("model.deepth", 1, "model.deepth"),
        ("model.optimizer.learning_rate", 1, "model.optimizer.learning_rate"),
        ("model.optimizer.lr", "fast", "model.optimizer.lr: expected a number, got fast"),
        ("model.model", "nimba_huge", "nimba_huge"),
        ("model.model_settings", {"deepth": 2}, "did you mean 'depth'"),
        ("trainer.max_epoch", 1, "trainer.max_epoch"),
        ("trainer.max_epochs", "many", "trainer.max_epochs: expected a whole number, got many"),
        ("trainer.max_epochs", -1, "trainer.max_epochs"),
        ("trainer.accelerator", "gpu", "trainer: "),
        ("trainer.accelerator", "abacus", "abacus"),
        ("trainer.precision", 7, "trainer"),
        ("trainer.enable_checkpointing", False, "trainer: "),
        ("data.init_args.batch_sise", 1, "ModelNet40DataModule: Option 'batch_sise' is not accepted"),
        ("data.init_args.batch_size", "x", "ModelNet40DataModule: batch_size: expected a whole number, got x"),
        ("data.init_args.batch_size", 0, "batch_size"),
        ("data.class_path", "nimba.datasets.Nope", "nimba.datasets.Nope"),
        ("data.init_args.transforms.0.init_args", {"bar": 1}, "transforms.RandomScale: Option 'bar' is not accepted"),
        ("trainer.callbacks", [{"class_path": "nimba.training.WeightEMA", "init_args": {"dk": 1}}], "Option 'dk'"),
    ],
)
def test_of_a_bad_key_or_value(tmp_path, key, value, expected):
    assert expected in complaint(tmp_path, key, value)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (["--modle.model", "x"], "--modle.model"),
        (["--trainer.max_epochs", "x"], "got x"),
        (["--config", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_of_a_bad_option(tmp_path, more, expected):
    assert expected in complaint(tmp_path, more=more)


@pytest.mark.parametrize("command", [[], ["train"], ["fit"]])
def test_of_an_incomplete_command(command):
    with pytest.raises(InputError, match="fit"):
        TrainingCLI(command)

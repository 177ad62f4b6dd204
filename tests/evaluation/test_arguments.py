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
        ("modle", 1, "modle'; did you mean 'model'"),
        ("trainer.max_epoch", 3, "did you mean 'max_epochs'"),
        ("model.optimizer.weigth_decay", 3, "did you mean 'weight_decay'"),
        ("model.optimizer.learning_rate", 1, "known: betas, fused, lr, name, weight_decay"),
        ("data.class_path", "ModelNet40DataModul", "data: no class is called 'ModelNet40DataModul'; did you mean"),
        ("data.class_path", "nimba.dataset.ModelNet40DataModule", "did you mean 'ModelNet40DataModule'"),
        ("data.class_path", "torch.nn.Linear", "torch.nn.Linear: no class that a config may name"),
        ("data", "Nope", "data: no class is called 'Nope'"),
        ("model.mixing", {"class_path": "nimba.training.mixing.RSMi"}, "did you mean 'RSMix'"),
        ("trainer.strategy", {"class_path": "nimba.training.ShardedBlock"}, "did you mean 'ShardedBlocks'"),
        ("model.model_settings", {"seed": {"class_path": "x.Y"}}, "model.model_settings: expected a"),
        ("model.deepth", 1, "model.deepth"),
        ("model.optimizer.learning_rate", 1, "model.optimizer.learning_rate"),
        ("model.optimizer.lr", "fast", "model.optimizer.lr: expected a number, got fast"),
        ("model.optimizer.lr", None, "model.optimizer.lr: expected a number, got None"),
        ("model.label_smoothing", None, "model.label_smoothing: expected a number, got None"),
        ("data.init_args.num_points", None, "data.num_points: expected a whole number, got None"),
        ("data.init_args.batch_size", None, "data.batch_size: expected a whole number, got None"),
        ("model.model", "nimba_huge", "nimba_huge"),
        ("model.model_settings", {"deepth": 2}, "did you mean 'depth'"),
        ("trainer.max_epoch", 1, "trainer.max_epoch"),
        ("trainer.max_epochs", "many", "trainer.max_epochs: expected a whole number, got many"),
        ("trainer.max_epochs", -1, "trainer.max_epochs"),
        ("trainer.accelerator", "gpu", "trainer: "),
        ("trainer.accelerator", "abacus", "abacus"),
        ("trainer.precision", 7, "trainer"),
        ("trainer.enable_checkpointing", False, "trainer: "),
        ("data.init_args.batch_sise", 1, "Option 'batch_sise' is not accepted; did you mean 'batch_size'"),
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
        (["--config", "nowhere.yaml"], "nowhere.yaml: cannot be read"),
        (["--trainer.max_epoch", "3"], "unrecognized arguments: --trainer.max_epoch 3; did you mean 'max_epochs'"),
        (["--data", "Nope"], "data: no class is called 'Nope'"),
        (["--data.resident", "true"], "it is called cache_on_device now"),
    ],
)
def test_of_a_bad_option(tmp_path, more, expected):
    assert expected in complaint(tmp_path, more=more)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: [1,\n c: 2\n", "broken.yaml, line 4: not valid YAML"),
        ("- a\n- b\n", "broken.yaml: holds no settings"),
        ("", "broken.yaml: holds no settings"),
    ],
)
def test_of_a_broken_file_names_it_and_the_line(tmp_path, text, expected):
    (tmp_path / "broken.yaml").write_text(text)
    with pytest.raises(InputError) as caught:
        TrainingCLI(["fit", "--config", str(tmp_path / "broken.yaml")])
    assert expected in str(caught.value)
    assert "unicode string" not in str(caught.value)


def test_settings_of_a_model_keep_their_types(tmp_path):
    given = {"normalise_patches": False, "depth": 2, "r": 0.5, "auxiliary_depths": [1], "start": 3, "bits": None}
    settings = config(tmp_path)
    settings["model"]["model_settings"] |= given
    more = ["--model.model_settings.start", "high", "--model.model_settings.r", "1e-1"]
    task = TrainingCLI(arguments(tmp_path, "--trainer.fast_dev_run=true", *more, settings=settings)).model
    made = task.model.settings
    assert (made.normalise_patches, made.depth, made.auxiliary_depths, made.bits) == (False, 2, (1,), None)
    assert (made.start, made.r) == ("high", 0.1)


@pytest.mark.parametrize("command", [[], ["train"], ["fit"]])
def test_of_an_incomplete_command(command):
    with pytest.raises(InputError, match="fit"):
        TrainingCLI(command)

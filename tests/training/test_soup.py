"""Averaged weights: against sums by hand, with norms and calibration found anew, and what does not go together."""

from dataclasses import replace

import pytest
import torch

import nimba
from nimba.classifier.pretrained import save_weights
from nimba.commands.main import main
from nimba.runtime.errors import InputError
from nimba.training.cli import train
from nimba.training.norms import reestimate
from nimba.training.soup import average_weights, blend, refit

WIDTHS = {"--model.model": "nimba_tiny", "--model.model_settings": '{"dim": 16, "depth": 1, "num_centres": 8}'}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs on the built-in shapes."""
    folder = tmp_path_factory.mktemp("runs")
    checkpoints = []
    for seed in (0, 1):
        words = ["fit", "--config", "configs/shapes.yaml", "--runs", str(folder), "--seed_everything", str(seed)]
        sizes = {
            "train_size": 160,
            "test_size": 10,
            "num_points": 64,
            "val_fraction": 0.25,
            "cache_dir": folder / "data",
        }
        words += [text for key, value in sizes.items() for text in (f"--data.init_args.{key}", str(value))]
        words += [text for pair in WIDTHS.items() for text in pair]
        words += ["--trainer.max_epochs", "1", "--trainer.accelerator", "cpu"]
        _, objects = train([*words, "--trainer.enable_progress_bar", "false"])
        checkpoints.append(objects["folder"].checkpoint)
    return checkpoints, objects["data"]


def test_every_weight_is_the_mean(runs):
    first, second = (nimba.load(path).state_dict() for path in runs[0])
    model = average_weights(runs[0])
    for name, value in model.state_dict().items():
        wanted = ((first[name].double() + second[name].double()) / 2).float()
        assert torch.equal(value, wanted if value.is_floating_point() else first[name]), name
    assert any(not torch.equal(first[name], second[name]) for name in first)
    assert model.spec.calibration is None
    assert model.familiarity is None
    assert not model.training


def test_the_mean_is_one_of_many(runs, tmp_path):
    """Of w, w, w and w + 4 d it is w + d."""
    path = runs[0][0]
    model = nimba.load(path)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 4.0
    save_weights(model, model.spec, tmp_path / "moved.safetensors", torch.float32)
    mean = average_weights([path, tmp_path / "moved.safetensors", path, path])
    for (name, value), start in zip(mean.named_parameters(), nimba.load(path).parameters(), strict=True):
        torch.testing.assert_close(value, start + 1.0, msg=name)


def test_a_network_and_itself_is_that_network(runs):
    one, mean = nimba.load(runs[0][0]), average_weights([runs[0][0]] * 3)
    clouds = torch.rand(2, 64, 3)
    with torch.inference_mode():
        torch.testing.assert_close(mean(clouds), one(clouds))


def test_counts_are_those_of_the_first(runs, tmp_path):
    model = nimba.load(runs[0][1])
    counts = [buffer for name, buffer in model.named_buffers() if name.endswith("num_batches_tracked")]
    assert counts
    for count in counts:
        count.fill_(1_000_001)
    save_weights(model, model.spec, tmp_path / "counted.safetensors", torch.float32)
    buffers = dict(average_weights([runs[0][0], tmp_path / "counted.safetensors"]).named_buffers())
    first = dict(nimba.load(runs[0][0]).named_buffers())
    assert all(torch.equal(value, first[name]) for name, value in buffers.items() if not value.is_floating_point())


def test_norms_and_calibration_are_found_anew(runs):
    checkpoints, data = runs
    soup, by_hand = blend(checkpoints), average_weights(checkpoints)
    mean = soup.model
    before = {name: buffer.clone() for name, buffer in mean.named_buffers() if name.endswith("running_mean")}
    refitted = refit(soup, data, clouds=64)
    batches = [batch for _, batch in zip(range(2), data.train_dataloader(), strict=False)]
    assert refitted.norm_clouds == sum(len(points) for points, _ in batches)
    reestimate(by_hand, iter(batches))
    after = dict(by_hand.named_buffers())
    for name, buffer in mean.named_buffers():
        torch.testing.assert_close(buffer, after[name], msg=name)
    assert any(not torch.allclose(before[name], after[name]) for name in before)
    assert refitted.calibration.clouds == 40
    assert mean.spec.calibration == refitted.calibration
    assert mean.familiarity is not None


def test_norms_that_all_share_stay(runs, tmp_path):
    """Networks that were fine-tuned with frozen norms: other clouds would make others of them."""
    checkpoints, data = runs
    model = nimba.load(checkpoints[0])
    with torch.no_grad():
        for parameter in model.parameters():
            parameter *= 1.01
    save_weights(model, model.spec, tmp_path / "tuned.safetensors", torch.float32)
    soup = blend([checkpoints[0], tmp_path / "tuned.safetensors"])
    assert refit(soup, data).norm_clouds == 0
    after = dict(soup.model.named_buffers())
    assert all(torch.equal(value, after[name]) for name, value in model.named_buffers())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"class_names": [f"other {n}" for n in range(12)]}, "its class 0 is other 0, that of .* is "),
        ({"num_points": 65}, "its num_points is 65, that of .* is 64; give networks of one kind"),
        ({"settings": {"r": 0.7}}, r"its r is 0\.7, that of .* is 0\.8"),
        ({"normalisation": "cube"}, "its normalisation is cube"),
    ],
)
def test_other_networks_are_refused_by_name(runs, tmp_path, change, message):
    model = nimba.load(runs[0][0])
    change = {"settings": model.spec.settings | change["settings"]} if "settings" in change else change
    save_weights(model, replace(model.spec, **change), tmp_path / "other.safetensors")
    with pytest.raises(InputError, match=rf"^{tmp_path}/other.safetensors: {message}") as caught:
        average_weights([runs[0][0], tmp_path / "other.safetensors"])
    assert "\n" not in str(caught.value)


def test_settings_of_training_alone_may_differ(runs, tmp_path):
    model = nimba.load(runs[0][0])
    settings = model.spec.settings | {"drop_path": 0.3, "head_dropout": 0.1}
    save_weights(model, replace(model.spec, settings=settings), tmp_path / "other.safetensors", torch.float32)
    average_weights([runs[0][0], tmp_path / "other.safetensors"])


def test_the_command_writes_weights_that_answer(runs, tmp_path, capsys):
    output = tmp_path / "averaged.safetensors"
    assert main(["average", *map(str, runs[0]), "-o", str(output)]) == 0
    said = capsys.readouterr()
    assert "averaged: 2 networks (nimba_tiny, " in said.out
    assert "statistics of norms: of 120 training clouds" in said.out
    assert "calibration: 40 validation clouds" in said.out
    assert said.err == ""
    model = nimba.load(output)
    assert model.spec.calibration.clouds == 40
    assert model.classify(torch.rand(100, 3).numpy()).label is not None


def test_without_data_it_says_what_is_lost(runs, tmp_path, capsys):
    for number, path in enumerate(runs[0]):
        model = nimba.load(path)
        save_weights(model, model.spec, tmp_path / f"{number}.safetensors")
    files = [str(tmp_path / f"{number}.safetensors") for number in (0, 1)]
    output = tmp_path / "averaged.safetensors"
    assert main(["average", *files, "-o", str(output)]) == 0
    said = capsys.readouterr()
    assert said.err.startswith("note: no checkpoint names its data; the statistics of norms are the mean of theirs; ")
    assert "calibration is dropped" in said.err
    assert nimba.load(output).spec.calibration is None
    assert main(["average", *files, "-o", str(output), "--data", str(tmp_path)]) == 2
    assert "no checkpoint says how its data are read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["{0}", "-o", "a.safetensors"], "give two checkpoints or more"),
        (["{0}", "{1}", "-o", "a.ckpt"], "a.ckpt: weights are written as .safetensors"),
        (["{0}", "nowhere.ckpt", "-o", "a.safetensors"], "nowhere.ckpt: neither weights of this package"),
        (["{0}", "nimba-robust", "-o", "a.safetensors"], "nimba-robust: its model is "),
    ],
)
def test_bad_commands_are_one_line(runs, tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    assert main(["average", *(word.format(*runs[0]) for word in words)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert message in line
    assert not list(tmp_path.iterdir())

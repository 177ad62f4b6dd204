import numpy as np
import pytest
import torch

import nimba
from nimba.classifier.pretrained import read_checkpoint, save_weights
from nimba.datasets import ShapesDataModule
from nimba.training.calibrating import calibrate_checkpoint
from nimba.training.cli import train


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    data = folder / "data"
    arguments = ["fit", "--config", "configs/shapes.yaml", "--runs", str(folder), "--trainer.max_epochs", "1"]
    sizes = {"train_size": 160, "test_size": 10, "num_points": 64, "val_fraction": 0.25, "cache_dir": data}
    options = [text for key, value in sizes.items() for text in (f"--data.init_args.{key}", str(value))]
    _, objects = train([*arguments, *options, "--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"])
    return objects


def test_a_run_with_a_validation_split_is_calibrated_at_its_end(run, tmp_path):
    model = nimba.load(run["folder"].checkpoint)
    calibration = model.spec.calibration
    assert calibration.clouds == 40
    assert calibration.temperature > 0
    points = torch.cat([batch[0] for batch in run["data"].val_dataloader()])
    with torch.inference_mode():
        distances = model.familiarity.distances(model.embed(points).features)
    assert calibration.distance == pytest.approx(float(np.quantile(distances, 0.95)), rel=1e-4)
    save_weights(model, model.spec, tmp_path / "kept.safetensors")
    again = nimba.load(tmp_path / "kept.safetensors")
    assert (again.spec.calibration, again.spec.frame) == (calibration, model.spec.frame)
    kept = zip(model.familiarity.to_tensors().values(), again.familiarity.to_tensors().values(), strict=True)
    assert all(torch.equal(before, after) for before, after in kept)


def test_the_network_itself_is_what_it_was(run, tmp_path):
    path = tmp_path / "last.ckpt"
    path.write_bytes(run["folder"].checkpoint.read_bytes())
    before = read_checkpoint(path)
    calibrate_checkpoint(path, run["data"])
    after = read_checkpoint(path)
    assert before.keys() == after.keys()
    assert all(torch.equal(before["state_dict"][name], after["state_dict"][name]) for name in before["state_dict"])


def test_without_a_validation_split_there_is_no_calibration(run, tmp_path):
    data = ShapesDataModule(160, 10, num_points=64, cache_dir=str(run["data"].cache_dir))
    assert calibrate_checkpoint(run["folder"].checkpoint, data) is None

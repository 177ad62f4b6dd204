"""Every config in configs/ parses, and makes its model and its data."""

from pathlib import Path

import pytest
import yaml
from lightning.pytorch import Trainer

import nimba
from nimba.classifier import create_model
from nimba.datasets import CloudDataModule
from nimba.training.cli import TrainingCLI, train
from tests.datasets.layouts import write_folder, write_modelnet40_hdf5, write_scanobjectnn

CONFIGS = sorted((Path(nimba.__file__).parents[1] / "configs").glob("*.yaml"))


class Instantiated(TrainingCLI):
    """Stops before the training."""

    def fit(self, **kwargs):
        pass


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_modelnet40_hdf5(folder / "ModelNet40DataModule", points=1024, classes=40, train=80, test=40)
    write_scanobjectnn(folder / "ScanObjectNNDataModule")
    write_folder(folder / "FolderDataModule")
    for made_of_it in ("ModelNet40ScansDataModule", "PoseDataModule"):
        (folder / made_of_it).symlink_to(folder / "ModelNet40DataModule")
    return folder


@pytest.fixture
def options(roots, tmp_path):
    """The command line that puts a config's data and run into temporary folders."""

    def of(path):
        data = yaml.safe_load(path.read_text())["data"]["class_path"].rsplit(".", 1)[1]
        where = f"--data.cache_dir={tmp_path}" if data == "ShapesDataModule" else f"--data.root={roots / data}"
        return [where, f"--runs={tmp_path}", "--trainer.accelerator=cpu", "--data.num_workers=0"]

    return of


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_config_makes_its_model_and_its_data(path, options):
    cli = Instantiated(["fit", "--config", str(path), *options(path)])
    assert isinstance(cli.datamodule, CloudDataModule)
    assert isinstance(cli.trainer, Trainer)
    assert cli.model.model.num_classes == cli.datamodule.num_classes
    assert cli.datamodule.transforms  # augmentations are the config's, not the code's
    assert cli.config.fit.experiment == path.stem
    assert cli.config.fit.trainer.max_epochs == cli.trainer.max_epochs


def test_all_configs_are_here():
    assert [path.stem for path in CONFIGS] == [
        "ablation",
        "ablation_dense",
        "dales5",
        "modelnet40",
        "modelnet40_best",
        "modelnet40_cpu",
        "modelnet40_dense",
        "modelnet40_scales",
        "pose",
        "scanobjectnn_obj_bg",
        "scanobjectnn_obj_only",
        "scanobjectnn_pb_t50_rs",
        "scans",
        "shapes",
    ]


def test_the_paper_s_config_has_the_paper_s_network(options):
    path = next(path for path in CONFIGS if path.stem == "modelnet40")
    task = Instantiated(["fit", "--config", str(path), *options(path)]).model
    assert sum(p.numel() for p in task.model.parameters()) == 12_246_952
    assert task.model.settings == create_model("nimba_base", drop_path=0.3).settings


def test_the_best_config_keeps_to_the_paper_s_size(options):
    path = next(path for path in CONFIGS if path.stem == "modelnet40_best")
    task = Instantiated(["fit", "--config", str(path), *options(path)]).model
    assert sum(p.numel() for p in task.model.parameters()) < 12_300_000
    assert task.model.settings == create_model("nimba_best", drop_path=0.3).settings


def test_the_shapes_train(options):
    path = next(path for path in CONFIGS if path.stem == "shapes")
    small = ["--data.train_size=64", "--data.test_size=24", "--trainer.fast_dev_run=2"]
    metrics, objects = train(["fit", "--config", str(path), *options(path), *small])
    assert objects["trainer"].global_step == 2
    assert metrics["train/loss"] > 0


@pytest.mark.parametrize("variant", ["obj_bg", "obj_only", "pb_t50_rs"])
def test_scanobjectnn_trains_and_is_scored_as_it_is_configured(variant, options):
    path = next(path for path in CONFIGS if path.stem == f"scanobjectnn_{variant}")
    small = ["--data.batch_size=4", "--trainer.max_epochs=1", "--trainer.limit_train_batches=1"]
    metrics, objects = train(["fit", "--config", str(path), *options(path), *small, "--trainer.limit_test_batches=1"])
    assert objects["trainer"].global_step == 1
    assert 0 <= metrics["test/OA"] <= 1
    assert objects["model"].model.num_classes == 15

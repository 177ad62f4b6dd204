"""The data modules as a configuration sees them: every argument has a name and a type, unknown keys are errors."""

import pytest
from jsonargparse import ArgumentError, ArgumentParser

from nimba.datasets import CloudDataModule, ModelNet40DataModule
from tests.datasets.layouts import write_modelnet40_hdf5


def parser() -> ArgumentParser:
    parser = ArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(CloudDataModule, "data")
    return parser


def configuration(root, **options) -> dict:
    options = {"root": str(root), "num_points": 32, **options}
    return {"data": {"class_path": "nimba.datasets.ModelNet40DataModule", "init_args": options}}


def test_a_configuration_makes_a_data_module(tmp_path):
    transforms = [
        {"class_path": "nimba.datasets.transforms.RandomScale", "init_args": {"low": 0.5}},
        {"class_path": "torch_geometric.transforms.RandomRotate", "init_args": {"degrees": 180, "axis": 1}},
    ]
    root = write_modelnet40_hdf5(tmp_path)
    parsed = parser().parse_object(configuration(root, transforms=transforms, batch_size=4, val_fraction=0.25))
    module = parser().instantiate(parsed).data
    assert isinstance(module, ModelNet40DataModule)
    assert (module.batch_size, module.transforms[0].low, len(module.transforms)) == (4, 0.5, 2)
    points, _ = next(iter(module.train_dataloader()))
    assert points.shape == (4, 32, 3)


@pytest.mark.parametrize(
    "options",
    [
        {"batch_sise": 4},
        {"class_names": ["a"]},
        {"num_points": "many"},
        {"form": "ply"},
        {"normalisation": "sphere"},
        {"transforms": [{"class_path": "nimba.datasets.transforms.RandomScale", "init_args": {"lowest": 1}}]},
    ],
)
def test_what_is_unknown_is_an_error(tmp_path, options):
    with pytest.raises(ArgumentError):
        parser().parse_object(configuration(tmp_path, **options))


@pytest.mark.parametrize("name", ["ModelNet40DataModule", "ScanObjectNNDataModule", "FolderDataModule"])
def test_the_help_lists_the_common_arguments_too(name):
    wanted = ArgumentParser()
    wanted.add_class_arguments(getattr(__import__("nimba.datasets", fromlist=[name]), name), "data")
    text = wanted.format_help()
    for argument in ("root", "num_points", "batch_size", "num_workers", "seed", "val_fraction", "transforms"):
        assert f"--data.{argument}" in text
    assert "--data.class_names" not in text

"""A whole number of batches is not a share of them, whatever was imported before."""

import subprocess
import sys

import pytest

CODE = """
from typing import Optional, Union
Optional[Union[{first}]]  # what some library may have made
from nimba.training.cli import TrainingCLI
from jsonargparse import ArgumentParser
from lightning.pytorch.cli import LightningArgumentParser
from lightning.pytorch import Trainer
from nimba.training.whole_numbers import read_whole_numbers_first
parser = LightningArgumentParser()
parser.add_lightning_class_args(Trainer, "trainer")
read_whole_numbers_first(parser)
read = parser.parse_args(["--trainer.limit_train_batches=1", "--trainer.limit_val_batches=1.0"]).trainer
print(repr(read.limit_train_batches), repr(read.limit_val_batches))
"""


@pytest.mark.parametrize("first", ["int, float", "float, int"])
def test_one_batch_is_not_all_of_them(first):
    done = subprocess.run([sys.executable, "-c", CODE.format(first=first)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "1.0"]

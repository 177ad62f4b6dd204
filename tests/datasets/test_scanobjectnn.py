import re

import numpy as np
import pytest

from nimba.clouds import normalise
from nimba.datasets import ScanObjectNNDataModule
from nimba.runtime.errors import InputError
from tests.datasets.layouts import cloud, clouds, write_hdf5, write_scanobjectnn

NAMES = "bag bin box cabinet chair desk display door shelf table bed pillow sink sofa toilet".split()  # noqa: SIM905


@pytest.mark.parametrize(("variant", "first"), [("OBJ_BG", 0), ("OBJ_ONLY", 100), ("PB_T50_RS", 200)])
@pytest.mark.parametrize("place", [".", "h5_files"])
def test_each_variant_reads_its_own_files(tmp_path, variant, first, place):
    write_scanobjectnn(tmp_path / place)
    data = ScanObjectNNDataModule(str(tmp_path), variant=variant)
    assert (data.class_names, data.num_points, data.normalisation) == (NAMES, 2048, "none")
    train, test = data.load_split("train"), data.load_split("test")
    assert train.labels.tolist() == [0, 14, 3, 7, 1, 2]
    assert test.labels.tolist() == [0, 14, 3, 7]
    np.testing.assert_array_equal(train[5], cloud(first + 5, 2048))
    np.testing.assert_array_equal(test[0], cloud(first + 50, 2048))
    points, _ = next(iter(data.test_dataloader()))
    assert points.shape == (4, 2048, 3)


def test_the_normalisation_may_be_changed(tmp_path):
    data = ScanObjectNNDataModule(str(write_scanobjectnn(tmp_path)), normalisation="unit_sphere", num_points=1024)
    np.testing.assert_array_equal(data.load_split("train")[0], normalise(cloud(200, 2048), "unit_sphere"))


@pytest.mark.parametrize(
    ("variant", "path"),
    [
        ("OBJ_BG", "main_split/training_objectdataset.h5"),
        ("OBJ_ONLY", "main_split_nobg/test_objectdataset.h5"),
        ("PB_T50_RS", "main_split/training_objectdataset_augmentedrot_scale75.h5"),
        ("PB_T50_RS", "main_split/test_objectdataset_augmentedrot_scale75.h5"),
    ],
)
def test_a_missing_file_names_the_form_the_file_and_its_folder(tmp_path, variant, path):
    (write_scanobjectnn(tmp_path) / path).unlink()
    folder, name = path.split("/")
    message = f"https://hkust-vgd.github.io/scanobjectnn/ and put {name} into {tmp_path / folder}"
    with pytest.raises(InputError, match=re.escape(message)):
        ScanObjectNNDataModule(str(tmp_path), variant=variant)


def test_an_unknown_variant(tmp_path):
    with pytest.raises(InputError, match="variant is 'T50': give one of OBJ_BG, OBJ_ONLY, PB_T50_RS"):
        ScanObjectNNDataModule(str(tmp_path), variant="T50")


def test_more_points_than_there_are(tmp_path):
    with pytest.raises(InputError, match=r"num_points is 4096, but .*\.h5 has 2048 points a cloud"):
        ScanObjectNNDataModule(str(write_scanobjectnn(tmp_path)), num_points=4096).setup()


def test_a_label_out_of_range_is_named(tmp_path):
    root = write_scanobjectnn(tmp_path)
    write_hdf5(root / "main_split" / "test_objectdataset.h5", clouds(2), np.array([3, 15]))
    with pytest.raises(InputError, match=r"test_objectdataset\.h5: label 15 is outside the 15 classes"):
        ScanObjectNNDataModule(str(root), variant="OBJ_BG", num_points=32).prepare_data()

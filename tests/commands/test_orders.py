import numpy as np
import pytest

from nimba.commands.main import main
from nimba.serialization import ORDERS
from tests.clouds_to_try import cloud


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "cloud.npy"
    np.save(path, cloud("random", batch=1, count=200)[0].numpy())
    return path


def test_list_names_every_order(capsys):
    assert main(["orders", "list"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names == list(ORDERS)


def test_compare_prints_a_table_and_writes_files(file, tmp_path, capsys):
    arguments = ["--orders", "nimba:nearest,hilbert", "--centres", "32", "--output", str(tmp_path / "out" / "here")]
    assert main(["orders", "compare", str(file), *arguments]) == 0
    out = capsys.readouterr().out
    assert "one cloud, 32 centres each, r = 0.8" in out
    assert "nimba:nearest" in out
    assert {path.name for path in (tmp_path / "out" / "here").iterdir()} == {"orders.csv", "orders.png"}


def test_compare_reads_a_folder_and_says_how_many(file, capsys):
    np.save(file.with_name("other.npy"), cloud("random", batch=1, count=90, seed=1)[0].numpy())
    assert main(["orders", "compare", str(file.parent), "--orders", "axis", "--limit", "1", "--unit", "points"]) == 0
    assert "1 of its 2 clouds" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--orders", "hilbrt"], "did you mean 'hilbert'"),
        (["--orders", "hilbert:nearest"], "has no variants"),
        (["--orders", "nimba:last"], "orders: 'last'"),
        (["--r", "0"], "r: the bound on a step must be positive"),
        (["--centres", "1"], "centres: must be at least 2"),
        (["--limit", "0"], "limit: must be at least 1"),
    ],
)
def test_bad_arguments_are_one_line(file, arguments, message, capsys):
    assert main(["orders", "compare", str(file), *arguments]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.startswith("error: ")
    assert err.count("\n") == 1


def test_a_source_that_is_not_there(tmp_path, capsys):
    assert main(["orders", "compare", str(tmp_path / "nothing")]) == 2
    assert "neither a cloud, a folder with clouds" in capsys.readouterr().err

import json
import multiprocessing
import os
import time
from pathlib import Path

import numpy as np
import pytest

from nimba.datasets.cache import CloudCache
from nimba.runtime.errors import InputError
from tests.datasets.layouts import cloud
from tests.full_disk import full_disk


def make(folder: Path, name: str = "set", **settings) -> CloudCache:
    source = folder / "source.bin"
    if not source.exists():
        source.write_bytes(b"one")
    return CloudCache(folder / "cache", name, [source], ["a", "b"], settings)


def read(sizes=(8, 8, 8)):
    for i, size in enumerate(sizes):
        yield cloud(i, size), i % 2, f"cloud{i}"


def refuse():
    raise AssertionError("the cache is there and fits, nothing is to be read")
    yield


def test_clouds_of_one_size_come_back_memory_mapped(tmp_path):
    clouds = make(tmp_path).open(read, 3)
    assert clouds.points.shape == (3, 8, 3)
    base = clouds.points if isinstance(clouds.points, np.memmap) else clouds.points.base
    assert isinstance(base, np.memmap)
    np.testing.assert_array_equal(clouds[2], cloud(2, 8))
    assert clouds.labels.tolist() == [0, 1, 0]
    assert clouds.ids == ["cloud0", "cloud1", "cloud2"]
    assert clouds.fewest_points == 8


def test_clouds_of_many_sizes_come_back(tmp_path):
    clouds = make(tmp_path).open(lambda: read((5, 9, 2)), 3)
    assert [len(clouds[i]) for i in range(3)] == [5, 9, 2]
    np.testing.assert_array_equal(clouds[1], cloud(1, 9))
    assert clouds.fewest_points == 2


def test_it_is_built_once(tmp_path):
    make(tmp_path).open(read, 3)
    assert len(make(tmp_path).open(refuse, 3)) == 3


def test_it_says_what_it_holds(tmp_path):
    make(tmp_path, normalisation="cube").open(read, 3)
    (path,) = (tmp_path / "cache").iterdir()
    meta = json.loads((path / "meta.json").read_text())
    assert meta["class_names"] == ["a", "b"]
    assert meta["settings"] == {"normalisation": "cube"}


@pytest.mark.parametrize("change", ["size", "time"])
def test_another_source_rebuilds_and_removes_the_old_folder(tmp_path, change):
    make(tmp_path).open(read, 3)
    source = tmp_path / "source.bin"
    if change == "size":
        source.write_bytes(b"longer")
    else:
        os.utime(source, ns=(1, 1))
    assert len(make(tmp_path).open(lambda: read((4,)), 1)) == 1
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_other_settings_make_another_cache(tmp_path):
    make(tmp_path, points=1).open(read, 3)
    assert len(make(tmp_path, points=2).open(lambda: read((4,)), 1)) == 1
    assert len(make(tmp_path, points=1).open(refuse, 3)) == 3


def test_caches_of_other_names_stay(tmp_path):
    make(tmp_path, "set").open(read, 3)
    make(tmp_path, "set-more").open(read, 3)
    (tmp_path / "source.bin").write_bytes(b"longer")
    make(tmp_path, "set").open(read, 3)
    assert sorted(path.name[:-17] for path in (tmp_path / "cache").iterdir()) == ["set", "set-more"]


def test_a_reader_that_fails_leaves_nothing(tmp_path):
    def fail():
        yield from read()
        raise InputError("bad file")

    with pytest.raises(InputError, match="bad file"):
        make(tmp_path).open(fail, 4)
    assert list((tmp_path / "cache").iterdir()) == []
    assert len(make(tmp_path).open(read, 3)) == 3


def test_what_a_killed_process_left_is_not_used_and_is_swept_away_later(tmp_path):
    left = tmp_path / "cache" / ".set-abc.part"
    left.mkdir(parents=True)
    (left / "points.npy").write_bytes(b"half")
    assert len(make(tmp_path).open(read, 3)) == 3
    assert left.exists()  # young: its process may be alive
    os.utime(left, (time.time() - 2 * 24 * 3600,) * 2)
    (tmp_path / "source.bin").write_bytes(b"longer")
    make(tmp_path).open(read, 3)
    assert not left.exists()


def _slowly():
    for item in read():
        time.sleep(0.1)
        yield item


def _open_slowly(folder: Path, results) -> None:
    results.put(make(folder).open(_slowly, 3).points.tolist())


def test_two_processes_may_build_at_once(tmp_path):
    make(tmp_path)
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    workers = [context.Process(target=_open_slowly, args=(tmp_path, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    found = [results.get(timeout=30) for _ in workers]
    for worker in workers:
        worker.join()
    assert found[0] == found[1] == np.stack([cloud(i, 8) for i in range(3)]).tolist()
    assert len(list((tmp_path / "cache").iterdir())) == 1


def cut(path: Path) -> None:
    with (path / "points.npy").open("r+b") as file:
        file.truncate(200)


def lose_a_block(path: Path) -> None:
    """Zeros where contents were never synced, as after a power failure: sizes are right."""
    with (path / "points.npy").open("r+b") as file:
        file.seek(200)
        file.write(bytes(64))


def swap_labels(path: Path) -> None:
    labels = np.load(path / "labels.npy")
    np.save(path / "labels.npy", labels[::-1] ^ 1)


def lose_a_file(path: Path) -> None:
    (path / "ids.json").unlink()


def garble_the_sums(path: Path) -> None:
    (path / "sums.json").write_text("{")


@pytest.mark.parametrize("damage", [cut, lose_a_block, swap_labels, lose_a_file, garble_the_sums])
def test_a_damaged_cache_is_told_of_and_built_again(tmp_path, damage, capsys):
    make(tmp_path).open(read, 3)
    (path,) = (tmp_path / "cache").iterdir()
    damage(path)
    clouds = make(tmp_path).open(read, 3)
    np.testing.assert_array_equal(clouds.points, np.stack([cloud(i, 8) for i in range(3)]))
    assert clouds.labels.tolist() == [0, 1, 0]
    notice = capsys.readouterr().err
    assert notice.startswith(f"{path}: damaged cache: ")
    assert notice.endswith("; building it again\n")
    assert list((tmp_path / "cache").iterdir()) == [path]
    assert len(make(tmp_path).open(refuse, 3)) == 3


def without_sums(tmp_path: Path) -> Path:
    """A cache as it was written before there were checksums."""
    make(tmp_path).open(read, 3)
    (path,) = (tmp_path / "cache").iterdir()
    (path / "sums.json").unlink()
    return path


def test_a_cache_from_before_the_checksums_is_opened(tmp_path):
    without_sums(tmp_path)
    assert len(make(tmp_path).open(refuse, 3)) == 3


def test_a_cache_from_before_the_checksums_that_does_not_fit_itself_is_built_again(tmp_path):
    path = without_sums(tmp_path)
    np.save(path / "points.npy", np.load(path / "points.npy")[:-1])
    assert len(make(tmp_path).open(read, 3)) == 3
    assert (path / "sums.json").is_file()


def test_a_full_disk_names_the_cache_and_leaves_nothing(tmp_path):
    with (
        full_disk(300),
        pytest.raises(InputError, match=r"cannot write the cache \(File too large\): make room, or set"),
    ):
        make(tmp_path).open(read, 3)
    assert list((tmp_path / "cache").iterdir()) == []


def test_an_error_of_a_source_is_not_blamed_on_the_cache(tmp_path):
    def unreadable():
        yield from read()
        raise PermissionError(13, "Permission denied", "source.bin")

    with pytest.raises(PermissionError, match=r"source\.bin"):
        make(tmp_path).open(unreadable, 4)


def test_a_folder_that_cannot_be_written_names_the_way_out(tmp_path):
    (tmp_path / "cache").write_text("a file in the way")
    with pytest.raises(InputError, match="set cache_dir"):
        make(tmp_path).open(read, 3)


def test_a_missing_source_is_named(tmp_path):
    cache = CloudCache(tmp_path / "cache", "set", [tmp_path / "gone.h5"], ["a"])
    with pytest.raises(InputError, match=r"gone\.h5: no such file"):
        cache.open(read, 3)


@pytest.mark.parametrize("label", [-1, 2])
def test_a_label_out_of_range_is_named(tmp_path, label):
    with pytest.raises(InputError, match=f"odd: label {label} is outside the 2 classes"):
        make(tmp_path).open(lambda: [(cloud(0), label, "odd")], 1)
    assert list((tmp_path / "cache").iterdir()) == []


def test_no_clouds_at_all(tmp_path):
    with pytest.raises(InputError, match="no clouds"):
        make(tmp_path).open(lambda: [], 0)

import json

import pytest

from nimba.prediction.shards import CHUNK, ShardWriter, rows_in_order, without_row
from nimba.prediction.share import Share
from nimba.runtime.errors import InputError


def write(folder, share, *files, **more):
    writer = ShardWriter(folder, share)
    writer.write({"file": file, **more} for file in files)
    writer.close()


def names(folder):
    return [row["file"] for row in rows_in_order(folder)]


def test_shards_of_any_processes_are_read_as_one(tmp_path):
    write(tmp_path, Share(0, 2), "a", "d", "e")
    write(tmp_path, Share(1, 2), "b", "g")
    write(tmp_path, Share(0, 3), "c", "f")
    assert names(tmp_path) == list("abcdefg")


def test_each_start_has_its_own_shard(tmp_path):
    write(tmp_path, Share(0, 2), "b")
    write(tmp_path, Share(0, 2), "a")
    found = sorted(path.name for path in tmp_path.iterdir())
    assert found == ["shard-00000-of-00002.1.jsonl", "shard-00000-of-00002.jsonl"]
    assert names(tmp_path) == ["a", "b"]


def test_no_rows_no_shard(tmp_path):
    ShardWriter(tmp_path, Share()).close()
    assert list(tmp_path.iterdir()) == []


def test_a_file_counts_once(tmp_path):
    write(tmp_path, Share(0, 1), "a", "b", n=0)
    write(tmp_path, Share(0, 2), "b", "c", n=1)
    assert [(row["file"], row["n"]) for row in rows_in_order(tmp_path)] == [("a", 0), ("b", 0), ("c", 1)]


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_a_torn_line_counts_as_not_written(tmp_path, cut):
    write(tmp_path, Share(), "a", "b", "c")
    (shard,) = tmp_path.iterdir()
    shard.write_bytes(shard.read_bytes()[:-cut])  # 14 bytes a line
    assert names(tmp_path) == (["a", "b"] if cut < 14 else ["a"])


def test_a_damaged_line_counts_as_not_written(tmp_path):
    write(tmp_path, Share(), "a", "b", "c")
    (shard,) = tmp_path.iterdir()
    content = shard.read_bytes()
    shard.write_bytes(content[:14] + b"\0" * 13 + content[27:])
    assert names(tmp_path) == ["a", "c"]


def test_lines_longer_than_what_is_read_at_once(tmp_path):
    files = [f"{i:04}" for i in range(50)]
    write(tmp_path, Share(), *files, error="x" * (CHUNK // 3))
    assert names(tmp_path) == files


def test_rows_written_later_are_not_read(tmp_path):
    writer = ShardWriter(tmp_path, Share())
    writer.write([{"file": "a"}])
    rows = rows_in_order(tmp_path)
    writer.write([{"file": "b"}])
    assert [row["file"] for row in rows] == ["a"]
    writer.close()


def test_any_name_survives(tmp_path):
    odd = ["new\nline", 'quo"te', "é", b"\xff".decode("utf-8", "surrogateescape")]
    write(tmp_path, Share(), *sorted(odd))
    assert names(tmp_path) == sorted(odd)
    (shard,) = tmp_path.iterdir()
    assert all(json.loads(line) for line in shard.read_text("ascii").splitlines())


def test_without_row(tmp_path):
    rows = [{"file": file} for file in "bdxz"]
    assert list(without_row("abcdefy", rows)) == list("acefy")
    assert list(without_row("abc", [])) == list("abc")


def test_a_full_disk_is_said():
    with pytest.raises(InputError, match="cannot be written"):
        ShardWriter(__import__("pathlib").Path("/proc"), Share()).write([{"file": "a"}])

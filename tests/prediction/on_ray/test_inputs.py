import http.server
import threading
from functools import partial

import numpy as np
import pandas as pd
import pytest

from nimba.inference.decide import Decider  # noqa: F401 - the network's own imports come first
from nimba.prediction.on_ray.fetch import fetched
from nimba.prediction.on_ray.inputs import find_inputs
from nimba.prediction.on_ray.plan import plan
from nimba.runtime.errors import InputError
from nimba.runtime.places import place, scheme_of
from tests.prediction.many import write_clouds


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def web(tmp_path):
    """The test's folder on the web."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_folder_is_listed_as_ever(tmp_path):
    names = write_clouds(tmp_path, 6)
    (tmp_path / "notes.md").touch()
    (tmp_path / "out").mkdir()
    np.save(tmp_path / "out" / "no.npy", np.zeros(3))
    found = find_inputs(str(tmp_path), place(str(tmp_path / "out")))
    assert (found.names, found.passed_over, found.source.is_list) == (names, 1, False)


@pytest.mark.parametrize("ending", [".txt", ".csv", ".parquet"])
def test_a_list_of_paths(tmp_path, ending):
    names = write_clouds(tmp_path, 4)
    entries = [*names, names[0], str(tmp_path / "elsewhere.ply"), "https://example.org/a.ply"]
    path = tmp_path / f"list{ending}"
    frame = pd.DataFrame({"number": range(len(entries)), "path": entries})
    if ending == ".txt":
        path.write_text("# clouds\n" + "\n".join(entries) + "\n\n")
    elif ending == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)
    found = find_inputs(str(path), place(str(tmp_path / "out")))
    assert found.names == sorted(set(entries))
    assert found.source.path(names[0]) == tmp_path / names[0]
    assert found.source.path(str(tmp_path / "elsewhere.ply")) == tmp_path / "elsewhere.ply"
    assert found.source.path("https://example.org/a.ply") is None


def test_a_list_on_the_web(tmp_path, web):
    names = write_clouds(tmp_path, 12)
    (tmp_path / "list.txt").write_text("\n".join([*names, "gone.npy"]))
    found = find_inputs(f"{web}/list.txt?token=1", place(str(tmp_path / "out")))
    read = {}
    for one in fetched(found.source, found.names):
        read[one.file] = None if one.path is None else np.load(one.path)
        if one.path is None:
            assert (one.error, one.final) == ("no such file", True)
    assert list(read) == sorted([*names, "gone.npy"])
    assert read.pop("gone.npy") is None
    assert all((cloud == np.load(tmp_path / name)).all() for name, cloud in read.items())


def test_a_web_that_is_down_is_no_fault_of_the_file(tmp_path):
    (tmp_path / "list.txt").write_text("http://127.0.0.1:1/a.ply\n")
    found = find_inputs(str(tmp_path / "list.txt"), place(str(tmp_path / "out")))
    (one,) = fetched(found.source, found.names)
    assert (one.path, one.final) == (None, False)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://example.org/clouds/", "give a list"),
        ("ftp://example.org/list.txt", "cannot be read"),
        ("nowhere", "no such folder or list"),
        ("a.npy", "is no folder, nor a list"),
        ("empty", "holds no clouds"),
        ("empty.txt", "an empty list"),
        ("broken.parquet", "no list that can be read"),
        ("numbers.csv", "holds no addresses"),
    ],
)
def test_what_is_no_input_is_one_line(tmp_path, monkeypatch, address, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.txt").touch()
    (tmp_path / "a.npy").touch()
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    (tmp_path / "numbers.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=said) as caught:
        find_inputs(address, place("out"))
    assert "\n" not in str(caught.value)


def test_the_plan_never_changes_but_grows(tmp_path):
    output = place(str(tmp_path))
    odd = b"\xff.ply".decode("utf-8", "surrogateescape")
    first = plan(output, ["b", "d", "e", "f", odd], 2)
    assert [part.files for part in first] == [("b", "d"), ("e", "f"), (odd,)]
    again = plan(output, ["a", "b", "c", "d", "f", "g"], 5)  # e and the odd one are gone, others came
    assert again == [*first, type(first[0])(3, ("a", "c", "g"))]
    assert plan(output, ["a"], 1) == again
    (tmp_path / "plan" / ".00002.parquet.1f.partial").touch()  # what a kill leaves
    assert plan(output, ["a"], 1) == again
    (tmp_path / "plan" / "00001.parquet").write_bytes(b"")
    with pytest.raises(InputError, match="damaged"):
        plan(output, ["a"], 1)


@pytest.mark.parametrize(
    ("address", "scheme"),
    [("s3://bucket/a", "s3"), ("HTTPS://a/b", "https"), ("/a/b", ""), ("a b://c", ""), ("C:/a", ""), ("", "")],
)
def test_schemes(address, scheme):
    assert scheme_of(address) == scheme


def test_only_folders_and_buckets_are_written_to():
    with pytest.raises(InputError, match="cannot be listed or written"):
        place("https://example.org/out")

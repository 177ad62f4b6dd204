"""The answers are those of the other engine, and what is done stays done."""

import io
import json

import numpy as np
import pandas as pd
import pytest

from nimba.commands.main import main
from nimba.commands.predict import predict
from nimba.runtime import optional
from nimba.runtime.cluster import ray_cluster
from nimba.runtime.errors import InputError
from tests.prediction.many import write_clouds
from tests.prediction.on_ray.cluster import on_ray, parts, table

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not optional.ray().available, reason="needs nimba[ray]")]


@pytest.fixture(scope="module")
def here():
    """One Ray for the tests that kill nothing."""
    with ray_cluster(cores=2) as ray:
        yield ray


@pytest.mark.parametrize("up", ["auto", "-x"])
def test_the_answers_are_those_of_the_other_engine(here, weights, clouds, output, tmp_path, capsys, up):
    names = write_clouds(clouds, 40, broken=2)
    (clouds / "notes.md").touch()
    assert predict(clouds, output=tmp_path / "local", weights=weights, up=up, top=3) == 1
    assert predict(clouds, output=output, weights=weights, up=up, top=3, engine="ray", part_size=7) == 1
    said = capsys.readouterr()
    assert f"{output}/parts: 40 files; 1 that are no clouds were passed over" in said.out
    assert said.err.endswith("error: 2 files could not be read; the column error says why\n")
    ours, theirs = table(output), pd.read_csv(tmp_path / "local" / "predictions.csv")
    assert [len(pd.read_parquet(part)) for part in parts(output)] == [7, 7, 7, 7, 7, 5]
    assert list(ours["file"]) == names
    ours = pd.read_csv(io.StringIO(ours.to_csv(index=False)))
    # The other engine keeps what it saw of the voters' other axes, and is the less sure of theirs.
    np.testing.assert_allclose(ours.pop("up_confidence"), theirs.pop("up_confidence"), atol=0.01)
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-5)
    if up == "auto":
        votes = [json.loads((folder / "vote.json").read_text()) for folder in (output, tmp_path / "local")]
        assert votes[0]["clouds"] == votes[1]["clouds"] == 38
        np.testing.assert_allclose(votes[0]["facing"], votes[1]["facing"], rtol=1e-5)
    counts = {"files": 40, "unreadable": 2, "parts": 6, "passed_over": 1}
    assert json.loads((output / "summary.json").read_text()) == counts


def test_what_is_done_stays_and_what_is_new_is_added(here, weights, clouds, output):
    names = write_clouds(clouds, 10)
    predict(clouds, output=output, weights=weights, up="y", engine="ray", part_size=4)
    before = {part: part.stat().st_mtime_ns for part in parts(output)}
    parts(output)[1].unlink()
    np.save(clouds / "0.npy", np.random.default_rng(0).normal(size=(80, 3)))
    (clouds / names[-1]).unlink()
    assert predict(clouds, output=output, weights=weights, up="y", engine="ray", part_size=4) == 0
    assert list(table(output)["file"]) == [*names, "0.npy"]
    after = parts(output)
    assert [part.stat().st_mtime_ns == before.get(part) for part in after] == [True, False, True, False]
    with pytest.raises(InputError, match="another up"):
        predict(clouds, output=output, weights=weights, up="z", engine="ray")
    with pytest.raises(InputError, match="another engine"):
        predict(clouds, output=output, weights=weights, up="y")
    after[0].write_bytes(after[0].read_bytes()[:-9])
    with pytest.raises(InputError, match=r"part-000000\.parquet: damaged .* delete it"):
        predict(clouds, output=output, weights=weights, up="y", engine="ray")


def test_a_list_with_what_is_not_there(here, weights, clouds, output, tmp_path):
    names = write_clouds(clouds, 5)
    (tmp_path / "list.txt").write_text("\n".join([f"clouds/{name}" for name in names] + ["clouds/gone.npy"]))
    assert predict(tmp_path / "list.txt", output=output, weights=weights, engine="ray", part_size=2) == 1
    errors = dict(zip(table(output)["file"], table(output)["error"].fillna(""), strict=True))
    assert errors.pop("clouds/gone.npy") == "no such file"
    assert not any(errors.values())
    assert len(errors) == 5


def test_a_place_that_cannot_be_reached_makes_no_rows(here, weights, output, tmp_path, capsys):
    (tmp_path / "list.txt").write_text("".join(f"http://127.0.0.1:1/{number}.ply\n" for number in range(3)))
    line = on_ray(tmp_path / "list.txt", output, weights, "--up", "z", "--turns", "1")
    assert main(line) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: http://127.0.0.1:1/0.ply and 2 more: none can be read (")
    assert said.count("\n") == 1
    assert parts(output) == []

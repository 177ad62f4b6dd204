"""Each cloud has one row, whatever is killed; on a Ray of two machines that both are this one."""

import signal
from contextlib import nullcontext

import numpy as np
import pytest

from nimba.commands.main import main
from nimba.runtime import optional
from tests.prediction.many import write_clouds
from tests.prediction.on_ray.cluster import deadly_files, on_ray, parts, start, table, two_machines, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not optional.ray().available, reason="needs nimba[ray]")]


def test_a_file_that_kills_its_worker_is_a_row(weights, clouds, output, tmp_path):
    names = write_clouds(clouds, 20)
    np.save(clouds / "a" / "deadly.npy", np.zeros((9, 3), np.float32))
    process = start(
        on_ray(clouds, output, weights, "--part-size", "6", "--up", "y", "--turns", "1"), **deadly_files(tmp_path)
    )
    _, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (1, "error: 1 files could not be read; the column error says why\n")
    rows = table(output)
    assert list(rows["file"]) == sorted([*names, "a/deadly.npy"])
    errors = dict(zip(rows["file"], rows["error"].fillna(""), strict=True))
    assert "its worker died on it" in errors.pop("a/deadly.npy")
    assert not any(errors.values())
    assert (tmp_path / "deaths").read_text() == "xx"  # with its part, and alone


def test_a_machine_that_is_switched_off(weights, clouds, output):
    names = write_clouds(clouds, 600)
    with two_machines() as (cluster, second):
        line = on_ray(clouds, output, weights, "--part-size", "6", "--ray-address", cluster.address, "--turns", "1")
        process = start(line)
        wait_until(lambda: len(parts(output)) >= 5, process)
        cluster.remove_node(second, allow_graceful=False)
        there = len(parts(output))
        out, err = process.communicate(timeout=300)
        assert (process.returncode, err) == (0, "")
    assert there < 90
    assert out == f"{output}/parts: 600 files\n"
    assert list(table(output)["file"]) == names


@pytest.mark.parametrize("address", [False, True])
def test_a_driver_that_is_killed(weights, clouds, output, address):
    names = write_clouds(clouds, 600, broken=1)
    with two_machines() if address else nullcontext((None, None)) as (cluster, _):
        line = on_ray(clouds, output, weights, "--part-size", "6", "--up", "z", "--turns", "1")
        line += ["--ray-address", cluster.address] if address else []
        process = start(line)
        wait_until(lambda: len(parts(output)) >= 5, process)
        process.kill()
        process.wait()
        before = {part: part.stat().st_mtime_ns for part in parts(output)[:5]}
        assert len(parts(output)) < 100
        assert not (output / "summary.json").exists()
        process = start(line)
        process.communicate(timeout=300)
        assert process.returncode == 1  # the broken one
    assert list(table(output)["file"]) == names
    assert all(part.stat().st_mtime_ns == time for part, time in before.items())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_its_code(weights, clouds, output, number, code):
    write_clouds(clouds, 600)
    process = start(on_ray(clouds, output, weights, "--part-size", "6", "--up", "z", "--turns", "1"))
    wait_until(lambda: len(parts(output)) >= 2, process)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    word = {130: "interrupted", 143: "terminated"}[code]
    assert (process.returncode, out, err) == (code, "", f"{word}; the same command resumes where it stopped\n")


def test_bad_input_is_one_line(weights, clouds, output, capsys):
    write_clouds(clouds, 2)
    for options, said in (
        (["--ray-address", "127.0.0.1:1"], "no cluster at 127.0.0.1:1"),
        (["--gpus-per-worker", "64"], "the cluster has"),
        (["--gpus-per-worker", "-1"], "must not be below 0"),
        (["--part-size", "0"], "must be at least 1"),
        (["--merge"], "is not needed"),
    ):
        assert main(on_ray(clouds, output, weights, *options)) == 2
        err = capsys.readouterr().err
        assert said in err
        assert err.count("\n") == 1

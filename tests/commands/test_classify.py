import csv
import fcntl
import io
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path

import numpy as np
import pytest
import torch

import nimba
from nimba.clouds import normalise
from nimba.commands.classify import classify
from nimba.commands.main import main
from nimba.inference import gather as inference_gather
from nimba.inference.table import header
from nimba.runtime.errors import InputError
from tests.prediction.many import NAMES, write_clouds, write_weights

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return str(write_weights(tmp_path_factory.mktemp("weights") / "a.safetensors"))


@pytest.fixture
def cloud_file(tmp_path):
    points = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32)
    np.save(tmp_path / "cloud.npy", points)
    return tmp_path / "cloud.npy"


def objects(text):
    return [json.loads(line) for line in text.splitlines()]


def test_prints_the_probabilities_of_the_model(weights, cloud_file, capsys):
    assert classify([str(cloud_file)], weights=weights, up="y", turns=1, json=True) == 0
    (result,) = objects(capsys.readouterr().out)
    points = torch.from_numpy(normalise(np.load(cloud_file), "unit_sphere"))
    with torch.no_grad():
        expected = nimba.load(weights)(points[None])[0].softmax(0)
    assert {row["name"]: row["probability"] for row in result["classes"]} == pytest.approx(
        dict(zip(NAMES, expected.tolist(), strict=True)), rel=1e-4
    )
    assert result["up"] == "y"


@pytest.mark.parametrize("settings", [{}, {"up": "-z"}, {"turns": 1}])
def test_the_command_says_what_python_says(weights, tmp_path, capsys, settings):
    write_clouds(tmp_path, 14, broken=2)
    assert classify([str(tmp_path)], weights=weights, json=True, **settings) == 2
    answers = nimba.load(weights).classify(tmp_path, **settings)
    rows = objects(capsys.readouterr().out)
    for row, answer in zip(rows, answers, strict=True):
        expected = answer.to_dict(top=5)
        for one, same in zip(row.get("classes", []), expected.get("classes", []), strict=True):
            assert one["name"] == same["name"]
            assert one["probability"] == pytest.approx(same["probability"], abs=1e-5)
        assert {**row, "classes": None} == {**expected, "classes": None}


def test_the_order_of_the_points_does_not_matter(weights, cloud_file, tmp_path, capsys):
    np.save(tmp_path / "other.npy", np.load(cloud_file)[::-1])
    classify([str(cloud_file), str(tmp_path / "other.npy")], weights=weights, json=True)
    first, second = (row["classes"] for row in objects(capsys.readouterr().out))
    assert first == second


def test_a_bad_file_is_a_row_and_the_others_go_on(weights, cloud_file, tmp_path, capsys):
    assert classify([str(tmp_path / "missing.ply"), str(cloud_file)], weights=weights, top=2) == 2
    out, err = capsys.readouterr()
    heading, bad, good = out.splitlines()
    assert heading.split() == ["file", "class", "probability", "unknown", "pose", "next"]
    assert "missing.ply" in bad
    assert bad.endswith("no such file")
    assert good.count("%") >= 2
    error, note, summary = err.splitlines()
    assert error == f"error: {tmp_path / 'missing.ply'}: no such file"
    assert note.startswith(f"note: {cloud_file}: NPY, 64 points; ")
    assert summary == "2 clouds: 1 class, 0 unknown, 1 error"


def test_a_single_bad_file_is_one_line(weights, tmp_path, capsys):
    assert classify([str(tmp_path / "missing.ply")], weights=weights) == 2
    assert capsys.readouterr() == ("", f"error: {tmp_path / 'missing.ply'}: no such file\n")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(13, "Permission denied", "x"), "Permission denied; change its permissions"),
        (MemoryError("Unable to allocate 2 TiB"), "MemoryError: Unable to allocate 2 TiB"),
        (IndexError("index 3 is out of\nbounds"), "IndexError: index 3 is out of bounds"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_error_of_one_file_loses_the_rest_of_the_list(weights, cloud_file, monkeypatch, capsys, error, said):
    """Only our own errors were one file's affair; any other ended the list."""
    read = inference_gather.read

    def failing(path):
        if path.name == "bad.ply":
            raise error
        return read(path)

    monkeypatch.setattr(inference_gather, "read", failing)
    bad = cloud_file.with_name("bad.ply")
    if isinstance(error, OSError):
        error.filename = str(bad)
    assert classify([str(cloud_file), str(bad), str(cloud_file)], weights=weights, json=True) == 2
    out, err = capsys.readouterr()
    rows = objects(out)
    assert ["classes" in row for row in rows] == [True, False, True]
    assert rows[1].keys() == {"file", "error"}
    assert rows[1]["error"].startswith(said)
    assert f"error: {bad}: {rows[1]['error']}" in err.splitlines()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_list_with_its_code(weights, cloud_file, monkeypatch, capsys, number, code):
    monkeypatch.setattr(inference_gather, "read", lambda path: os.kill(os.getpid(), number))
    assert main(["classify", str(cloud_file), "--weights", weights]) == code
    out, err = capsys.readouterr()
    assert (out, err) == ("", {130: "interrupted\n", 143: "terminated\n"}[code])


def test_folders_and_patterns_that_no_shell_expanded(weights, tmp_path, monkeypatch, capsys):
    names = write_clouds(tmp_path, 6)
    (tmp_path / "notes.md").touch()
    monkeypatch.chdir(tmp_path)
    assert classify([".", "a/*.npy"], weights=weights, json=True) == 0
    out, err = capsys.readouterr()
    in_a = [name for name in names if name.startswith("a/")]
    assert [row["file"].removeprefix("./") for row in objects(out)] == [*names, *in_a]
    assert err.splitlines()[-1].endswith("; 1 file passed over, no cloud")


def test_standard_input(weights, cloud_file):
    """One cloud through a pipe, and no more is loaded for it than for a file: no library that it need not be of."""
    code = """if True:
        import sys
        from nimba.commands.main import main
        code = main(["classify", "-", "--json", "--weights", sys.argv[1]])
        assert not {"open3d", "trimesh", "torch_geometric", "pandas", "rich", "matplotlib"} & set(sys.modules)
        sys.exit(code)
    """
    command = [sys.executable, "-c", code, weights]
    done = subprocess.run(command, input=cloud_file.read_bytes(), capture_output=True, check=True, cwd=REPOSITORY)
    (row,) = objects(done.stdout)
    assert (row["file"], row["points"]) == ("<stdin>", 64)
    assert done.stderr.startswith(b"note: <stdin>: NPY, 64 points; ")


def test_the_format_of_standard_input_may_be_told(weights, tmp_path, monkeypatch, capsys):
    (tmp_path / "a").write_bytes(np.random.default_rng(0).normal(size=(64, 4)).astype(np.float32).tobytes())
    with (tmp_path / "a").open() as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        assert main(["classify", "-", "--json", "--weights", weights, "--format", "bin"]) == 0
    assert objects(capsys.readouterr().out)[0]["points"] == 64


@pytest.mark.parametrize("word", [["--up=-y"], ["--up", "-y"]])
def test_an_axis_that_points_down_can_be_given(weights, cloud_file, capsys, word):
    """argparse takes a word that begins with a dash for an option."""
    assert main(["classify", str(cloud_file), "--weights", weights, "--json", *word]) == 0
    (row,) = objects(capsys.readouterr().out)
    assert (row["up"], row["up_given"], row["pose"]["confidence"]) == ("-y", True, 1.0)


def test_csv_on_stdout(weights, cloud_file, tmp_path, capsys):
    assert classify([str(cloud_file), str(tmp_path / "no.ply")], weights=weights, csv=True, top=2) == 2
    table = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert list(table[0]) == header(2)
    assert (table[0]["file"], table[0]["points"], table[1]["error"]) == (str(cloud_file), "64", "no such file")


@pytest.mark.parametrize("suffix", [".csv", ".json", ".jsonl", ".parquet"])
def test_rows_in_a_file(weights, cloud_file, tmp_path, capsys, suffix):
    import pandas as pd

    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    output = tmp_path / f"rows{suffix}"
    assert classify([str(cloud_file), str(tmp_path / "no.ply")], weights=weights, output=output, top=2) == 2
    assert [path.name for path in tmp_path.iterdir() if "rows" in path.name] == [output.name]
    if suffix == ".json":
        rows = json.loads(output.read_text())
    elif suffix == ".jsonl":
        rows = objects(output.read_text())
    else:
        frame = pd.read_parquet(output) if suffix == ".parquet" else pd.read_csv(output)
        assert list(frame) == header(2)
        rows = frame.to_dict("records")
    assert [row["file"] for row in rows] == [str(cloud_file), str(tmp_path / "no.ply")]
    assert rows[0]["label"] in NAMES
    assert rows[1]["error"] == "no such file"


def test_what_could_not_be_written_is_refused_before_the_work(weights, cloud_file, tmp_path, monkeypatch):
    from nimba.inference import export

    monkeypatch.setattr(inference_gather, "read", lambda path: pytest.fail("read"))
    for options, said in (
        ({"output": tmp_path / "a.xlsx"}, r"unknown format '\.xlsx'; known: \.parquet"),
        ({"output": tmp_path / "no" / "a.csv"}, "its folder does not exist"),
        ({"html": tmp_path / "a.pdf"}, r"a page is an \.html file"),
        ({"html": tmp_path / "no" / "a.html"}, "its folder does not exist"),
        ({"top": 0}, "top: must be at least 1"),
        ({"json": True, "csv": True}, "choose one of --json and --csv"),
        ({"weights": "nowhere.ckpt"}, "neither weights of"),
        ({"format": "docx"}, "format: 'docx' is not one of"),
    ):
        with pytest.raises(InputError, match=said):
            classify([str(cloud_file)], **{"weights": weights, **options})
    monkeypatch.setattr(export, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"writing Parquet needs pyarrow: pip install 'nimba\[tables\]'"):
        classify([str(cloud_file)], weights=weights, output=tmp_path / "a.parquet")


def test_a_name_that_no_terminal_prints(weights, cloud_file, capfd):
    """Bytes that are no UTF-8, escape sequences and rich's markup are a stranger's to choose."""
    bad = cloud_file.with_name(os.fsdecode(b"[red]\xff\x1b[31m.npy"))
    cloud_file.rename(bad)
    assert classify([str(bad), str(bad)], weights=weights) == 0
    out, err = capfd.readouterr()
    assert r"[red]\udcff\x1b[31m.npy" in out
    assert r"[red]\udcff\x1b[31m.npy" in err


def test_a_terminal_has_a_table_and_a_bar(weights, tmp_path):
    """In a pseudo-terminal: rows at the end, progress while it goes, both kept apart."""
    write_clouds(tmp_path, 14, broken=1)
    main_end, other_end = pty.openpty()
    fcntl.ioctl(other_end, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 140, 0, 0))
    command = [sys.executable, "-m", "nimba", "classify", str(tmp_path), "--weights", weights]
    environment = os.environ | {"TERM": "xterm"}
    process = subprocess.Popen(command, stdout=other_end, stderr=other_end, env=environment, cwd=REPOSITORY)
    os.close(other_end)
    shown = b""
    while chunk := _read(main_end):
        shown += chunk
    os.close(main_end)
    assert process.wait() == 2
    text = shown.decode()
    assert "/14 [" in text  # the bar
    assert "─" in text  # under the table's headings
    assert text.count("note: ") == 13
    assert "14 clouds: " in text


def _read(descriptor):
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:  # the other end is closed
        return b""

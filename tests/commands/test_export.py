import pytest

from nimba.commands.main import main
from nimba.runtime import optional
from nimba.runtime.optional import Dependency


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ([], "error: output: name the file to write: -o model.onnx or -o model.pt2"),
        (["-o", "a.pth"], "error: a.pth: unknown format '.pth'; known: .onnx .pt2"),
        (["-o", "model"], "error: model: unknown format 'without suffix'; known: .onnx .pt2"),
        (["-o", "a.pt2", "--int8"], "error: int8: only .onnx files have weights in eight bits, not .pt2"),
        (["-o", "missing/a.pt2"], "error: missing/a.pt2: its folder does not exist; create it first"),
        (["-o", "a.pt2", "--weights", "nobody"], "error: nobody: neither weights of this package"),
    ],
)
def test_bad_lines_are_refused_in_one(tmp_path, monkeypatch, capsys, line, expected):
    monkeypatch.chdir(tmp_path)
    assert main(["export", *line]) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith(expected)
    assert not list(tmp_path.iterdir())


def test_without_onnx(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(optional, "onnx", lambda: Dependency("onnx", False, "not installed", "pip"))
    assert main(["export", "-o", str(tmp_path / "a.onnx")]) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert error.endswith("ONNX needs onnx (not installed): pip install 'nimba[onnx]'")


def test_a_file_is_written_and_what_was_compared_is_said(tmp_path, capsys):
    path = tmp_path / "model.pt2"
    assert main(["export", "-o", str(path), "--weights", "nimba-small-modelnet40"]) == 0
    compared, written = capsys.readouterr().out.splitlines()
    assert compared.startswith("compared: 7 of 7 made clouds of 1024, 24, 2048, 48 points are of the same class")
    assert written == f"written: {path} ({path.stat().st_size / 1e6:.1f} MB)"

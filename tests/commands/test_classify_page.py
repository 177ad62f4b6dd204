"""The examples of docs/classify.md and docs/scenes.md run as they stand there."""

import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest

from nimba.commands.arguments import command_parser
from nimba.commands.classify import classify
from nimba.commands.main import main
from nimba.scenes import write_labelled_ply
from tests.scenes.made import block, floor

DOCS = Path(__file__).parents[2] / "docs"
PAGE, SCENES = DOCS / "classify.md", DOCS / "scenes.md"
EXAMPLE = re.compile(r"<!-- test-(\w+) -->\n```\w+\n(.*?)```", re.DOTALL)
OF_PAGE = EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))
EXAMPLES = OF_PAGE + EXAMPLE.findall(SCENES.read_text(encoding="utf-8"))


@pytest.fixture
def clouds(tmp_path, monkeypatch):
    """A folder ``clouds`` in the current one, beside a scan of three things."""
    (tmp_path / "clouds").mkdir()
    points = np.random.default_rng(0).normal(size=(300, 3))
    np.savetxt(tmp_path / "clouds" / "b.xyz", points)
    header = "ply\nformat ascii 1.0\nelement vertex 300\n" + "".join(f"property float {axis}\n" for axis in "xyz")
    np.savetxt(tmp_path / "clouds" / "a.ply", points[::-1], header=header + "end_header", comments="")
    rng = np.random.default_rng(0)
    things = [block(rng, (x, 0.5, 0), (0.5, 1, 0.4)) for x in (-1.2, 0, 1.2)]
    scan = np.concatenate([floor(rng, count=3000), *things])
    write_labelled_ply(tmp_path / "office.ply", scan, np.full(len(scan), -1), [])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_has_examples_of_both_kinds():
    assert [kind for kind, _ in OF_PAGE] == ["python", "command", "python", "command", "command"]
    assert [kind for kind, _ in EXAMPLES[len(OF_PAGE) :]] == ["command", "python"]


@pytest.mark.parametrize("code", [code for kind, code in EXAMPLES if kind == "python"])
def test_python(clouds, capsys, code):
    exec(compile(code, str(PAGE), "exec"), {})  # the page's own
    assert capsys.readouterr().out


@pytest.mark.parametrize("line", [code.strip() for kind, code in EXAMPLES if kind == "command"])
def test_command(clouds, capsys, monkeypatch, line):
    *feed, command = line.split(" | ")
    with open(shlex.split(feed[0])[1] if feed else "clouds/a.ply") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        assert main(shlex.split(command)[1:]) == 0
    assert capsys.readouterr().out
    for written in re.findall(r"\S+\.(?:csv|html)\b|(?<=-o )\S+", command):
        assert (clouds / written).stat().st_size > 100


def test_every_option_that_the_page_names_is_there():
    pages = PAGE.read_text(encoding="utf-8") + SCENES.read_text(encoding="utf-8")
    named = set(re.findall(r"`(--?[a-z]+)", pages))
    shown = command_parser(classify).format_help()
    assert len(named) > 8
    assert all(option in shown for option in named)

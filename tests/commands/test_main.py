import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest

from nimba.commands.arguments import command_parser, summary
from nimba.commands.main import COMMANDS, GROUPS, main

ALL = [[name] for name in COMMANDS] + [[group, name] for group, (_, functions) in GROUPS.items() for name in functions]


def sort_clouds(
    files: list[Path],
    top: int = 5,
    up_axis: Literal["x", "y"] | None = None,
    output: Path | None = None,
    json: bool = False,
) -> None:
    """Put clouds in order.

    At most 50 % of them.

    Args:
        files: the clouds,
            one or more.
        top: how many.
        up_axis: the axis that points up.
        output: where to.
        json: as JSON.
    """


def exit_code(argv: list[str]) -> int:
    try:
        return main(argv)
    except SystemExit as end:
        return int(end.code or 0)


def test_signature_becomes_a_command_line():
    line = ["a.ply", "b.ply", "--top", "3", "--up-axis", "y", "-o", "out.txt", "--json"]
    assert command_parser(sort_clouds).parse_args(line).as_dict() == {
        "files": [Path("a.ply"), Path("b.ply")],
        "top": 3,
        "up_axis": "y",
        "output": Path("out.txt"),
        "json": True,
    }
    defaults = command_parser(sort_clouds).parse_args(["a.ply"]).as_dict()
    assert (defaults["top"], defaults["up_axis"], defaults["output"], defaults["json"]) == (5, None, None, False)


def test_docstring_becomes_the_help():
    help_text = command_parser(sort_clouds).format_help()
    assert summary(sort_clouds) == "Put clouds in order."
    for part in ("At most 50 % of them.", "FILE [FILE ...]", "the clouds, one or more.", "--output", "-o", "--up-axis"):
        assert part in help_text


@pytest.mark.parametrize("line", [[], ["a.ply", "--top", "three"], ["a.ply", "--up-axis", "z"], ["a.ply", "--to", "3"]])
def test_a_line_that_does_not_parse_exits_with_2(line):
    with pytest.raises(SystemExit) as end:
        command_parser(sort_clouds).parse_args(line)
    assert end.value.code == 2


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            ["classify", "x.ply", "--up", "Y"],
            "error: --up: 'Y' is not one of auto, x, y, z, -x, -y, -z; did you mean 'y'?",
        ),
        (["classify", "x.ply", "--top", "three"], "error: --top: expected a whole number, got three"),
        (["classify", "x.ply", "--tpo", "3"], "--tpo 3; did you mean '--top'?"),
        (["clasify", "x.ply"], "did you mean 'classify'?"),
        (["orders", "lst"], "did you mean 'list'?"),
        (["robustness", "show", "chair"], "error: missing: --output; see nimba robustness show --help"),
        (["gpu", "finish"], "error: missing: CHECKPOINT; see nimba gpu finish --help"),
    ],
)
def test_what_does_not_parse_is_one_plain_line(capsys, line, expected):
    assert exit_code(line) == 2
    said = capsys.readouterr().err
    assert expected in said
    assert said.count("\n") == 1
    assert "typing" not in said


def test_every_subcommand_is_in_the_help_with_its_summary(capsys):
    assert exit_code(["--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    told = [f"{name} {summary(function)}" for name, function in COMMANDS.items()]
    told += [f"{name} {about}" for name, (about, _) in GROUPS.items()]
    places = [shown.index(line) for line in told]
    assert places == sorted(places)  # commands first, then groups


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_parameter_is_explained(words):
    parser = command_parser(GROUPS[words[0]][1][words[1]] if len(words) > 1 else COMMANDS[words[0]])
    unexplained = [action.dest for action in parser._actions if not action.help]
    assert not unexplained


@pytest.mark.parametrize("argv", [[], ["clasify"], ["doctor", "--jsn"], ["doctor", "--js"], ["classify"]])
def test_unknown_arguments_exit_with_2(argv, capsys):
    assert exit_code(argv) == 2
    assert "error:" in capsys.readouterr().err


def test_a_missing_file_is_one_line_and_exit_code_2(capsys, tmp_path):
    assert exit_code(["show", str(tmp_path / "missing.ply"), "-o", str(tmp_path / "path.png")]) == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert len(error) == 1
    assert error[0].startswith("error: ")
    assert "missing.ply" in error[0]


def test_help_loads_no_heavy_library():
    script = """
import sys, time
from nimba.commands.main import main
try:
    main([*sys.argv[1:], "--help"])
except SystemExit as end:
    assert end.code == 0
heavy = {"torch", "numba", "lightning", "open3d", "torch_geometric", "timm", "matplotlib", "scipy"} & sys.modules.keys()
assert not heavy, heavy
assert time.process_time() < 2
"""
    for subcommand in ([], *ALL):
        subprocess.run([sys.executable, "-c", script, *subcommand], check=True, stdout=subprocess.DEVNULL)


def test_module_is_the_command():
    shown = subprocess.run([sys.executable, "-m", "nimba", "--version"], check=True, capture_output=True, text=True)
    assert shown.stdout.startswith("nimba ")

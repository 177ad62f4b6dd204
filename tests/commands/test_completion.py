"""The scripts that complete the command: what a shell makes of them."""

import shutil
import subprocess
from contextlib import redirect_stdout

import pytest

from nimba.commands.main import COMMANDS, GROUPS, main
from nimba.runtime import optional

pytestmark = pytest.mark.skipif(not optional.shtab().available, reason="shtab is not installed")
BASH = shutil.which("bash") or "bash"
ASK = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 ))
_shtab_nimba
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    path = tmp_path_factory.mktemp("completion") / "nimba"
    with path.open("w") as file, redirect_stdout(file):
        assert main(["completion", "bash"]) == 0
    return path


@pytest.fixture
def complete(script, tmp_path):
    """What bash offers for the last of some words, in a folder of its own."""

    def ask(*words):
        line = [BASH, "--norc", "-c", ASK, "bash", str(script), *words]
        done = subprocess.run(line, cwd=tmp_path, check=True, capture_output=True, text=True)
        assert done.stderr == ""
        return done.stdout.split()

    return ask


def test_bash_accepts_the_script(script):
    subprocess.run([BASH, "-n", str(script)], check=True)


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["cla"], ["classify"]),
        (["robustness", "ev"], ["evaluate"]),
        (["classify", "--wei"], ["--weights"]),
        (["classify", "a.ply", "--turns", ""], ["1", "4"]),
        (["completion", "z"], ["zsh"]),
        (["clasi"], []),
    ],
)
def test_words_are_completed(complete, words, offered):
    found = complete("nimba", *words)
    assert set(offered) <= set(found)
    assert bool(found) == bool(offered)


def test_every_command_is_offered(complete):
    assert {*COMMANDS, *GROUPS} <= set(complete("nimba", ""))


@pytest.mark.parametrize(
    "words", [["classify"], ["classify", "--weights"], ["train"], ["evaluate", "x", "-o"], ["show"]]
)
def test_paths_are_completed_with_files(complete, tmp_path, words):
    (tmp_path / "chair.ply").touch()
    (tmp_path / "chairs").mkdir()
    assert {name.rstrip("/") for name in complete("nimba", *words, "ch")} == {"chair.ply", "chairs"}


@pytest.mark.parametrize(("shell", "mark"), [("zsh", "#compdef nimba"), ("tcsh", "complete nimba")])
def test_other_shells_have_theirs(shell, mark, capsys):
    assert main(["completion", shell]) == 0
    assert mark in capsys.readouterr().out


def test_without_shtab_it_says_what_to_install(capsys, monkeypatch):
    missing = optional.Dependency("shtab", False, "not installed", "")
    monkeypatch.setattr("nimba.commands.shells.shtab", lambda: missing)
    assert main(["completion", "bash"]) == 2
    assert (
        capsys.readouterr().err == "error: completion: needs shtab (not installed): pip install 'nimba[completion]'\n"
    )

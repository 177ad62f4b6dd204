"""What the two commands of the README stand on: Makefile, lock, scripts, and what ``import nimba`` costs."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from nimba.runtime.optional import SYSTEM_LIBRARIES

REPOSITORY = Path(__file__).parents[1]
LOCK = (REPOSITORY / "requirements.lock").read_text()


def run(*command: str | Path, cwd: Path = REPOSITORY, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, **environment}
    return subprocess.run(command, cwd=cwd, env=variables, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def executable(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def test_make_help_names_every_target():
    targets = re.search(r"^\.PHONY: (.*)$", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)[1].split()
    for arguments in ([], ["help"]):
        shown = run("make", "--no-print-directory", *arguments).stdout  # make test runs this inside make
        assert {line.split()[1] for line in shown.splitlines()} == set(targets)


def locked() -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", LOCK, re.MULTILINE))


def test_the_lock_holds_what_the_project_asks_for():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    for line in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(locked()[requirement.name]), line


def test_the_lock_holds_the_tested_versions_and_names_no_machine():
    for line in (REPOSITORY / "scripts" / "tested_versions.txt").read_text().splitlines():
        if not line.startswith("#"):
            name, number = line.split("==")
            assert locked()[name] == number
    assert not re.search(r"https?:|file:|--index-url|--find-links|\s/", LOCK)


def test_every_locked_package_has_its_hash():
    entries = re.split(r"\n(?=[a-z0-9])", LOCK)[1:]
    assert len(entries) > 100
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_what_cuda_adds_is_locked_with_hashes_and_nothing_is_locked_twice():
    text = (REPOSITORY / "requirements-cuda.lock").read_text()
    names = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))
    assert not names.keys() & locked().keys()
    assert [entry for entry in re.split(r"\n(?=[a-z0-9])", text)[1:] if "--hash=sha256:" not in entry] == []
    assert not re.search(r"https?:|file:|--index-url|\s/", text)
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    for line in project["optional-dependencies"]["cuda"]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(names[requirement.name]), line


def test_scripts_and_probe_name_the_same_system_libraries():
    script = (REPOSITORY / "scripts" / "system_libraries").read_text()
    assert " ".join(SYSTEM_LIBRARIES) in script


def test_a_python_that_only_seems_to_be_there_is_passed_over(tmp_path):
    executable(tmp_path / "python3.14", "#!/bin/sh\nexit 127\n")  # as a pyenv shim without that version
    (tmp_path / "python3").symlink_to(sys.executable)
    found = run(REPOSITORY / "scripts" / "find_python", PATH=f"{tmp_path}:/usr/bin:/bin", PYTHON="")
    assert found.returncode == 0
    number = run(found.stdout.strip(), "-c", "import sys; print(sys.version_info >= (3, 11))").stdout
    assert number.strip() == "True"


def test_no_python_that_fits_is_one_clear_line(tmp_path):
    found = run(REPOSITORY / "scripts" / "find_python", PYTHON=str(tmp_path / "python"))
    assert found.returncode == 2
    assert re.fullmatch(r"error: no Python that fits: .*3\.11.*make env PYTHON=.*\n", found.stderr)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository's scripts with an environment that claims to be complete, and no Python to make another with."""
    shutil.copytree(REPOSITORY / "scripts", tmp_path / "scripts")
    for name in ("requirements.lock", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    stamp = run("bash", "-c", "{ pwd; cat requirements.lock pyproject.toml; } | sha256sum", cwd=tmp_path).stdout
    (tmp_path / ".venv" / ".made_from").write_text(stamp.strip())
    return tmp_path


def make_environment(clone: Path) -> int:
    return run(clone / "scripts" / "environment", cwd=clone, PYTHON=str(clone / "none")).returncode


def test_a_complete_environment_is_reused(clone):
    assert make_environment(clone) == 0


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_a_changed_lock_or_project_makes_the_environment_anew(clone, changed):
    with (clone / changed).open("a") as file:
        file.write("# changed\n")
    assert make_environment(clone) == 2
    assert not (clone / ".venv" / ".made_from").exists()  # what an interrupted update leaves counts for nothing


def test_a_moved_or_broken_environment_is_made_anew(clone):
    moved = clone.rename(clone.with_name("moved"))
    assert make_environment(moved) == 2
    moved.rename(clone)


def test_an_environment_without_its_python_is_made_anew(clone):
    (clone / ".venv" / "bin" / "python").unlink()
    assert make_environment(clone) == 2


README = """Text with `code`.

```bash
exit 3
```

<!-- test-command -->
```bash
{command}
```
"""


@pytest.mark.parametrize(
    ("readme", "code", "output"),
    [
        (README.format(command="echo 7 passed"), 0, "+ echo 7 passed\n7 passed\n"),
        (README.format(command="false\necho unreachable"), 1, "+ false\necho unreachable\n"),
        ("No command.\n", 1, ""),
    ],
)
def test_ci_runs_the_command_that_the_readme_gives(tmp_path, readme, code, output):
    shutil.copytree(REPOSITORY / ".ci", tmp_path / ".ci")
    (tmp_path / "README.md").write_text(readme)
    result = run("bash", ".ci/run", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (code, output)


def test_the_readme_gives_the_test_command():
    assert "<!-- test-command -->\n```bash\nmake test\n```\n" in (REPOSITORY / "README.md").read_text()


IMPORT = """
import sys, time
import torch
before = time.process_time()
import nimba
nimba.create_model("nimba_tiny")
seconds = time.process_time() - before
heavy = {"lightning", "open3d", "torch_geometric", "timm", "matplotlib", "h5py"} & sys.modules.keys()
assert not heavy, heavy
print(seconds)
"""


def test_import_is_light():
    result = run(sys.executable, "-c", IMPORT)
    assert result.returncode == 0, result.stderr
    assert float(result.stdout) < 1  # CPU seconds, which a busy machine does not stretch as it does wall time

"""The Dockerfile's text, as far as that goes without a daemon to build it."""

import json
import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
TEXT = (REPOSITORY / "Dockerfile").read_text()


def instructions() -> list[tuple[str, str]]:
    """(instruction, arguments), without comments, continued lines joined."""
    lines = "\n".join(line for line in TEXT.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", lines)
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def argument(name: str) -> str:
    (found,) = (rest for instruction, rest in instructions() if instruction == name)
    return found


def test_it_runs_as_a_user_of_its_own():
    names = [name for name, _ in instructions()]
    assert argument("USER") == "10001:10001"  # numbers: an orchestrator can see that it is not root
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert "RUN" not in names[names.index("USER") :]
    made = next(rest for name, rest in instructions() if name == "RUN" and "useradd" in rest)
    for folder in ("/home/nimba", "data", "runs"):  # and any other user may write what it is to write
        assert folder in made.partition("chmod 1777")[2].split()


def test_the_base_can_be_given_by_its_digest():
    """An ARG before FROM, so that nothing of the recipe has to be edited."""
    assert [name for name, _ in instructions()][:2] == ["ARG", "FROM"]
    assert instructions()[0][1].startswith("BASE=")
    assert argument("FROM") == "${BASE}"
    assert "@sha256:" in TEXT


def test_triton_can_compile_its_launchers_without_the_kernels():
    installed = next(rest for name, rest in instructions() if name == "RUN" and "apt-get install" in rest)
    always = installed.partition("if [")[0].split()
    assert {"gcc", "libc6-dev", "python3-dev"} <= set(always)
    assert "--no-install-recommends" in always
    assert "rm -rf /var/lib/apt/lists/*" in installed


def test_whatever_pip_installs_has_a_hash_and_is_built_from_what_was_hashed():
    for name, rest in instructions():
        if name == "RUN" and "pip install" in rest:
            assert "--require-hashes" in rest
            assert "--no-deps" in rest
            assert {"MAMBA_FORCE_BUILD=TRUE", "CAUSAL_CONV1D_FORCE_BUILD=TRUE"} <= set(rest.split())
            assert (REPOSITORY / rest.partition("--requirement ")[2].split(";")[0].strip()).is_file()


def test_its_health_is_what_doctor_says():
    check = argument("HEALTHCHECK")
    assert json.loads(check.partition("CMD ")[2]) == ["nimba", "doctor"]
    assert json.loads(argument("ENTRYPOINT")) == ["nimba"]


def test_no_secret_or_data_goes_into_the_image():
    ignored = (REPOSITORY / ".dockerignore").read_text().split()
    assert {".git", "data/*", "runs", ".venv"} <= set(ignored)

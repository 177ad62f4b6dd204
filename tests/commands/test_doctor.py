import json
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from nimba.commands.doctor import DATA, doctor

REPOSITORY = Path(__file__).parents[2]


def declare(folder: Path, name: str, number: str, *requirements: str) -> None:
    """A distribution's metadata in ``folder``, as an installer leaves it."""
    metadata = folder / f"{name.replace('-', '_')}-{number}.dist-info"
    metadata.mkdir(parents=True)
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {number}",
        *(f"Requires-Dist: {r}" for r in requirements),
    ]
    (metadata / "METADATA").write_text("\n".join(lines) + "\n")


def run(script: str, *path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter, for what Python or the probes remember of earlier imports."""
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [*path, REPOSITORY])), **environment}
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=variables)


def installed() -> bool:
    try:
        return bool(version("nimba"))
    except PackageNotFoundError:
        return False


@pytest.mark.skipif(not installed(), reason="nimba is not installed here, only found (make env installs it)")
def test_a_complete_environment_passes(capsys, tmp_path, monkeypatch):
    (tmp_path / DATA / "my_clouds" / "chair").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert doctor() == 0
    table = " ".join(capsys.readouterr().out.split())
    for line in (f"ok nimba {version('nimba')}", f"ok numba {version('numba')}", "ok my_clouds data/my_clouds"):
        assert line in table


def test_json_holds_the_mending_lines(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    doctor(json=True)
    groups = json.loads(capsys.readouterr().out)
    assert set(groups) == {"required", "optional", "weights", "data sets"}
    for dependencies in groups.values():
        assert all(piece["available"] or piece["fix"] for piece in dependencies)
    assert groups["data sets"][0]["available"] is False


def test_a_missing_requirement_fails_with_the_line_that_mends_it(tmp_path):
    declare(tmp_path, "nimba", "0.0", "no-such-package>=1", "numpy>=99", "never-asked-for; extra == 'cuda'")
    script = "from nimba.commands.doctor import required; print(*required(), sep='\\n')"
    missing = [line for line in run(script, tmp_path).stdout.splitlines() if "available=False" in line]
    assert len(missing) == 2
    assert "not installed" in missing[0]
    assert "-m pip install 'no-such-package>=1'" in missing[0]
    assert "but NIMBA needs >=99" in missing[1]


def test_the_exit_code_tells_of_a_missing_requirement(tmp_path, monkeypatch, capsys):
    declare(tmp_path, "nimba", "0.0", "no-such-package>=1")
    monkeypatch.syspath_prepend(tmp_path)
    assert doctor() == 1
    assert "-- no-such-package not installed -> " in " ".join(capsys.readouterr().out.split())


PROBE = "from nimba.runtime.optional import mamba_ssm, mamba_ssm_available; print(mamba_ssm(), mamba_ssm_available())"


@pytest.mark.parametrize(
    ("interface", "extension", "expected"),
    [
        ("import selective_scan_cuda", None, False),  # up to 2.3
        ("try:\n    import selective_scan_cuda\nexcept ImportError:\n    pass", None, False),  # later
        ("import selective_scan_cuda", "", True),
        ("import selective_scan_cuda", "raise RuntimeError('undefined symbol\\nmore')", False),
    ],
)
def test_mamba_ssm_counts_only_with_its_extension(tmp_path, interface, extension, expected):
    declare(tmp_path, "mamba-ssm", "2.3.1")
    package = tmp_path / "mamba_ssm" / "ops"
    package.mkdir(parents=True)
    (package / "selective_scan_interface.py").write_text(interface)
    (tmp_path / "torch.py").touch()  # the real one takes seconds to import, and these kernels link to nothing
    if extension is not None:
        (tmp_path / "selective_scan_cuda.py").write_text(extension)
    result = run(PROBE, tmp_path)
    assert result.stdout.strip().endswith(str(expected)), result
    assert expected or "2.3.1 does not work" in result.stdout


def test_without_mamba_ssm_torch_is_not_loaded():
    script = "import sys, nimba.runtime.optional as o; assert o.mamba_ssm().fix; assert 'torch' not in sys.modules"
    try:
        version("mamba-ssm")
    except PackageNotFoundError:
        assert run(script).returncode == 0
    else:
        pytest.skip("mamba-ssm is installed")

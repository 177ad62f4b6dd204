"""``nimba serve`` as a process: a real server on a free port."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nimba.commands.main import main
from nimba.runtime import optional
from tests.serve.clouds import ply, shape

pytestmark = pytest.mark.skipif(not optional.fastapi().available, reason="FastAPI is not installed")
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def served(request):
    """The address of a running service, and its process."""
    command = [sys.executable, "-m", "nimba", "serve", "--port", "0", "--weights", "nimba-small-modelnet40"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    process = subprocess.Popen(
        [*command, *getattr(request, "param", ())],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        line = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert address, line + process.stderr.read()
        yield address[0], process
    finally:
        process.kill()
        process.communicate()


def ask(address, data):
    request = urllib.request.Request(f"{address}/classify?format=ply", data, method="POST")
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


@pytest.mark.parametrize("served", [(), ("--workers", "2")], indirect=True, ids=["one", "two"])
def test_it_answers_many_at_once_and_ends_when_told(served):
    address, process = served
    names = ["chair", "table", "bottle", "lamp"] * 4
    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda name: ask(address, ply(shape(name, seed=2))), names))
    labels = [answer[0]["label"] for answer in answers]
    assert labels[:4] * 4 == labels
    assert labels[0] == "chair"
    with urllib.request.urlopen(f"{address}/health", timeout=10) as response:
        assert json.load(response) == {"status": "ok"}
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=120)
    assert process.returncode in (0, 143)
    assert "Traceback" not in said


@pytest.mark.parametrize("served", [("--workers", "2")], indirect=True)
def test_no_process_is_left_behind_where_it_is_killed(served):
    address, process = served
    ask(address, ply(shape("chair", seed=2)))
    process.kill()
    process.communicate(timeout=60)  # what it started has its pipes too: this ends once they are gone


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--port", "70000"], "port: must be from 0 to 65535"),
        (["--workers", "0"], "workers: must be at least 1"),
        (["--max-megabytes", "0"], "max_megabytes: must be at least 1"),
        (["--host", "nowhere.invalid"], "nowhere.invalid:8000: cannot listen there"),
        (["--weights", "nowhere.ckpt"], "nowhere.ckpt: neither weights"),
    ],
)
def test_bad_commands_are_one_line(words, message, capsys):
    assert main(["serve", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {message}")


def test_a_port_that_is_taken_is_told(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port), "--weights", "nimba-small-modelnet40"]) == 2
    assert f"127.0.0.1:{port}: cannot listen there (Address already in use)" in capsys.readouterr().err


def test_without_fastapi_it_says_what_to_install(capsys, monkeypatch):
    missing = optional.Dependency("fastapi", False, "not installed", "")
    monkeypatch.setattr(optional, "fastapi", lambda: missing)
    assert main(["serve"]) == 2
    assert capsys.readouterr().err == "error: serve: needs FastAPI (not installed): pip install 'nimba[serve]'\n"

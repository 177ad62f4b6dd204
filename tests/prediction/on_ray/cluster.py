"""Ray, buckets and programs that are killed, as the tests of prediction on Ray need them."""

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[3]
STORE = 100 * 2**20
_SECONDS = 300
DEADLY = """
import os, signal, sys

def audit(event, arguments):
    if event == "open" and str(arguments[0]).endswith("deadly.npy"):
        descriptor = os.open(os.environ["DEATHS"], os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        os.write(descriptor, b"x")
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(audit)
"""


@contextmanager
def two_machines():
    """A cluster of two machines of a core each, both of them here; the second one is yielded beside it."""
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": STORE}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        yield cluster, cluster.add_node(num_cpus=1, object_store_memory=STORE)
    finally:
        cluster.shutdown()


def on_ray(clouds: Path, output: Path, weights: str, *options: str) -> list[str]:
    return ["predict", str(clouds), "--engine", "ray", "-o", str(output), "--weights", weights, *options]


def deadly_files(folder: Path) -> dict[str, str]:
    """Variables of a process that is killed, with its children, by whatever is called deadly.npy; "deaths" counts."""
    site = folder / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(DEADLY)
    return {"PYTHONPATH": os.pathsep.join([str(site), str(ROOT)]), "DEATHS": str(folder / "deaths")}


def start(command: list[str], **environment: str) -> subprocess.Popen:
    """``nimba`` as a process of its own."""
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), **environment}
    line = [sys.executable, "-m", "nimba", *command]
    return subprocess.Popen(line, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_until(happened: Callable[[], bool], process: subprocess.Popen) -> None:
    deadline = time.monotonic() + _SECONDS
    while not happened():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def parts(output: Path) -> list[Path]:
    return sorted((output / "parts").glob("part-*.parquet"))


def table(output: Path) -> pd.DataFrame:
    return pd.concat([pd.read_parquet(part) for part in parts(output)], ignore_index=True)


def moto_server() -> str | None:
    """The S3 of this machine's own: ``MOTO_SERVER``, or what the extra dev installs."""
    return os.environ.get("MOTO_SERVER") or shutil.which("moto_server", path=os.path.dirname(sys.executable))


@contextmanager
def s3_server(port: int) -> Iterator[str]:
    """The address of an S3 server."""
    command = moto_server()
    assert command
    address = f"http://127.0.0.1:{port}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    # Not with this tests' path: it may live in an environment of its own.
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    server = subprocess.Popen([command, "-H", "127.0.0.1", "-p", str(port)], env=clean, **quiet)
    try:
        wait_until(lambda: answers(address), server)
        yield address
    finally:
        server.kill()
        server.wait()


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=1):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False

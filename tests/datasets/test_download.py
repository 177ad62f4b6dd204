"""The downloader against a real server on this machine: ranges, interruptions, wrong checksums."""

import hashlib
import http.server
import io
import re
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from nimba.datasets import ModelNet40DataModule, modelnet40_download
from nimba.datasets.download import Limits, download
from nimba.datasets.modelnet40_form import MODELNET40_CLASSES
from nimba.runtime.errors import InputError
from tests.datasets.layouts import write_modelnet40_hdf5, write_modelnet40_off
from tests.full_disk import full_disk

CONTENT = np.random.default_rng(0).bytes(3_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """Serves ``files`` by path; notes the ranges asked for; breaks off the first ``failures`` answers half-way."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {"/file.zip": CONTENT}
        self.ranges: list[str | None] = []
        self.failures = 0
        self.supports_ranges = True
        self.sends_length = True
        self.moves_ranges = 0  # bytes by which an answer to a range starts too late
        self.claims: str | None = None  # a Content-Length that is not so
        self.seconds_between = 0.0

    def handle_error(self, *args) -> None:
        """A client that leaves early is what some of the tests are about."""

    def url(self, path: str = "/file.zip") -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        content = self.server.files.get(self.path)
        wanted = self.headers.get("Range")
        self.server.ranges.append(wanted)
        if content is None:
            return self.send_error(404)
        start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted and self.server.supports_ranges else 0
        if start >= len(content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        self.send_response(206 if start else 200)
        if start:
            start += self.server.moves_ranges
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if self.server.sends_length:
            self.send_header("Content-Length", self.server.claims or str(len(content) - start))
        self.end_headers()
        end = len(content)
        if self.server.failures:
            self.server.failures -= 1
            end = start + (end - start) // 2
        if not self.server.seconds_between:
            self.wfile.write(content[start:end])
            return
        for place in range(start, end, 100_000):
            self.wfile.write(content[place : place + 100_000])
            time.sleep(self.server.seconds_between)

    def log_message(self, *args) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_file_comes_whole_and_verified(server, tmp_path):
    path = tmp_path / "new" / "file.zip"
    assert download(server.url(), path, sha256=SHA256) == SHA256
    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]


def test_an_interruption_is_taken_up_where_it_happened(server, tmp_path):
    server.failures = 2
    download(server.url(), tmp_path / "file.zip", sha256=SHA256)
    assert server.ranges == [None, "bytes=1500000-", "bytes=2250000-"]


def test_an_aborted_download_goes_on_in_the_next_call(server, tmp_path):
    server.failures = 1
    with pytest.raises(InputError, match=r"broken off .*1500000 of 3000000 bytes.*run again to resume"):
        download(server.url(), tmp_path / "file.zip", attempts=1)
    assert not (tmp_path / "file.zip").exists()
    assert (tmp_path / "file.zip.part").stat().st_size == 1_500_000
    download(server.url(), tmp_path / "file.zip", sha256=SHA256)
    assert server.ranges == [None, "bytes=1500000-"]


def test_a_server_without_ranges_starts_again(server, tmp_path):
    server.supports_ranges = False
    server.failures = 1
    download(server.url(), tmp_path / "file.zip", sha256=SHA256)


def test_a_server_without_lengths_is_read_to_the_end(server, tmp_path):
    server.sends_length = False
    download(server.url(), tmp_path / "file.zip", sha256=SHA256)


def test_a_whole_part_only_lacks_its_name(server, tmp_path):
    (tmp_path / "file.zip.part").write_bytes(CONTENT)
    download(server.url(), tmp_path / "file.zip", sha256=SHA256)
    assert (tmp_path / "file.zip").read_bytes() == CONTENT


def test_a_part_that_is_too_long_is_not_believed(server, tmp_path):
    (tmp_path / "file.zip.part").write_bytes(CONTENT + b"more")
    download(server.url(), tmp_path / "file.zip", sha256=SHA256)
    assert (tmp_path / "file.zip").read_bytes() == CONTENT


def test_a_range_that_starts_elsewhere_is_not_appended(server, tmp_path):
    """It was, wherever it started: the file had a hole, and only a checksum, where there is one, told."""
    (tmp_path / "file.zip.part").write_bytes(CONTENT[:1000])
    server.moves_ranges = 10
    download(server.url(), tmp_path / "file.zip")
    assert (tmp_path / "file.zip").read_bytes() == CONTENT
    assert server.ranges == ["bytes=1000-", None]


@pytest.mark.parametrize("claims", ["1999990", "many"])
def test_a_length_that_is_not_the_rest_is_not_believed(server, tmp_path, claims):
    (tmp_path / "file.zip.part").write_bytes(CONTENT[:1_000_000])
    server.claims = claims
    if claims == "many":  # no number: read to the end
        download(server.url(), tmp_path / "file.zip", sha256=SHA256)
        return
    with pytest.raises(InputError, match="1999990 bytes from 1000000 on are not the rest of 3000000"):
        download(server.url(), tmp_path / "file.zip", attempts=1)
    assert (tmp_path / "file.zip.part").stat().st_size == 1_000_000


@pytest.mark.parametrize("sends_length", [True, False])
def test_a_file_beyond_the_limit_is_refused(server, tmp_path, sends_length):
    server.sends_length = sends_length
    with pytest.raises(InputError, match="larger than 2,000,000 bytes"):
        download(server.url(), tmp_path / "file.zip", limits=Limits(size=2_000_000))
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_drips_is_given_up(server, tmp_path):
    server.seconds_between = 0.02
    with pytest.raises(InputError, match=r"took longer than .* hours; what has come is kept"):
        download(server.url(), tmp_path / "file.zip", limits=Limits(seconds=0.1))
    assert 0 < (tmp_path / "file.zip.part").stat().st_size < len(CONTENT)


def test_a_full_disk_is_not_taken_for_a_broken_connection(server, tmp_path):
    with full_disk(1_000_000), pytest.raises(OSError, match="File too large") as caught:
        download(server.url(), tmp_path / "file.zip")
    assert caught.value.filename == str(tmp_path / "file.zip.part")
    assert len(server.ranges) == 1


def test_a_wrong_checksum_leaves_nothing(server, tmp_path):
    with pytest.raises(InputError, match=f"SHA-256 is {SHA256}, expected 00.*removed"):
        download(server.url(), tmp_path / "file.zip", sha256="00")
    assert list(tmp_path.iterdir()) == []


def test_no_such_file_and_no_such_server(server, tmp_path):
    with pytest.raises(InputError, match="the server answers 404"):
        download(server.url("/gone.zip"), tmp_path / "gone.zip")
    with pytest.raises(InputError, match=r"broken off .*refused"):
        download("http://127.0.0.1:9/file.zip", tmp_path / "file.zip", attempts=2)


def zipped(folder: Path, name: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, f"{name}/{path.relative_to(folder)}")
    return content.getvalue()


@pytest.fixture
def hdf5_zip(tmp_path, monkeypatch) -> bytes:
    """An archive like the real one, and its files' checksums in place of the published ones."""
    folder = write_modelnet40_hdf5(tmp_path / "made", classes=40)
    (folder / "shape_names.txt").write_text("\n".join(MODELNET40_CLASSES))
    sums = {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in folder.glob("*.h5")}
    monkeypatch.setattr(modelnet40_download, "HDF5_MD5", sums)
    return zipped(folder, "modelnet40_ply_hdf5_2048")


def test_hdf5_is_downloaded_verified_and_unpacked(server, tmp_path, monkeypatch, hdf5_zip):
    server.files["/hdf5.zip"] = hdf5_zip
    monkeypatch.setattr(modelnet40_download, "HDF5_URL", server.url("/hdf5.zip"))
    root = tmp_path / "data" / "modelnet40"
    data = ModelNet40DataModule(str(root), download=True, num_points=32)
    assert (data.num_classes, data.class_names[0]) == (40, "airplane")
    assert not root.exists()  # nothing is fetched before prepare_data
    with pytest.raises(InputError, match="not downloaded yet: call prepare_data first"):
        data.load_split("train")
    data.prepare_data()
    data.setup()
    assert len(data.load_split("train")) == 19
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["modelnet40"]  # no archive, no part left
    asked = len(server.ranges)
    ModelNet40DataModule(str(root), download=True, num_points=32).prepare_data()
    assert len(server.ranges) == asked  # what is there is not fetched again


def test_hdf5_unpacks_into_a_folder_that_is_there(server, tmp_path, hdf5_zip):
    server.files["/hdf5.zip"] = hdf5_zip
    root = tmp_path / "data"
    (root / "kept").mkdir(parents=True)
    modelnet40_download.fetch("hdf5", root, server.url("/hdf5.zip"))
    assert (root / "kept").is_dir()
    assert (root / "shape_names.txt").is_file()


def test_hdf5_that_is_not_as_published_is_refused(server, tmp_path, hdf5_zip, monkeypatch):
    server.files["/hdf5.zip"] = hdf5_zip
    sums = {**modelnet40_download.HDF5_MD5, "ply_data_test0.h5": "0" * 32}
    monkeypatch.setattr(modelnet40_download, "HDF5_MD5", sums)
    with pytest.raises(InputError, match=r"ply_data_test0\.h5: MD5 is .*; or by hand: unpack"):
        modelnet40_download.fetch("hdf5", tmp_path / "data" / "root", server.url("/hdf5.zip"))
    assert not (tmp_path / "data" / "root").exists()


def test_the_published_checksums_are_of_the_seven_files():
    assert sorted(modelnet40_download.HDF5_MD5) == sorted(
        [f"ply_data_train{i}.h5" for i in range(5)] + [f"ply_data_test{i}.h5" for i in range(2)]
    )
    assert all(re.fullmatch("[0-9a-f]{32}", value) for value in modelnet40_download.HDF5_MD5.values())


def test_off_records_its_checksum_and_holds_later_downloads_to_it(server, tmp_path):
    server.files["/off.zip"] = zipped(write_modelnet40_off(tmp_path / "made"), "ModelNet40")
    root = tmp_path / "modelnet40"
    modelnet40_download.fetch("off", root, server.url("/off.zip"))
    recorded = hashlib.sha256(server.files["/off.zip"]).hexdigest()
    assert (root / "ModelNet40.zip.sha256").read_text() == f"{recorded}  ModelNet40.zip\n"
    assert (root / "raw" / "bed" / "train" / "bed_0001.off").is_file()
    assert not (root / "ModelNet40.zip").exists()
    server.files["/off.zip"] = server.files["/off.zip"] + b"changed"
    with pytest.raises(InputError, match=f"expected {recorded}"):
        modelnet40_download.fetch("off", root, server.url("/off.zip"))


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"PK no archive", "damaged zip archive"), (b"", "no folder modelnet40_ply_hdf5_2048 in it")],
)
def test_an_archive_that_is_none(server, tmp_path, content, message):
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    server.files["/hdf5.zip"] = content or empty.getvalue()
    with pytest.raises(InputError, match=message):
        modelnet40_download.fetch("hdf5", tmp_path / "data" / "root", server.url("/hdf5.zip"))


def test_data_of_other_classes_is_refused_after_a_download(server, tmp_path, monkeypatch, hdf5_zip):
    server.files["/hdf5.zip"] = hdf5_zip
    monkeypatch.setattr(modelnet40_download, "HDF5_URL", server.url("/hdf5.zip"))
    data = ModelNet40DataModule(str(tmp_path / "root"), download=True, num_points=32)
    write_modelnet40_hdf5(tmp_path / "root")
    with pytest.raises(InputError, match="its classes are not those of ModelNet40"):
        data.load_split("train")


def test_a_cut_archive_entry_is_told_of(server, tmp_path, hdf5_zip):
    damaged = bytearray(hdf5_zip)
    damaged[200:400] = bytes(200)
    server.files["/hdf5.zip"] = bytes(damaged)
    with pytest.raises(InputError):
        modelnet40_download.fetch("hdf5", tmp_path / "root", server.url("/hdf5.zip"))
    assert not (tmp_path / "root").exists()

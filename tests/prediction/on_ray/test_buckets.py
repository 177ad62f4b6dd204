"""Clouds from an S3 bucket, and their table into it."""

import socket

import pandas as pd
import pytest

from nimba.commands.main import main
from nimba.commands.predict import predict
from nimba.runtime import optional
from tests.prediction.many import write_clouds
from tests.prediction.on_ray.cluster import moto_server, s3_server

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not optional.ray().available, reason="needs nimba[ray]")]


@pytest.mark.skipif(not moto_server(), reason="needs moto[server]")
def test_from_a_bucket_into_a_bucket(weights, clouds, output, tmp_path, monkeypatch, capsys):
    from pyarrow.fs import FileSystem

    names = write_clouds(clouds, 20, broken=1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name, value in (("ACCESS_KEY_ID", "a"), ("SECRET_ACCESS_KEY", "b"), ("DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    with s3_server(port) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server)
        bucket, _ = FileSystem.from_uri("s3://scans?allow_bucket_creation=true")
        bucket.create_dir("scans")
        for name in [*names, "notes.md", "hall/.hidden.npy"]:
            with bucket.open_output_stream(f"scans/hall 1/{name}") as stream:
                stream.write((clouds / name).read_bytes() if (clouds / name).is_file() else b"")
        line = ["predict", "s3://scans/hall 1", "--engine", "ray", "--weights", weights, "--part-size", "6"]
        # In there, so that it has to be left out; and once more, which does nothing but look.
        for _ in range(2):
            assert main([*line, "-o", "s3://scans/hall 1/out"]) == 1
            said = capsys.readouterr().out
            assert said == "s3://scans/hall 1/out/parts: 20 files; 1 that are no clouds were passed over\n"
        found = pd.concat(
            pd.read_parquet(bucket.open_input_file(f"scans/hall 1/out/parts/part-00000{number}.parquet"))
            for number in range(4)
        )
        assert list(found["file"]) == names
        assert found["error"].notna().sum() == 1
        assert predict(clouds, output=tmp_path / "local", weights=weights) == 1
        assert list(found["label"].fillna("")) == list(
            pd.read_csv(tmp_path / "local" / "predictions.csv")["label"].fillna("")
        )
        capsys.readouterr()
        for wrong in ("s3://nowhere/a", "s3://scans/empty"):
            assert main([*line[:1], wrong, *line[2:], "-o", str(output)]) == 2
            err = capsys.readouterr().err
            assert f"{wrong}: holds no clouds" in err
            assert err.count("\n") == 1

import pytest

from tests.prediction.many import write_weights


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return str(write_weights(tmp_path_factory.mktemp("weights") / "a.safetensors"))


@pytest.fixture
def clouds(tmp_path):
    return tmp_path / "clouds"


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out"

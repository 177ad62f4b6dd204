import pytest

import nimba
from tests.prediction.many import write_weights


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    return str(write_weights(tmp_path_factory.mktemp("weights") / "a.safetensors"))


@pytest.fixture(scope="session")
def model(weights):
    return nimba.load(weights)

from pathlib import Path

import pytest

from nimba.errors import InputError
from nimba.files import write_json
from nimba.publish.documents import filled, publish_documents

ROOT = Path(__file__).parents[2]
RECORD = {
    "parameters": 1234567,
    "config": {"model": {"model": "nimba_small", "model_settings": {"positional_embedding": True}}},
    "seconds": 3000.0,
    "epochs": [{}, {}],
    "machine": {"cpu": "A CPU", "cores": 2, "threads": 1, "gpu": None},
    "test": {"OA": 0.91234, "mAcc": 0.87654, "samples": 10, "weights": "last epoch"},
}


@pytest.fixture
def results(tmp_path):
    run = tmp_path / "modelnet40_cpu" / "0"
    run.mkdir(parents=True)
    write_json(run / "record.json", RECORD)
    write_json(run / "shipped.json", {"OA": 0.912})
    return tmp_path


def test_blocks_are_filled_and_the_rest_is_left(results, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- generated:modelnet40_cpu -->\nold\n<!-- /generated -->\nafter\n")
    assert publish_documents([page], results) == [page]
    text = page.read_text()
    assert text.startswith("before\n<!-- generated:modelnet40_cpu -->\n| ModelNet40")
    assert text.endswith("<!-- /generated -->\nafter\n")
    assert "91.23 %" in text
    assert "1,234,567 parameters, with positional embedding" in text
    assert "old" not in text
    assert publish_documents([page], results) == []


def test_an_unknown_block_is_refused(results):
    with pytest.raises(InputError, match="generated:other"):
        filled("<!-- generated:other -->\n<!-- /generated -->", results)


def test_the_readme_holds_what_the_records_say():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "<!-- generated:modelnet40_cpu -->" in readme
    assert filled(readme) == readme, "run `python -m nimba.publish documents`"

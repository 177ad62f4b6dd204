import re

import pytest

from nimba.classifier.pretrained import DEFAULT_WEIGHTS
from nimba.publish.documents import DOCUMENTS, filled, publish_documents
from nimba.publish.gallery import PICTURES
from nimba.records.results import RESULTS
from nimba.runtime.errors import InputError
from nimba.runtime.files import write_json
from nimba.serialization import ORDERS

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
    write_json(run / "shipped.json", {"weights": DEFAULT_WEIGHTS, "OA": 0.912})
    return tmp_path


def test_blocks_are_filled_and_the_rest_is_left(results, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- generated:shipped -->\nold\n<!-- /generated -->\nafter\n")
    assert publish_documents([page], results) == [page]
    text = page.read_text()
    assert text.startswith("before\n<!-- generated:shipped -->\n| ModelNet40")
    assert text.endswith("<!-- /generated -->\nafter\n")
    assert "91.23 %" in text
    assert "1,234,567 parameters, patches of 24 points, with positional embedding" in text
    assert "old" not in text
    assert publish_documents([page], results) == []


def test_an_unknown_block_is_refused(results):
    with pytest.raises(InputError, match="generated:other"):
        filled("<!-- generated:other -->\n<!-- /generated -->", results)


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
def test_the_documents_hold_what_the_records_say(page):
    text = page.read_text(encoding="utf-8")
    assert "<!-- generated:" in text
    assert filled(text) == text, "run `nimba publish documents`"


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
def test_what_the_documents_point_to_is_there(page):
    links = re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert all((page.parent / link).exists() for link in links)


def test_no_kept_record_tells_a_path_of_a_machine():
    files = sorted(RESULTS.rglob("*.json"))
    assert len(files) > 50
    assert not [file for file in files if re.search(r'"/\w', file.read_text(encoding="utf-8"))]


def test_the_gallery_shows_every_order():
    shown = {name.partition(":")[0] for orders in PICTURES.values() for name in orders}
    assert shown == set(ORDERS)

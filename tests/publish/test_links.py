"""What the documents name is there."""

import re
from pathlib import Path

import pytest

import nimba

ROOT = Path(nimba.__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "data/README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_and_configs_are_there(document):
    text = document.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    missing = [link for link in links if not (document.parent / link).exists()]
    configs = re.findall(r"\b(?:configs|tests|scripts)/[\w/]+\.\w+", text)
    assert not missing + [path for path in configs if not (ROOT / path).exists()]


def test_something_is_looked_at():
    assert len(re.findall(r"configs/[\w/]+\.yaml", (ROOT / "docs/scaling.md").read_text())) > 4

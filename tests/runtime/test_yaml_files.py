"""YAML of a stranger's: what grows when it is read is refused before it does, and errors name file and line."""

import pytest
import yaml

from nimba.runtime.errors import InputError
from nimba.runtime.yaml_files import read_yaml


def of(tmp_path, text):
    path = tmp_path / "some.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_yaml(path)


def laughs(levels: int, uses: int) -> str:
    parts = ["a0: &a0 [x]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * uses)}]" for i in range(1, levels)]
    return "\n".join(parts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (laughs(levels=30, uses=10), r"some\.yaml, line \d+: more than 50,000 values"),
        ("base: &a {x: 1, more: *a}", "line 1: .a is part of itself"),
        ("a: *nobody", "line 1: .nobody is part of itself, or of nothing"),
        ("[" * 100_000, "line 1: lists and mappings in one another"),
        ("a: " + "x" * (1 << 20), "has more than 1,048,576 characters"),
        ("a: 1\nb: [1,\n c: 2\n", r"some\.yaml, line 4: not valid YAML"),
        ("a: 1\n\tb: 2\n", r"some\.yaml, line 2: not valid YAML .*tab"),
        ("a: !!python/object/apply:os.system [touch x]", "line 1: not valid YAML"),
        (b"a: \xff\xfe", "not a text file in UTF-8"),
        ("a: 2026-13-45", r"some\.yaml: not valid YAML"),
    ],
)
def test_what_is_refused_on_one_line(tmp_path, text, expected):
    with pytest.raises(InputError, match=expected) as caught:
        of(tmp_path, text)
    assert "\n" not in str(caught.value)
    assert "unicode string" not in str(caught.value)


def test_a_name_that_is_used_again_is_read(tmp_path):
    text = "base: &base {lr: 0.1}\none: *base\nother: {<<: *base, decay: 1}\n"
    assert of(tmp_path, text) == yaml.safe_load(text)


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"none\.yaml: cannot be read"):
        read_yaml(tmp_path / "none.yaml")

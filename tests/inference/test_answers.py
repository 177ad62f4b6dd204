"""What comes back: one answer for each cloud, bad ones among them, fit for a terminal, a notebook, JSON and pandas."""

import json

import numpy as np
import pytest
import torch

import nimba
from nimba.inference import Answer, Answers, Pose
from nimba.inference.notebook import as_html
from nimba.inference.words import noted, sentence, shown, verdict
from nimba.runtime.errors import InputError
from tests.prediction.many import NAMES, write_clouds

CLOUD = np.random.default_rng(0).normal(size=(60, 3))
FOUND = Pose("z", False, 0.97, 90.0)


def answer(source="a.ply", scores=(0.2, 0.5, 0.3), **more):
    return Answer(source, 1500, tuple(NAMES), scores, pose=FOUND, **more)


STRANGE = answer(scores=(0.3, 0.29, 0.41), unknown=0.93, is_unknown=True)
BROKEN = Answer("b.ply", error="no such file")


def test_probabilities_are_those_of_the_model(model):
    found = model.classify(CLOUD, up="y", turns=1, keep_clouds=True)[0]
    with torch.no_grad():
        expected = model(torch.from_numpy(found.cloud)[None])[0].softmax(0)
    assert found.probabilities == pytest.approx(dict(zip(NAMES, expected.tolist(), strict=True)), rel=1e-5)
    assert list(found.probabilities) == [NAMES[place] for place in expected.argsort(descending=True)]
    assert found.top(1) == [(found.nearest, found.confidence)] == [*found.probabilities.items()][:1]


def test_the_only_answer_speaks_for_all(model):
    one, two = model.classify(CLOUD), model.classify([CLOUD, CLOUD])
    assert one.label == one[0].label == one.labels[0]
    assert (one.points, one.error, one.probabilities) == (60, None, one[0].probabilities)
    assert "label" in dir(one)
    with pytest.raises(AttributeError, match=r"there are 2 answers; choose one, such as answers\[0\].label"):
        _ = two.label
    with pytest.raises(AttributeError, match="no attribute 'lable'"):
        _ = one.lable
    assert isinstance(two[:1], Answers)
    assert two[:1].label == two[0].label


def test_a_bad_one_among_good_ones_is_an_answer_too(model, tmp_path):
    names = write_clouds(tmp_path, 3, broken=1)
    bad = [tmp_path / "nowhere.ply", np.full((5, 3), np.nan), None, tmp_path / "no/*.ply", ""]
    answers = model.classify([CLOUD, *bad, tmp_path, CLOUD])
    assert [bool(one.error) for one in answers] == [False, *[True] * 5, True, False, False, False]
    assert answers[1].error == "no such file"
    assert answers[1].label is answers[1].confidence is answers[1].pose is None
    assert len(answers.errors) == 6
    assert str(tmp_path / names[0]) in answers.errors
    assert "6 errors" in answers.summary
    with pytest.raises(InputError):
        model.classify(tmp_path / names[0])


def test_batch_size_does_not_matter_and_answers_come_as_they_are_there(model):
    clouds = [CLOUD[:40] * scale for scale in ([1, 2, 3], [2, 1, 1], [1, 1, 4], [3, 1, 1], [1, 1, 1])]
    seen: list[Answer] = []
    one = model.classify(clouds, batch_size=1, each=seen.append)
    assert list(one) == seen
    looked_at: list[int] = []
    model.classify(clouds, batch_size=2, progress=looked_at.append)
    assert (looked_at[:3], sum(looked_at)) == ([2, 2, 1], 5)
    for other, same in zip(model.classify(clouds, batch_size=4), one, strict=True):
        assert other.probabilities == pytest.approx(same.probabilities, rel=1e-5)
        assert (other.pose.up, other.pose.turn) == (same.pose.up, same.pose.turn)
        assert other.pose.confidence == pytest.approx(same.pose.confidence, rel=1e-5)


def test_a_network_that_is_being_trained_stays_so(model):
    model.train()
    try:
        assert model.classify(CLOUD).probabilities == pytest.approx(model.eval().classify(CLOUD).probabilities)
        model.train()
        model.classify(CLOUD)
        assert model.training
    finally:
        model.eval()


def test_a_network_without_class_names_says_so():
    fresh = nimba.create_model("nimba_tiny", num_classes=3, num_centres=8, patch_size=8, dim=16, depth=1)
    with pytest.raises(InputError, match=r"no class names; take one from nimba\.load\(\)"):
        fresh.classify(CLOUD)


def test_plain_types_for_json():
    assert json.loads(json.dumps(Answers([STRANGE, BROKEN], 2).to_dict(top=1))) == {
        "answers": [
            {
                "file": "a.ply",
                "points": 1500,
                "label": "unknown",
                "up": "z",
                "up_given": False,
                "classes": [{"name": "cup", "probability": 0.41}],
                "unknown": 0.93,
                "is_unknown": True,
                "pose": {"up": "z", "given": False, "confidence": 0.97, "turn": 90.0},
                "notes": [],
                "decided": {},
            },
            {"file": "b.ply", "error": "no such file"},
        ],
        "passed_over": 2,
    }


def test_a_data_frame_has_a_row_each_and_types_that_hold():
    frame = Answers([answer(notes=("one", "two")), STRANGE, BROKEN]).to_pandas(top=2)
    assert frame["label"].tolist()[:2] == ["box", "unknown"]
    assert frame["class"].tolist()[:2] == ["box", "cup"]
    assert frame["notes"][0] == "one; two"
    assert frame["error"].isna().tolist() == [True, True, False]
    assert frame.dtypes.astype(str)[["points", "probability", "probability_2", "is_unknown", "turn"]].tolist() == [
        "Int64",
        "Float64",
        "Float64",
        "boolean",
        "Float64",
    ]
    assert Answers([BROKEN]).to_pandas().dtypes.equals(Answers([STRANGE]).to_pandas().dtypes)


def test_words():
    assert verdict(STRANGE) == "unknown (nearest: cup 41 %)"
    assert verdict(BROKEN) == "error"
    known = "a.ply: box 50.0 %, then cup 30.0 %, bin 20.0 %; 1,500 points, z up (97 % sure), turned by 90°"
    assert sentence(answer()) == known
    assert repr(answer()) == f"<Answer {known}>"
    read = {"format": "PLY", "kind": "mesh", "triangles": 12}
    note = noted(answer(decided=read, notes=("20 points left out",)))
    assert note == "PLY, mesh of 12 triangles, 1,500 points drawn on it; 20 points left out; " + (
        "z up (97 % sure), turned by 90°"
    )
    columns = noted(answer(decided={"format": "text", "kind": "points", "columns": ["x", "y", "z"]}))
    assert columns.startswith("text, 1,500 points from columns x, y, z; ")


def test_a_terminal_shows_a_table():
    text = repr(Answers([answer(), STRANGE, BROKEN], 1))
    lines = text.splitlines()
    assert lines[0] == "3 clouds: 1 class, 1 unknown, 1 error; 1 file passed over, no cloud"
    assert len(lines) == 5
    column = lines[1].index("class")
    assert [line[column:].split("  ")[0] for line in lines[2:]] == ["box", "unknown (nearest: cup 41 %)", "error"]
    assert repr(Answers([answer()] * 25)).endswith("... 5 more")
    assert repr(Answers([])).startswith("0 clouds")


def test_what_a_name_says_is_shown_not_run():
    evil = "</code><script>alert(1)</script>\x1b[31m\udcff.ply"
    page = as_html([answer(evil), Answer(evil, error="<b>no</b>")])
    assert "<script" not in page
    assert "<b>no" not in page
    assert "&lt;script&gt;" in page
    assert shown(evil).isprintable()
    assert "\x1b" not in repr(answer(evil))
    assert as_html([answer()] * 103).endswith("<p>3 rows more; .to_pandas() has them all</p>")
    assert Answers([answer()])._repr_html_().count("<tr>") == answer()._repr_html_().count("<tr>") == 2


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_model_on_a_gpu(model):
    points = torch.from_numpy(CLOUD)
    try:
        there = model.cuda().classify(points.cuda(), up="y")
    finally:
        model.cpu()
    assert there.probabilities == pytest.approx(model.classify(points, up="y").probabilities, abs=1e-3)

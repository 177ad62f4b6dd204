import pytest

import nimba
from nimba.classifier.pretrained import list_weights
from nimba.inference.calibration import Calibration
from nimba.publish.card import calibrated
from nimba.publish.weights import publish_cards
from nimba.records.results import RESULTS, ROOT


def test_the_cards_are_those_of_the_records():
    assert publish_cards(ROOT, RESULTS) == []


@pytest.mark.parametrize("name", list_weights())
def test_all_shipped_weights_say_their_frame_and_are_calibrated(name):
    model = nimba.load(name)
    assert model.spec.frame.mirrored
    assert model.spec.calibration.distance > 1
    assert model.familiarity is not None


def test_a_card_tells_what_was_fitted_to_what_and_how_well():
    calibration = Calibration(1.25, 0.95, 2.0, 100, "some clouds")
    figures = [{"what": "a test: ECE", "value": 0.0173}, {"what": "a test: OA", "value": 90.0}]
    text = calibrated(calibration, {"figures": figures})
    assert "temperature 1.25" in text
    assert "100 clouds (some clouds)" in text
    assert "0.017 on a test" in text
    assert "unknown" not in calibrated(Calibration(1.25), None)
    assert calibrated(None, None) == ""

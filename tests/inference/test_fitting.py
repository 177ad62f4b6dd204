import numpy as np
import pytest

from nimba.inference.calibration import Calibration
from nimba.inference.fitting import expected_calibration_error, fit_temperature


def sampled(temperature, count=4000, classes=5, seed=0):
    """Logits, and labels that are drawn with them divided by a temperature."""
    rng = np.random.default_rng(seed)
    logits = 3 * rng.normal(size=(count, classes))
    odds = np.exp(logits / temperature)
    odds /= odds.sum(1, keepdims=True)
    return logits, (rng.random((count, 1)) > odds.cumsum(1)).sum(1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_made_the_labels_is_found(temperature):
    assert fit_temperature(*sampled(temperature)) == pytest.approx(temperature, rel=0.1)


def test_the_error_is_small_for_calibrated_answers_and_large_for_others():
    logits, labels = sampled(2.0)
    errors = []
    for temperature in (2.0, 0.5):
        odds = np.exp(logits / temperature - (logits / temperature).max(1, keepdims=True))
        odds /= odds.sum(1, keepdims=True)
        errors.append(expected_calibration_error(odds.max(1), odds.argmax(1) == labels))
    assert errors[0] < 0.03 < 0.15 < errors[1]


def test_the_error_of_a_known_case():
    # Two bins: .9 twice, right once; .3 twice, right never.
    assert expected_calibration_error(np.array([0.9, 0.9, 0.3, 0.3]), np.array([1, 0, 0, 0])) == pytest.approx(0.35)
    assert expected_calibration_error(np.array([1.0]), np.array([True])) == 0


@pytest.mark.parametrize(
    "change",
    [{"temperature": 0}, {"temperature": True}, {"temperature": float("nan")}, {"accepted": 2.0}, {"distance": -1.0},
     {"clouds": -1}, {"clouds": 1.5}, {"source": 3}, {"source": "a\x1b[2J"}, {"more": 1}],
)  # fmt: skip
def test_a_calibration_of_another_form_does_not_fit(change):
    good = Calibration(1.2, 0.95, 3.0, 20, "clouds").to_dict()
    assert Calibration.fits(good)
    assert Calibration.from_dict(good).to_dict() == good
    assert not Calibration.fits(good | change)

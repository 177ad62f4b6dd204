import sys
import warnings

from nimba.runtime.cleanly import run_cleanly
from nimba.runtime.notes import InputWarning


def test_a_note_on_an_input_is_one_line_on_stderr_and_other_warnings_stay_as_they_are(capfd, monkeypatch):
    def work() -> None:
        for _ in range(2):
            warnings.warn("a.pcd: 3 points are\nnot finite: left out", InputWarning, stacklevel=1)
        warnings.warn("of another kind", UserWarning, stacklevel=1)

    others = []
    monkeypatch.setattr(warnings, "showwarning", lambda *told: others.append(str(told[0])))
    before = warnings.showwarning
    assert run_cleanly(work) == 0
    sys.stderr.flush()
    assert capfd.readouterr().err == "note: a.pcd: 3 points are not finite: left out\n" * 2
    assert others == ["of another kind"]
    assert warnings.showwarning is before

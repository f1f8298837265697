"""``pitfalls diagnose``: from a text to pitfalls, or to none."""

from __future__ import annotations

import io
import json
from pathlib import Path

import jsonschema
import pytest

from pitfalls import schemas
from pitfalls.cli import main
from pitfalls.diagnose import Diagnosis, diagnose, symptom_table
from pitfalls.model import Pitfall, Symptom

ROOT = Path(__file__).parents[2]
BAD = str(ROOT / "checks/testing/sequential_qemu_tests/bad")

LOG = "error: operator didn't match any binary names\n"


def pitfall(name: str, *symptoms: Symptom) -> Pitfall:
    """A pitfall with nothing but symptoms."""
    return Pitfall(name, name.lower(), name, "memory", "high", (), symptoms, (), (), "0.1", "")


def names(text: str, *pitfalls: Pitfall) -> list[str]:
    """Ids of the candidates, best first."""
    return [candidate.id for candidate in diagnose(text, pitfalls)]


def test_a_log_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pitfall, the line that matched with its number, why, and the permanent link."""
    data = io.TextIOWrapper(io.BytesIO(b"starting\n\x1b[31m" + LOG.encode()))
    monkeypatch.setattr("sys.stdin", data)
    assert main(["diagnose"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("TST002 Tests that share a TAP or a port must not overlap (score 2")
    assert "   line 2: error: operator didn't match any binary names\n" in out
    assert "the text operator didn't match any binary names" in out
    assert "   page: p/TST002/" in out
    assert "\x1b" not in out


def test_json_has_the_agreed_shape(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """``{"candidates": [{"id", "slug", "score", "matches": [{"line", "text", "why"}]}]}``."""
    file = tmp_path / "log"
    file.write_text(LOG)
    assert main(["diagnose", str(file), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(schemas.schema("diagnosis")).validate(found)
    best = found["candidates"][0]
    assert (best["id"], best["slug"]) == ("TST002", "sequential-qemu-tests")
    assert best["matches"][0]["line"] == 1


def test_an_ordinary_log_has_no_answer(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """It says so rather than guess; JSON has an empty list."""
    file = tmp_path / "log"
    file.write_text("   Compiling serde v1.0\n    Finished dev in 3s\n")
    assert main(["diagnose", str(file)]) == 0
    assert capsys.readouterr().out.startswith("no known pitfall")
    main(["diagnose", str(file), "--format", "json"])
    assert json.loads(capsys.readouterr().out) == {"candidates": []}


def test_a_failing_check_moves_a_candidate_up(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """With ``--target`` each candidate says what its check finds there."""
    file = tmp_path / "log"
    file.write_text(LOG)
    main(["diagnose", str(file), "--format", "json"])
    alone = json.loads(capsys.readouterr().out)["candidates"][0]
    main(["diagnose", str(file), "--format", "json", "--target", BAD])
    helped = json.loads(capsys.readouterr().out)["candidates"][0]
    assert (alone["verdict"], helped["verdict"]) == (None, "fail")
    assert helped["score"] == alone["score"] + 1.0


def test_a_missing_file_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    """With its name."""
    assert main(["diagnose", "no-such-log"]) == 2
    assert "no-such-log: cannot be read" in capsys.readouterr().err


def test_a_code_is_a_word_of_its_own() -> None:
    """``-78`` is not in ``-780``, ``rc-78`` or ``-78.5``; quotes and brackets do not matter."""
    one = pitfall("A", Symptom("-78", "code"))
    for text in ("failed: -78", "z_open() = -78.", "code `-78` (x)", "(-78)", "-78"):
        assert names(text, one) == ["A"], text
    for text in ("-780", "rc-78", "-78.5", "x-78", "78", "1-78"):
        assert names(text, one) == [], text


def test_a_log_text_may_wrap_and_be_commented() -> None:
    """Case, runs of blanks, a line end and comment leaders do not matter."""
    one = pitfall("A", Symptom("stack overflow in task", "log"))
    assert names("// Stack  OVERFLOW\n// in task main", one) == ["A"]
    assert names("stack overflow in the task", one) == []


def test_a_phrase_is_found_by_most_of_its_words() -> None:
    """In any order and form, on a line and the next; too few words are no answer."""
    one = pitfall("A", Symptom("services time out while topics work"))
    other = pitfall("B", Symptom("the router rejects a certificate"))
    assert names("Topics are working, but every service\ntimed out", one, other) == ["A"]
    assert names("the service was started", one, other) == []
    assert names("topics", one, other) == []


def test_words_stand_together_in_any_order() -> None:
    """Every word in one of its forms, on a line and the next; the answer names those found."""
    one = pitfall("A", Symptom("two/both guest/machine same MAC", "words"))
    assert names("the MAC is the same in both guests", one) == ["A"]
    assert names("guests lose packets\nboth have the same\nMAC: see below", one) == []
    assert names("two machines,\nthe MAC is the same", one) == ["A"]
    assert names("both guests have a MAC", one) == []
    (match,) = diagnose("boot\nok\nboth machines have the same MAC", [one])[0].matches
    assert (match.line, match.why) == (3, "the words both, machine, same, MAC")


def test_terms_only_hint() -> None:
    """Three light ones are no answer, four are; a heavy name is, heavy words that may stand
    together by chance are not."""
    words = ("zeth", "TAP", "bridge", "address")
    one = pitfall("A", *(Symptom(word, "term") for word in words), Symptom("-12", "code", 0.1))
    assert names("zeth zeth zeth and a tap", one) == []
    assert names("zeth, tap and bridge", one) == []
    assert names("zeth, tap, bridge and address", one) == ["A"]
    assert names("zeth", pitfall("B", Symptom("zeth", "term", 3))) == ["B"]
    assert names("same MAC", pitfall("B", Symptom("same MAC", "term", 3))) == []


def test_weak_symptoms_must_say_more_together() -> None:
    """Where none suffices alone, a little over the threshold is no answer."""
    weak = Symptom("-12", "code", 0.8)
    one = pitfall("A", weak, Symptom("zeth", "term"), Symptom("TAP", "term"))
    assert names("zeth: -12", one) == []
    assert names("zeth and TAP: -12", one) == ["A"]
    two = pitfall("B", Symptom("-12", "code"), Symptom("zeth", "term"))
    assert names("zeth: -12", two) == ["B"]


def test_a_word_of_a_term_speaks_once() -> None:
    """A term adds nothing if heavier ones have all its words."""
    terms = (Symptom("TCP socket", "term", 2.5), Symptom("socket", "term"), Symptom("TCP", "term"))
    one = pitfall("A", *terms, Symptom("host", "term"))
    assert names("a TCP socket, sockets and more TCP", one) == []
    (candidate,) = diagnose(
        "the host has a TCP socket: -12",
        [pitfall("B", *terms, Symptom("host", "term"), Symptom("-12", "code"))],
    )
    assert [match.why.split()[-1] for match in candidate.matches] == ["-12", "socket", "host"]


def test_terms_count_where_they_stand_together() -> None:
    """Words of a long log that never meet are no answer, on a line and the next they are."""
    one = pitfall("A", *(Symptom(word, "term", 1.6) for word in ("zeth", "TAP", "bridge")))
    assert names("zeth\n\n\ntap\n\n\nbridge\n", one) == []
    assert names("zeth and a tap\non the bridge\n", one) == ["A"]
    two = pitfall("B", Symptom("stale socket", "term", 4.5))
    assert names("a socket\n\nstale\n", two) == []
    assert names("this socket\nis stale\n", two) == ["B"]


def test_terms_must_say_more_in_a_long_text() -> None:
    """What stands together in one line of hundreds may be chance."""
    one = pitfall("A", *(Symptom(word, "term", 1.6) for word in ("zeth", "TAP", "bridge")))
    line = "zeth, tap, bridge\n"
    assert names(line + "nothing\n" * 40, one) == ["A"]
    assert names(line + "nothing\n" * 20_000, one) == []
    assert names("-78\n" + "nothing\n" * 4000, pitfall("A", Symptom("-78", "code"))) == ["A"]


def test_a_term_is_found_in_the_parts_of_a_name() -> None:
    """Snake case and camel case; a phrase is found there as well."""
    one = pitfall("A", Symptom("mutex lock", "term", 4.5))
    for text in ("in k_mutex_lock()", "MutexLockFailed", "CONFIG_MUTEX_LOCK=y"):
        assert names(text, one) == ["A"], text
    assert names("clockmutexes", one) == []


def test_weights_decide_between_pitfalls() -> None:
    """The better evidence comes first; equal ones by id."""
    strong = pitfall("B", Symptom("-78", "code", 2.0))
    weak = pitfall("A", Symptom("-78", "code"))
    assert names("-78", weak, strong) == ["B", "A"]
    assert names("-78", pitfall("C", Symptom("-78", "code")), weak) == ["A", "C"]
    assert names("-78", pitfall("A", Symptom("-78", "code", 0.5))) == []


def test_a_number_with_dots_is_one_word() -> None:
    """A version is neither its digits nor another version."""
    one = pitfall("A", Symptom("the clock stays at 0"), Symptom("fails with zenoh 1.5.0"))
    assert names("the clock of release 7.0.0", one) == []
    assert names("it fails with zenoh 1.0.5", one) == []
    assert names("it fails with zenoh 1.5.0", one) == ["A"]


@pytest.mark.parametrize("regex", [r"INIT[\s\S]{0,9}CLOSE", r"INIT\W+CLOSE", r"INIT[^\D]*\nCLOSE"])
def test_a_class_of_characters_keeps_its_meaning(regex: str) -> None:
    r"""Letters have no case, ``\S`` and ``\W`` do."""
    one = pitfall("A", Symptom(regex, "pattern"))
    assert names("Init\nClose", one) == ["A"]
    assert names("Init Open", one) == []


def test_the_end_of_a_huge_log_is_read() -> None:
    """Line numbers stay those of the whole file."""
    one = pitfall("A", Symptom("-78", "code"))
    text = "nothing here\n" * 200_000 + "failed: -78\n"
    (candidate,) = diagnose(text, [one])
    assert candidate.matches[0].line == 200_001


@pytest.mark.parametrize("text", ["", "\x00\x01\x02", "\n\n\n", "\ud800", "x" * 100_000])
def test_any_text_is_read(text: str) -> None:
    """No answer is no crash."""
    table = symptom_table([pitfall("A", Symptom(r"a+\d", "pattern"), Symptom("two words"))])
    assert Diagnosis(table).candidates(text) == []

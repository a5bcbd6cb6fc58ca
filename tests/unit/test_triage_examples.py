"""How well triage does on lines that it was not trained on: floors, so that no change makes it worse unseen."""

import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import pytest

from bot.triage import judge
from bot.triage.measure import Report, each, measure

EXAMPLES = files("bot.triage") / "examples"
LEARNT = ("train.jsonl", "requests.jsonl", "crisis.jsonl", "chatter.jsonl")
MEASURED = ("validation.jsonl", "held_out.jsonl", "emergencies.jsonl", "quiet.jsonl")


def _read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (EXAMPLES / name).read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def held_out() -> list[dict[str, Any]]:
    return _read("held_out.jsonl")


@pytest.fixture(scope="module")
def report(held_out: list[dict[str, Any]]) -> Report:
    return measure(held_out)


def _requests(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line["label"] == "none" or line["urgency"] != "emergency"]


def test_no_line_is_learnt_and_tested() -> None:
    learnt = {line["text"] for name in LEARNT for line in _read(name)}
    measured = [line["text"] for name in MEASURED for line in _read(name)]
    assert not learnt & set(measured)
    assert len(set(measured)) == len(measured)


def test_requests_are_seen(held_out: list[dict[str, Any]]) -> None:
    requests = measure(_requests(held_out))
    assert requests.recall >= 0.9
    assert requests.alert_precision >= 0.93
    assert min(share.flagged for share in requests.by_kind.values()) >= 0.7


def test_emergencies_are_seen(report: Report, held_out: list[dict[str, Any]]) -> None:
    # Written unseen and veiled on purpose; plain words of the same wish are found nearly always.
    crises = measure(line for line in held_out if line.get("urgency") == "emergency")
    assert report.emergencies >= 130
    assert report.emergency_recall >= 0.7
    assert crises.recall >= 0.84
    assert report.emergencies_per_1000_plain <= 2


def test_what_other_hands_wrote_is_heard_as_well() -> None:
    """What the bars were chosen on: 558 sentences of danger, by authors who had seen no code and no data."""
    seen = measure(_read("validation.jsonl"))
    assert (seen.lines, seen.emergencies, seen.plain.lines) == (2717, 558, 1562)
    assert seen.recall >= 0.97 and seen.emergency_recall >= 0.93
    assert seen.alert_precision >= 0.93
    assert seen.emergencies_per_1000_plain <= 1 and seen.suspected_per_1000_plain <= 2


def test_what_the_first_of_them_wrote_is_alerted_as_surely_as_before() -> None:
    first = measure(_read("validation.jsonl")[:615])
    assert first.emergencies == 219
    assert first.recall >= 0.97 and first.emergency_recall >= 0.93
    assert first.alert_precision >= 0.95


@pytest.mark.parametrize(("closely", "named", "suspected"), [(False, 0.94, 4), (True, 0.97, 15)])
def test_what_the_others_wrote_is_named_as_surely_as_before(closely: bool, named: float, suspected: float) -> None:
    others = measure(_read("validation.jsonl")[615:], closely=closely)
    assert others.recall >= 0.97 and others.emergency_recall >= named
    assert others.emergencies_per_1000_plain <= 2 and others.suspected_per_1000_plain <= suspected


@pytest.mark.parametrize(("closely", "named", "suspected"), [(False, 0.97, 2), (True, 0.99, 8)])
def test_emergencies_of_two_more_hands(closely: bool, named: float, suspected: float) -> None:
    """299 sentences, a third direct, a third veiled, a third told; 1,474 lines of plain chat and 497 near misses."""
    report = measure(_read("emergencies.jsonl"), closely=closely)
    assert (report.emergencies, report.plain.lines, report.none.lines) == (299, 1474, 1971)
    assert report.recall >= 0.99 and report.emergency_recall >= named
    assert report.emergencies_per_1000_plain <= 1 and report.suspected_per_1000_plain <= suspected


@pytest.mark.parametrize(("closely", "alerted"), [(False, 0.53), (True, 0.58)])
def test_requests_that_hardly_ask_are_seen(closely: bool, alerted: float) -> None:
    """200 by one hand: a quarter direct, half indirect, a quarter told of others; and 878 lines that ask nothing."""
    report = measure(_read("quiet.jsonl"), closely=closely)
    assert (report.help.lines, report.plain.lines, report.none.lines) == (200, 629, 878)
    assert report.recall >= 0.85 and report.alert_recall >= alerted
    assert report.alert_precision >= 0.95 and report.alerts_per_1000_plain <= 3


def test_ordinary_chat_and_hard_negatives_seldom_alert(report: Report) -> None:
    assert report.alerts_per_1000_plain <= 3
    assert report.none.alerted <= 0.015
    assert report.none.flagged <= 0.15
    assert set(report.by_hard) >= {"offer", "thanks", "negation", "logistics", "question", "joke", "news", "advert"}


def test_each_line_shows_its_verdict_beside_its_label() -> None:
    known, unknown = each([{"text": "家里断粮了,求求大家", "label": "help", "kind": "food"}, {"text": "早上好"}])
    assert (known["decision"], known["own_label"], known["own_kind"]) == ("alert", "help", "food")
    assert known["kinds"] == ["food"] and known["reasons"]
    assert unknown["decision"] == "none" and "own_label" not in unknown


def test_lines_without_a_label_are_not_counted() -> None:
    empty = measure([{"text": "早上好"}])
    assert (empty.lines, empty.recall, empty.alert_precision) == (0, 0.0, 0.0)


@pytest.mark.parametrize("name", ["validation.jsonl", "held_out.jsonl"])
def test_listening_closely_hears_all_that_is_heard_in_a_crowd(name: str) -> None:
    level = ("none", "review", "alert").index
    for line in _read(name):
        crowd, close = judge(line["text"]), judge(line["text"], closely=True)
        assert level(close.decision) >= level(crowd.decision) or close.urgency == "emergency"
        assert (crowd.urgency == "emergency") <= (close.urgency == "emergency")

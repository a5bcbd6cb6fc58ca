"""A life in danger is heard behind no gate: what no pattern knows reaches a person too, and small talk stays cheap."""

import json
from importlib.resources import files

import pytest

from bench.chat import ALL_TALK, LINES
from bench.examples import everything, is_crisis
from bot.triage import Judgement, fold, judge, judging
from bot.triage import measure as measuring
from bot.triage.glance import look
from bot.triage.index import signals_in

EXAMPLES = files("bot.triage") / "examples"
QUIET = (
    "往后别给我留门了，我不会回来了，孩子你多费心",
    "她把三个孩子的名字挨个叫了一遍，说妈妈对不起你们，然后往大坝那边去了",
    "我把药都数好了，今晚吃完就不疼了",
    "唔好揾我，我企喺天台，好攰",
    "这口气我不想再喘了，你们好好过",
    "欠你们的下辈子还，我从桥上走了",
)
HARMLESS = (
    "笑死我了，这集太逗了",
    "我先走了，明天见",
    "明晚告别晚会，大家准备节目",
    "清明给我爸上坟，请一天假",
    "这局重开，队友太坑",
    "房贷还清了，一身轻松",
)


@pytest.mark.parametrize("text", QUIET)
def test_what_is_said_quietly_reaches_a_person(text: str) -> None:
    verdict = judge(text)
    assert verdict.decision in ("alert", "review")
    assert "psychological" in verdict.kinds
    assert verdict.reasons and all(reason in fold(text) for reason in verdict.reasons)


@pytest.mark.parametrize("text", HARMLESS)
def test_words_of_death_and_farewell_in_ordinary_life_wake_nobody(text: str) -> None:
    assert judge(text).decision == "none"


def test_asking_for_sleeping_pills_is_an_errand() -> None:
    verdict = judge("安眠药吃完了，帮我带一盒")
    assert verdict.urgency != "emergency"
    assert verdict.kinds == ("medicine",)


def test_small_talk_is_no_emergency_and_is_done_early() -> None:
    assert not [line for line in LINES if judge(line).urgency == "emergency"]
    further = sum(any(look(fold(text))) for text in ALL_TALK)
    assert further <= len(ALL_TALK) * 0.3


@pytest.mark.parametrize("closely", [False, True])
def test_between_an_alarm_and_a_doubt_there_is_a_suspicion(monkeypatch: pytest.MonkeyPatch, closely: bool) -> None:
    bar, found = judging.CLOSELY if closely else judging.IN_A_CROWD, []
    monkeypatch.setattr(judging, "look", lambda _: (False, True))
    monkeypatch.setattr(judging, "logits", lambda *_: (judging.NEVER, judging.NEVER))
    for gloom in (bar.doubt - 1, bar.doubt, bar.suspect, bar.alarm):
        weighed = gloom - judging.SECOND * judging.LEAST
        monkeypatch.setattr(judging, "despair", lambda _, weighed=weighed: weighed + 1e-9)
        verdict = judge("墙上那幅画歪了", closely=closely)
        found.append((verdict.decision, verdict.urgency))
    assert found == [
        ("none", "normal"),
        ("review", "normal"),
        ("review", "emergency"),
        ("alert", "emergency"),
    ]


def test_suspicions_are_named_and_counted_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    verdicts = {"a": Judgement("alert", 1.0, (), "emergency"), "b": Judgement("review", 0.7, (), "emergency")}
    monkeypatch.setattr(measuring, "judge", lambda text, closely: verdicts.get(text, Judgement("review", 0.5)))
    crises = [{"text": text, "label": "help", "urgency": "emergency"} for text in "abc"]
    calm = [{"text": "b", "label": "none"}, {"text": "b", "label": "none", "hard": "joke"}]
    report = measuring.measure([*crises, *calm])
    assert (report.emergencies, report.emergencies_found, report.emergencies_suspected) == (3, 2, 1)
    assert (report.emergencies_false, report.suspected_false, report.suspected_false_plain) == (0, 2, 1)
    assert (report.suspected_per_1000_plain, report.suspected_per_1000_none) == (1000, 1000)


def test_a_text_without_any_signal_can_be_heard() -> None:
    """This is what the gate of patterns dropped."""
    unheard = [row["text"] for row in everything() if is_crisis(row) and not signals_in(fold(row["text"]))]
    assert len(unheard) > 100
    assert sum(judge(text).decision != "none" for text in unheard) >= 0.95 * len(unheard)


def test_the_first_look_ends_hardly_an_emergency_of_the_examples() -> None:
    lines = [fold(row["text"]) for row in everything() if is_crisis(row)]
    assert sum(not look(line)[1] for line in lines) <= 0.02 * len(lines)


def test_examples_are_told_apart_by_scenario_and_none_is_measured_on() -> None:
    learnt = [json.loads(line) for line in (EXAMPLES / "crisis.jsonl").read_text("utf-8").splitlines()]
    held_out = {json.loads(line)["text"] for line in (EXAMPLES / "held_out.jsonl").read_text("utf-8").splitlines()}
    assert not held_out & {line["text"] for line in learnt}
    assert all(line["scenario"] and line["label"] in ("help", "none") for line in learnt)
    assert len({line["text"] for line in learnt}) == len(learnt)


@pytest.mark.parametrize("text", ["hello", "HELP 1", "Help", "ok", "he", "hehe"])
def test_latin_letters_are_not_weighed_one_by_one(text: str) -> None:
    assert judge(text).decision == "none"


@pytest.mark.parametrize("text", ["I want to die", "i will kill myself tonight", "Suicide"])
def test_despair_in_english_is_a_suspicion(text: str) -> None:
    verdict = judge(text)
    assert (verdict.decision, verdict.urgency) == ("review", "emergency")
    assert verdict.reasons and verdict.reasons[0] in text


@pytest.mark.parametrize("text", ["buxianghuole", "wo xiang si", "zisha"])
def test_despair_in_latin_letters_is_heard(text: str) -> None:
    assert judge(text).urgency == "emergency"

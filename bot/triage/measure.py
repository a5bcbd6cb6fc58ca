"""How well triage judges labelled lines: what `songnuan judge FILE.jsonl` prints, and the tests hold.

A line is a mapping with `text` and, when known, `label` (help or none), `kind`, `urgency` and `hard` (the kind
of a hard negative: an offer, thanks, news …). Plain lines are negatives without `hard`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.triage.judging import Decision, Judgement, judge

Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Share:
    """How many lines of a sort were alerted or put up for review."""

    lines: int
    alerts: int
    reviews: int

    @property
    def flagged(self) -> float:
        """The share that a person gets to see."""
        return _ratio(self.alerts + self.reviews, self.lines)

    @property
    def alerted(self) -> float:
        """The share that wakes a chair."""
        return _ratio(self.alerts, self.lines)


@dataclass(frozen=True, slots=True)
class Report:
    """Recall and precision as a whole and by sort; all numbers are shares from 0 to 1 unless named otherwise."""

    lines: int
    help: Share
    none: Share
    plain: Share
    by_kind: dict[str, Share]
    by_hard: dict[str, Share]
    emergencies: int
    emergencies_found: int  # alerted or suspected
    emergencies_suspected: int
    emergencies_false_plain: int  # alerted
    emergencies_false: int
    suspected_false_plain: int
    suspected_false: int

    @property
    def recall(self) -> float:
        """Requests that were alerted or put up for review."""
        return self.help.flagged

    @property
    def alert_recall(self) -> float:
        """Requests that were alerted."""
        return self.help.alerted

    @property
    def alert_precision(self) -> float:
        """Alerts that were requests."""
        return _ratio(self.help.alerts, self.help.alerts + self.none.alerts)

    @property
    def precision(self) -> float:
        """Alerts and reviews that were requests."""
        flagged = self.help.alerts + self.help.reviews
        return _ratio(flagged, flagged + self.none.alerts + self.none.reviews)

    @property
    def alerts_per_1000_plain(self) -> float:
        """False alerts in a thousand lines of ordinary chat."""
        return 1000 * self.plain.alerted

    @property
    def emergency_recall(self) -> float:
        """Emergencies that were named so, be it as an alert or as a suspicion."""
        return _ratio(self.emergencies_found, self.emergencies)

    @property
    def emergencies_per_1000_plain(self) -> float:
        """False emergencies in a thousand lines of ordinary chat."""
        return 1000 * _ratio(self.emergencies_false_plain, self.plain.lines)

    @property
    def emergencies_per_1000_none(self) -> float:
        """False emergencies in a thousand lines that ask for nothing, the hard ones among them."""
        return 1000 * _ratio(self.emergencies_false, self.none.lines)

    @property
    def suspected_per_1000_plain(self) -> float:
        """False suspicions of an emergency in a thousand lines of ordinary chat."""
        return 1000 * _ratio(self.suspected_false_plain, self.plain.lines)

    @property
    def suspected_per_1000_none(self) -> float:
        """False suspicions in a thousand lines that ask for nothing, the hard ones among them."""
        return 1000 * _ratio(self.suspected_false, self.none.lines)


def measure(lines: Iterable[Line], *, closely: bool = False) -> Report:
    """Judges the lines that have a label and counts; `closely` as if a family had written them."""
    judged = [(line, judge(line["text"], closely=closely)) for line in lines if line.get("label") in ("help", "none")]
    asks = [pair for pair in judged if pair[0]["label"] == "help"]
    rest = [pair for pair in judged if pair[0]["label"] == "none"]
    plain = [pair for pair in rest if not pair[0].get("hard")]
    crises = [verdict for line, verdict in asks if line.get("urgency") == "emergency"]
    return Report(
        lines=len(judged),
        help=_share(asks),
        none=_share(rest),
        plain=_share(plain),
        by_kind=_by(asks, "kind"),
        by_hard=_by(rest, "hard"),
        emergencies=len(crises),
        emergencies_found=sum(verdict.urgency == "emergency" for verdict in crises),
        emergencies_suspected=_emergencies(crises, "review"),
        emergencies_false_plain=_emergencies((verdict for _, verdict in plain), "alert"),
        emergencies_false=_emergencies((verdict for _, verdict in rest), "alert"),
        suspected_false_plain=_emergencies((verdict for _, verdict in plain), "review"),
        suspected_false=_emergencies((verdict for _, verdict in rest), "review"),
    )


def _emergencies(verdicts: Iterable[Judgement], decision: Decision) -> int:
    return sum(verdict.urgency == "emergency" and verdict.decision == decision for verdict in verdicts)


def each(lines: Iterable[Line], *, closely: bool = False) -> Iterator[dict[str, Any]]:
    """The verdict of every line, beside the line's own label when it has one."""
    for line in lines:
        verdict = judge(line["text"], closely=closely)
        known = {f"own_{key}": line[key] for key in ("label", "kind", "urgency", "hard") if line.get(key)}
        yield {
            "text": line["text"],
            "decision": verdict.decision,
            "confidence": verdict.confidence,
            "kinds": list(verdict.kinds),
            "urgency": verdict.urgency,
            "reasons": list(verdict.reasons),
            **known,
        }


def _share(pairs: list[tuple[Line, Judgement]]) -> Share:
    counts = Counter(verdict.decision for _, verdict in pairs)
    return Share(len(pairs), counts["alert"], counts["review"])


def _by(pairs: list[tuple[Line, Judgement]], key: str) -> dict[str, Share]:
    names = sorted({str(line[key]) for line, _ in pairs if line.get(key)})
    return {name: _share([pair for pair in pairs if str(pair[0].get(key)) == name]) for name in names}


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0

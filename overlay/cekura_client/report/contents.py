"""What a report shows: worked out of both sides, cut to what a person reads."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from cekura_client.comparison import (
    ChangeKind,
    Comparison,
    MetricComparison,
    MetricSummary,
    ResultChange,
    Side,
    call_of,
    compare_sides,
    value_of,
)
from cekura_client.models import CallLog, CallLogSummary, TranscriptTurn
from cekura_client.report.charts import Histogram, Part, histogram, stacked
from cekura_client.results import MetricRow

MOST_METRICS = 100
MOST_CHANGES = 200  # of each kind
MOST_FAILING = 50  # of each metric
MOST_NAMED = 20  # calls in a sentence
_LONGEST_TEXT = 1_500  # characters of an explanation, or of what was said in one turn
_LONGEST_NAME = 300  # characters of any other text
_MOST_TRANSCRIPTS = 6_000_000  # characters in all: the page stays below 20 MB
_MOMENT = re.compile(r"(?<![\d:])(\d{1,3}):([0-5]\d)(?![\d:])")
_NOTHING = "\N{EN DASH}"
_MINUS = "\N{MINUS SIGN}"
_LINK = re.compile(r"https?://[^\s\x00-\x20\x7f]+", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side of a call said: who, what, and when, in seconds."""

    role: str
    said: str
    start: float | None

    @property
    def at(self) -> str:
        """When it was said, as MM:SS; empty where that is not known."""
        if self.start is None or not 0 <= self.start < 1_000_000:  # noqa: PLR2004  (days; else it is no moment of a call)
            return ""
        minutes, seconds = divmod(int(self.start), 60)
        return f"{minutes:02d}:{seconds:02d}"


@dataclass(slots=True)
class CallFacts:
    """What a report shows of a call beside its results."""

    recording: str | None = None
    number: str | None = None
    turns: list[Turn] = field(default_factory=list[Turn])


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What the caller knows of the run; see `write_report`."""

    metric_runs: int | None
    credits_before: Decimal | float | None
    credits_after: Decimal | float | None
    unknown: Sequence[int | str]


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure at the top of the page."""

    label: str
    value: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One metric.

    Attributes:
        name: Its name, or its id where it has none.
        metric: What it came to.
        before: Its pass rate, its mean or nothing, as text.
        after: The same of the later side.
        rates: The pass rates of both sides, in percent, where there are verdicts.
        change: How the figure changed, as text.
        tone: Whether that is `better` or `worse`; empty where nobody can say.
        histogram: Its scores, where these are more than verdicts.
        parts: Its named values.
    """

    name: str
    metric: MetricComparison
    before: str
    after: str
    rates: tuple[float | None, float | None]
    change: str
    tone: str
    histogram: Histogram | None
    parts: list[Part]


@dataclass(frozen=True, slots=True)
class Place:
    """One result as it is shown: a call, and where to hear it.

    Attributes:
        call: What the call is known by.
        call_id: The platform's id of it, where that is another one.
        metric: The metric's name.
        before: The result before, in a word; and its explanation.
        after: The same of the later side.
        turns: What was said where the explanations speak of a moment.
        recording: A link that can be followed.
        recording_text: One that cannot: it is shown as it is.
        number: The caller's phone number.
        transcript: All that was said.
        seen_above: Whether the transcript stands further up.
    """

    call: str
    call_id: str
    metric: str
    before: tuple[str, str]
    after: tuple[str, str]
    turns: list[Turn]
    recording: str | None
    recording_text: str | None
    number: str | None
    transcript: list[Turn]
    seen_above: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Results of one kind, and how many more there are than are shown."""

    title: str
    total: int
    shown: list[Place]
    tone: str = ""

    @property
    def hidden(self) -> int:
        """How many are not shown."""
        return self.total - len(self.shown)


@dataclass(slots=True, kw_only=True)
class Contents:
    """All that a report shows."""

    compares: bool
    comparison: Comparison
    tiles: list[Tile]
    notices: list[str]
    unknown: str
    cards: list[Card]
    hidden_cards: int
    flips: list[Group]
    failing: list[Group]
    others: list[Group]
    with_transcripts: bool
    transcripts_left_out: int


def facts_of(call: CallLog | CallLogSummary, *, with_transcripts: bool) -> CallFacts:
    """Take what a report may show of a call."""
    facts = CallFacts(call.voice_recording_url if isinstance(call, CallLog) else None)
    if with_transcripts:
        facts.number = call.customer_number
        turns = call.transcript_object
        if isinstance(turns, list):
            facts.turns = [_turn(turn) for turn in turns]
        elif call.transcript:
            facts.turns = [Turn("", line, _moment(line)) for line in call.transcript.splitlines()]
    return facts


def contents_of(
    old: Side | None,
    new: Side,
    facts: Mapping[int | str, CallFacts],
    account: Account,
    notes: Iterable[str],
    *,
    with_transcripts: bool,
) -> Contents:
    """Work out what a report shows.

    Args:
        old: The earlier side, where there is one.
        new: The later side.
        facts: What is known of the calls beside their results.
        account: What the caller knows of the run.
        notes: What the caller wants told.
        with_transcripts: Whether to show what was said.
    """
    comparison = compare_sides(old or Side("before", ()), new)
    unknown = [*dict.fromkeys([*account.unknown, *comparison.unknown])]
    cards = _cards(comparison, old, new)
    shown = _Shown(facts, [card.metric for card in cards])
    flips: list[Group] = []
    others: list[Group] = []
    if old is not None:
        regressions = comparison.regressions
        improvements = [each for each in comparison.flips if each.kind is ChangeKind.FAIL_TO_PASS]
        flips = [
            shown.changes("Pass → fail", regressions, "worse"),
            shown.changes("Fail → pass", improvements, "better"),
        ]
        others = [
            shown.changes("Changed otherwise", comparison.other_changes),
            shown.changes("Appeared", comparison.appeared),
            shown.changes("Disappeared", comparison.disappeared),
        ]
    failing = shown.failing(new.results.values())
    return Contents(
        compares=old is not None,
        comparison=comparison,
        tiles=_tiles(comparison, old, new, account, len(unknown)),
        notices=[
            *notes,
            *(text for text in comparison.notices if old is not None or " before" not in text),
        ],
        unknown=_named(unknown),
        cards=cards[:MOST_METRICS],
        hidden_cards=max(0, len(cards) - MOST_METRICS),
        flips=[group for group in flips if group.total],
        failing=failing[:MOST_METRICS],
        others=[group for group in others if group.total],
        with_transcripts=with_transcripts,
        transcripts_left_out=shown.transcripts_left_out,
    )


def counted(number: int, thing: str) -> str:
    """Say how many of a thing there are."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def percent(share: float | None) -> str:
    """Write a share as a percentage; a dash for none."""
    return _NOTHING if share is None else f"{100 * share:.1f}%"


def cut(text: str | None, longest: int = _LONGEST_NAME) -> str:
    """Shorten a text, and say by how much."""
    if text is None:
        return ""
    if len(text) <= longest:
        return text
    return f"{text[:longest]}… ({len(text) - longest:,} characters more)"


def _named(calls: Sequence[int | str]) -> str:
    names = ", ".join(cut(str(call)) for call in calls[:MOST_NAMED])
    more = len(calls) - MOST_NAMED
    return f"{names} and {more:,} more" if more > 0 else names


def _tiles(
    comparison: Comparison, old: Side | None, new: Side, account: Account, unknown: int
) -> list[Tile]:
    before = "" if old is None else f"{comparison.calls_before:,} before"
    tiles = [Tile("Calls", f"{comparison.calls_after:,}", before)]
    if account.metric_runs is not None:
        tiles.append(Tile("Metric runs", f"{account.metric_runs:,}"))
    else:
        results = "" if old is None else f"{len(old.results):,} before"
        tiles.append(Tile("Results", f"{len(new.results):,}", results))
    amounts = [
        None if amount is None else Decimal(str(amount))
        for amount in (account.credits_before, account.credits_after)
    ]
    first, second = amounts
    if first is not None and second is not None:
        difference = f"{(second - first).normalize():+,f}".replace("-", _MINUS)
        tiles.append(Tile("Credits", f"{_amount(first)} → {_amount(second)}", difference))
    elif (amount := first if second is None else second) is not None:
        known = "before" if second is None else "after"
        tiles.append(Tile("Credits", _amount(amount), known))
    if old is not None:
        worse = len(comparison.regressions)
        better = len(comparison.flips) - worse
        tiles.append(Tile("Pass → fail", f"{worse:,}", tone="worse" if worse else ""))
        tiles.append(Tile("Fail → pass", f"{better:,}", tone="better" if better else ""))
    tiles.append(Tile("Unknown", f"{unknown:,}", tone="unknown" if unknown else ""))
    return tiles


def _amount(amount: Decimal) -> str:
    """Write an amount without the zeros at its end."""
    return f"{amount.normalize():,f}"


def _cards(comparison: Comparison, old: Side | None, new: Side) -> list[Card]:
    """Lay out each metric: first what got worse by more than chance, then by the flips."""
    scores: dict[int, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for place, side in enumerate((old, new)):
        for row in side.results.values() if side is not None else ():
            if row["metric_id"] is not None and row["score"] is not None:
                scores[row["metric_id"]][place].append(row["score"])
    metrics = sorted(
        comparison.by_metric.values(),
        key=lambda metric: (
            not (metric.more_than_chance and metric.pass_to_fail > metric.fail_to_pass),
            -(metric.pass_to_fail + metric.fail_to_pass),
            metric.metric_id,
        ),
    )
    return [_card(metric, *scores[metric.metric_id], old is not None) for metric in metrics]


def _card(
    metric: MetricComparison,
    before: list[float],
    after: list[float],
    compares: bool,  # noqa: FBT001  (one caller)
) -> Card:
    rates = (metric.before.pass_rate, metric.after.pass_rate)
    means = (metric.before.mean_score, metric.after.mean_score)
    change = tone = ""
    figures = ("", "")
    # A binary metric's scores say no more than its verdicts.
    judged = any(rate is not None for rate in rates)
    if judged:
        figures = (percent(rates[0]), percent(rates[1]))
        if compares and rates[0] is not None and rates[1] is not None:
            difference = 100 * (rates[1] - rates[0])
            change = _signed(f"{difference:+.1f}", "points")
            tone = _tone(difference)
    elif any(mean is not None for mean in means):
        figures = (_mean(means[0]), _mean(means[1]))
        if compares and means[0] is not None and means[1] is not None:
            change = _signed(f"{means[1] - means[0]:+.3g}", "on average")
    return Card(
        name=cut(metric.metric_name) or f"Metric {metric.metric_id}",
        metric=metric,
        before=figures[0],
        after=figures[1],
        rates=(_of_100(rates[0]), _of_100(rates[1])),
        change=change,
        tone=tone,
        histogram=None if judged else histogram(before, after),
        parts=[] if judged else _parts(metric.before, metric.after),
    )


def _parts(before: MetricSummary, after: MetricSummary) -> list[Part]:
    return stacked(before.values, after.values)


def _mean(mean: float | None) -> str:
    return _NOTHING if mean is None else f"{mean:.4g}"


def _signed(number: str, unit: str) -> str:
    return "no change" if not float(number) else f"{number.replace('-', _MINUS)} {unit}"


def _tone(difference: float) -> str:
    return "better" if difference > 0 else "worse" if difference < 0 else ""


def _of_100(rate: float | None) -> float | None:
    return None if rate is None else round(100 * rate, 2)


class _Shown:
    """Turns results into what is shown of them; each transcript once, as long as there is room."""

    def __init__(
        self, facts: Mapping[int | str, CallFacts], metrics: Sequence[MetricComparison]
    ) -> None:
        self._facts = facts
        self._names = {
            metric.metric_id: cut(metric.metric_name) or f"Metric {metric.metric_id}"
            for metric in metrics
        }
        self._order = {metric.metric_id: place for place, metric in enumerate(metrics)}
        self._room = _MOST_TRANSCRIPTS
        self._placed = set[int | str]()
        self.transcripts_left_out = 0

    def changes(self, title: str, changes: Sequence[ResultChange], tone: str = "") -> Group:
        """Show changes of one kind, by metric."""
        ordered = sorted(changes, key=lambda each: self._order[each.newest["metric_id"] or 0])
        shown = [self._place(each.before, each.after) for each in ordered[:MOST_CHANGES]]
        return Group(title, len(changes), shown, tone)

    def failing(self, rows: Iterable[MetricRow]) -> list[Group]:
        """Show the calls that fail, by metric."""
        by_metric: dict[int, list[MetricRow]] = defaultdict(list)
        for row in rows:
            if row["passed"] is False and row["metric_id"] is not None:
                by_metric[row["metric_id"]].append(row)
        return [
            Group(
                self._names[metric],
                len(by_metric[metric]),
                [self._place(None, row, whole=True) for row in by_metric[metric][:MOST_FAILING]],
            )
            for metric in self._order
            if by_metric[metric]
        ]

    def _place(
        self, before: MetricRow | None, after: MetricRow | None, *, whole: bool = False
    ) -> Place:
        row = after or before
        assert row is not None  # noqa: S101  (a change has at least one side)
        call = call_of(row)
        facts = self._facts.get(call, CallFacts())
        texts = [each["explanation"] or "" for each in (before, after) if each is not None]
        recording = facts.recording or ""
        is_link = _LINK.fullmatch(recording) is not None
        seen_above = whole and call in self._placed
        return Place(
            call=cut(str(call)),
            call_id=cut(row["call_id"]) if row["call_id"] != call else "",
            metric=self._names[row["metric_id"] or 0],
            before=_result(before),
            after=_result(after),
            turns=_turns_spoken_of(texts, facts.turns),
            recording=recording if is_link else None,
            recording_text=None if is_link else cut(recording) or None,
            number=cut(facts.number) or None,
            transcript=self._transcript(call, facts.turns) if whole else [],
            seen_above=seen_above,
        )

    def _transcript(self, call: int | str, turns: list[Turn]) -> list[Turn]:
        if call in self._placed or not turns:
            return []
        short = [Turn(cut(turn.role), cut(turn.said, _LONGEST_TEXT), turn.start) for turn in turns]
        length = sum(len(turn.role) + len(turn.said) + 100 for turn in short)
        if length > self._room:
            self.transcripts_left_out += 1
            return []
        self._room -= length
        self._placed.add(call)
        return short


def _result(row: MetricRow | None) -> tuple[str, str]:
    """A result in a word, and its explanation."""
    if row is None:
        return "no result", ""
    if row["passed"] is not None:
        word = "pass" if row["passed"] else "FAIL"
    elif (value := value_of(row)) is not None:
        word = cut(value)
    elif row["score"] is not None:
        word = f"{row['score']:g}"
    else:
        word = "n/a"
    return word, cut(row["explanation"], _LONGEST_TEXT)


def _turns_spoken_of(explanations: Iterable[str], turns: list[Turn]) -> list[Turn]:
    """Find the turns at the moments that explanations name as MM:SS."""
    timed = [turn for turn in turns if turn.start is not None]
    found: dict[int, Turn] = {}
    for text in explanations:
        for minutes, seconds in _MOMENT.findall(text[: 2 * _LONGEST_TEXT]):
            moment = 60 * int(minutes) + int(seconds)
            # A moment is told without the fraction of its second.
            earlier = [turn for turn in timed if (turn.start or 0.0) < moment + 1]
            if earlier:
                turn = max(earlier, key=lambda turn: turn.start or 0.0)
                found[id(turn)] = Turn(cut(turn.role), cut(turn.said, _LONGEST_TEXT), turn.start)
    return [*found.values()]


def _turn(turn: TranscriptTurn) -> Turn:
    start = turn.start_time if turn.start_time is not None else turn.timestamp
    if start is None and turn.time is not None:
        start = _moment(turn.time)
    return Turn(turn.role or "", turn.content or "", start)


def _moment(text: str) -> float | None:
    found = _MOMENT.search(text)
    return 60.0 * int(found[1]) + int(found[2]) if found else None

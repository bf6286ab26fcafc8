"""An API that charges, loses replies and shows its calls late: nothing is charged a second time."""

import json
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cekura_client import BatchReport, InvalidResponseError, JournalFinishedError

from tests.support.twins import Calls, Twin
from tests.support.wire import Answer, Received, Script, WireServer, reply, then_close

OLD = {"status": "success", "updated_at": "2026-01-01T00:00:00Z"}
HOUR = timedelta(hours=1)


@dataclass
class Api:
    """Evaluates calls, and answers as it is told to.

    Args:
        answer: What a paid request is answered with, after it was charged.
        retrieved: What `retrieve` shows of a call that was charged.
        listed: What a list shows of each call.
        ahead: How far its clock is ahead of this machine's.
        tells_date: Whether its replies have a Date.
    """

    answer: Callable[[list[int]], Script] = lambda _: then_close()
    retrieved: dict[str, Any] = field(default_factory=lambda: {"status": "evaluating"})
    listed: dict[str, Any] = field(default_factory=lambda: OLD)
    ahead: timedelta = timedelta(0)
    tells_date: bool = True
    charged: Counter[int] = field(default_factory=Counter[int])

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def to(self, request: Received) -> Script:
        path = urlsplit(request.path).path.strip("/").split("/")
        if request.method == "POST":
            ids = json.loads(request.body)["call_logs"]
            self.charged.update(ids)
            self.retrieved = self.retrieved | {"updated_at": self.now().isoformat()}
            return self.answer(ids)
        if path[-1].isdecimal():
            call = int(path[-1])
            shown = self.retrieved if call in self.charged else OLD
            return self._reply({"id": call, "call_id": "a"} | shown)
        asked = parse_qs(urlsplit(request.path).query)["call_ids"][0].split(",")
        rows = [{"id": int(call), "call_id": "a"} | self.listed for call in asked]
        return self._reply({"count": len(rows), "next": None, "results": rows})

    def _reply(self, body: object) -> Script:
        return self.reply(200, json.dumps(body).encode())

    def reply(self, status: int, body: bytes) -> Script:
        date = {"Date": format_datetime(self.now(), usegmt=True)} if self.tells_date else None
        return reply(status, body, date)


def run(calls: Calls, ids: list[int], journal: Path, **options: Any) -> BatchReport:
    return calls.evaluate_metrics_in_batches(
        agent_id=1, metrics=[7], call_logs=ids, journal=journal, batch_size=1, **options
    )


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "run.db"


def test_a_list_that_lags_behind_does_not_make_a_call_one_that_did_not_run(
    twin: Twin, journal: Path
) -> None:
    api = Api()
    with WireServer(Answer(api.to)) as server, twin.open(base_url=server.url) as calls:
        assert list(run(calls, [1], journal).unknown) == [1]
        reconciliation = calls.reconcile(journal=journal, grace=0)
        assert reconciliation.ran == {1: "it is being evaluated"}
        with pytest.raises(JournalFinishedError):
            run(calls, [1], journal)
    assert api.charged == {1: 1}


def test_each_reading_has_its_own_moment(twin: Twin) -> None:
    api = Api(retrieved=OLD, tells_date=False)
    pause = [reply(429, b"", {"Retry-After": "0.6"})]

    def to(request: Received) -> Script:
        if request.path.endswith("/2/") and pause:
            return pause.pop()
        return api.to(request)

    with WireServer(Answer(to)) as server, twin.open(base_url=server.url) as calls:
        sent = datetime.now(UTC)
        reconciliation = calls.reconcile([1, 2, 3], since=sent, grace=0.5)
    # The first was read at once, the second was asked for at once; then came a pause.
    assert list(reconciliation.undetermined) == [1, 2]
    assert "too recently" in reconciliation.undetermined[1]
    assert list(reconciliation.did_not_run) == [3]


@pytest.mark.parametrize("ahead", [-HOUR, HOUR], ids=["slow", "fast"])
def test_moments_are_compared_by_the_servers_clock(
    twin: Twin, journal: Path, ahead: timedelta
) -> None:
    """The call was evaluated at once, and shows that by the server's clock."""
    api = Api(retrieved={"status": "success"}, ahead=ahead)
    with WireServer(Answer(api.to)) as server, twin.open(base_url=server.url) as calls:
        calls.retrieve(9)  # tells the time
        (error,) = run(calls, [1], journal).unknown.values()
        assert error.sent is not None
        assert error.sent.at_server is not None
        assert abs(error.sent.at_server - error.sent.at - ahead) < timedelta(seconds=5)
        # A Date has whole seconds: it may put the update a moment before the sending.
        assert calls.reconcile({1: error}, grace=0).did_not_run == {}
        assert calls.reconcile(journal=journal, grace=0).did_not_run == {}
        with pytest.raises(JournalFinishedError):
            run(calls, [1], journal)
    assert api.charged == {1: 1}


@pytest.mark.parametrize("tells_date", [True, False])
def test_a_clock_that_was_an_hour_fast_cannot_tell(
    twin: Twin, journal: Path, *, tells_date: bool
) -> None:
    """The machine's clock was set right between the sending and the reconciling."""
    api = Api(retrieved={"status": "success"}, ahead=-HOUR, tells_date=False)
    with WireServer(Answer(api.to)) as server, twin.open(base_url=server.url) as calls:
        report = run(calls, [1], journal)
        api.ahead, api.tells_date = timedelta(0), tells_date
        assert list(calls.reconcile(report.unknown, grace=0).undetermined) == [1]
        assert list(calls.reconcile(journal=journal, grace=0).undetermined) == [1]
        with pytest.raises(JournalFinishedError):
            run(calls, [1], journal)
    assert api.charged == {1: 1}


def test_what_was_accepted_ran_whatever_the_call_shows(
    twin: Twin, journal: Path, caplog: pytest.LogCaptureFixture
) -> None:
    api = Api(answer=lambda _: reply(200, b"{}"), retrieved=OLD)
    with WireServer(Answer(api.to)) as server, twin.open(base_url=server.url) as calls:
        report = run(calls, [1, 2], journal)
        assert isinstance(report.unknown[1], InvalidResponseError)
        assert sorted(calls.reconcile(report.unknown, grace=0).ran) == [1, 2]
        caplog.set_level(logging.WARNING, logger="cekura_client")
        again = run(calls, [1, 2], journal, repeat_unknown=[2])
        assert "names 2: the server has accepted that already" in caplog.text
        assert sorted(again.unknown) == [1, 2]
        assert sorted(calls.reconcile(journal=journal, grace=0).ran) == [1, 2]
        with pytest.raises(JournalFinishedError) as raised:
            run(calls, [1, 2], journal)
    assert sorted(raised.value.report.succeeded) == [1, 2]
    assert api.charged == {1: 1, 2: 2}


def test_a_repeated_unknown_keeps_the_moment_of_its_first_sending(
    twin: Twin, journal: Path
) -> None:
    api = Api()
    with WireServer(Answer(api.to)) as server, twin.open(base_url=server.url) as calls:
        first = run(calls, [1], journal).unknown[1].sent
        api.answer = lambda _: api.reply(500, b"second")
        second = run(calls, [1], journal, repeat_unknown=[1]).unknown[1]
        with pytest.raises(JournalFinishedError) as raised:
            run(calls, [1], journal)
    kept = raised.value.report.unknown[1].sent
    assert first is not None
    assert kept is not None
    assert second.sent is not None
    assert "500" in str(second)
    assert (second.sent.at, second.sent.at_server) == (first.at, first.at_server)
    assert abs(kept.at - first.at) < timedelta(seconds=1) or kept.at == first.at
    assert api.charged == {1: 2}

"""Calls whose reply was lost, reconciled by what the calls show: none is charged twice."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cekura_client import (
    BatchReport,
    CallLog,
    CekuraError,
    InvalidRequestError,
    JournalFinishedError,
)
from cekura_client.call_logs.reconciling.signs import Sign, read_signs
from cekura_client.engine.server_clock import Moment
from cekura_client.sandbox import Sandbox

from tests.support.chaos import ChaosProxy
from tests.support.twins import Calls, Twin
from tests.support.wire import WireServer, reply

CALLS = 400


def run(calls: Calls, ids: list[int], journal: Path | None) -> BatchReport:
    return calls.evaluate_metrics_in_batches(
        agent_id=224, metrics=[789], call_logs=ids, batch_size=4, journal=journal
    )


# httpx leaves a request's body half-read where trio's connection breaks while it is sent.
@pytest.mark.filterwarnings("ignore:Async generator 'httpx._content.ByteStream:ResourceWarning")
@pytest.mark.parametrize("seconds", [0.0, 600.0], ids=["evaluated", "being evaluated"])
def test_every_charged_call_ran_and_no_other_did(
    twin: Twin, tmp_path: Path, seconds: float
) -> None:
    journal = tmp_path / "run.db"
    with (
        Sandbox(calls=2 * CALLS, evaluation_seconds=seconds) as sandbox,
        ChaosProxy(sandbox.url, before=5, after=5, seed=7) as proxy,
        twin.open(api_key=sandbox.api_key, base_url=proxy.url) as calls,
    ):
        ids = [call.id for call in sandbox.call_logs if call.agent_id == 224]
        report = run(calls, ids, journal)
        charged = set(proxy.charged)
        lost = charged - set(report.succeeded)
        assert lost
        assert set(report.unknown) > lost
        proxy.calm()
        before = sandbox.requests
        reconciliation = calls.reconcile(journal=journal, grace=0)
        # Windows of 33 days, over 90 days; and each that no list shows to have run by itself.
        assert sandbox.requests - before <= 6 + len(report.unknown) - len(lost)
        assert set(reconciliation.ran) == lost
        assert set(reconciliation.did_not_run) == set(report.unknown) - lost
        assert reconciliation.undetermined == {}
        assert str(reconciliation).endswith("0 undetermined")
        second = run(calls, ids, journal)
        assert not second.unknown, list(second.unknown.values())
        assert sorted(second.succeeded) == sorted(ids)
        assert second.complete
        with pytest.raises(JournalFinishedError):
            run(calls, ids, journal)
    assert set(proxy.charged) == set(ids)
    assert max(proxy.charged.values()) == 1


def test_a_report_an_error_and_plain_ids_are_reconciled_alike(twin: Twin) -> None:
    with (
        Sandbox(evaluation_seconds=600) as sandbox,
        ChaosProxy(sandbox.url, before=0, after=100, seed=1) as proxy,
        twin.open(api_key=sandbox.api_key, base_url=proxy.url) as calls,
    ):
        begin = datetime.now(UTC)
        with pytest.raises(CekuraError) as raised:
            calls.rerun_evaluation(agent_id=224, call_logs=[123, 456])
        report = run(calls, [501, 503], None)
        proxy.calm()
        assert raised.value.sent is not None
        assert raised.value.sent.call_logs == [123, 456]
        assert begin <= raised.value.sent.at <= datetime.now(UTC)
        assert set(calls.reconcile(raised.value, grace=0).ran) == {123, 456}
        assert set(calls.reconcile(report.unknown, grace=0).ran) == {501, 503}
        # Without an agent the calls are read one by one; there is no call 99.
        plain = calls.reconcile([123, 505, 99], since=begin, grace=0)
        assert set(plain.ran) == {123}
        assert set(plain.did_not_run) == {505}
        assert set(plain.undetermined) == {99}


@pytest.mark.parametrize("status", [400, 403, 404])
def test_who_may_not_list_calls_reads_them_one_by_one(twin: Twin, status: int) -> None:
    since = datetime.now(UTC) - timedelta(hours=1)
    scripts = reply(status, b"{}"), reply(404, b"{}")
    with WireServer(*scripts) as server, twin.open(base_url=server.url) as calls:
        found = calls.reconcile([5], since=since, agent_id=224, grace=0)
    assert list(found.undetermined) == [5]
    listed, read = [request.path.partition("?")[0] for request in server.received]
    assert listed.endswith("/call-logs/")
    assert read.endswith("/call-logs/5/")


def test_a_rerun_of_all_calls_names_none_to_reconcile(twin: Twin) -> None:
    with WireServer(reply(500, b"")) as server, twin.open(base_url=server.url) as calls:
        with pytest.raises(CekuraError) as raised:
            calls.rerun_evaluation(agent_id=224, call_logs="all")
        with pytest.raises(InvalidRequestError, match='about "all" call logs'):
            calls.reconcile(raised.value)
    assert len(server.received) == 1


REFUSED: list[dict[str, Any]] = [
    {},
    {"unknown": [1], "journal": "run.db"},
    {"unknown": [1]},
    {"unknown": []},
    {"unknown": [1], "since": datetime(2026, 1, 1)},  # noqa: DTZ001  (wrong on purpose)
    {"unknown": [1], "since": "yesterday"},
    {"unknown": CekuraError("of nothing that was sent")},
    {"unknown": {1: CekuraError("of nothing that was sent")}},
    {"unknown": [1], "since": datetime(2026, 1, 1, tzinfo=UTC), "grace": -1},
    {"journal": "nowhere.db"},
]


@pytest.mark.parametrize("arguments", REFUSED)
def test_what_cannot_be_reconciled_is_refused(
    twin: Twin, arguments: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with (
        Sandbox() as sandbox,
        twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls,
        pytest.raises(InvalidRequestError),
    ):
        calls.reconcile(**arguments)
    assert sandbox.requests == 0
    assert list(tmp_path.iterdir()) == []


SENT = datetime(2026, 11, 1, 12, tzinfo=UTC)
LAST_MONTH = "2026-10-01T00:00:00Z"
REST = {"status": "failed"}
SIGNS: list[tuple[dict[str, Any], timedelta, Sign]] = [
    ({"status": "evaluating", "updated_at": LAST_MONTH}, timedelta(0), Sign.RAN),
    ({"status": "Pending"}, timedelta(0), Sign.RAN),
    ({"status": "success", "updated_at": "2026-11-01T12:00:00Z"}, timedelta(0), Sign.RAN),
    (
        {"status": "success", "updated_at": "2026-11-01T11:51:00Z"},
        timedelta(1),
        Sign.UNDETERMINED,
    ),
    ({"status": "success", "updated_at": None}, timedelta(1), Sign.UNDETERMINED),
    ({"status": "success"}, timedelta(1), Sign.UNDETERMINED),
    (REST | {"updated_at": LAST_MONTH}, timedelta(seconds=59), Sign.UNDETERMINED),
    (REST | {"updated_at": LAST_MONTH}, timedelta(seconds=61), Sign.DID_NOT_RUN),
    (REST | {"updated_at": "2026-11-01T11:49:59Z"}, timedelta(1), Sign.DID_NOT_RUN),
    # No time zone.
    (REST | {"updated_at": "2026-10-01T00:00:00"}, timedelta(1), Sign.UNDETERMINED),
    (REST | {"updated_at": "2026-11-01T20:00:00"}, timedelta(1), Sign.UNDETERMINED),
    *(
        ({"status": status, "updated_at": LAST_MONTH}, timedelta(1), Sign.DID_NOT_RUN)
        for status in ("failure", "reviewed_success", "reviewed_failure", "reviewed", "completed")
    ),
    # Not known to be at rest.
    *(
        ({"status": status, "updated_at": LAST_MONTH}, timedelta(1), Sign.UNDETERMINED)
        for status in ("queued", "in_review", "", None)
    ),
    ({"updated_at": LAST_MONTH}, timedelta(1), Sign.UNDETERMINED),
]


@pytest.mark.parametrize(("shown", "later", "reconciled"), SIGNS)
def test_the_signs(shown: dict[str, Any], later: timedelta, reconciled: Sign) -> None:
    call = CallLog.from_dict({"id": 1, "call_id": "a"} | shown)
    grace = timedelta(seconds=60)
    sent, read = Moment(SENT, SENT), Moment(SENT + later, SENT + later)
    found, sign = read_signs(call, sent=sent, read=read, grace=grace)
    assert found is reconciled
    assert sign


def test_no_call_is_no_sign() -> None:
    sent = Moment(SENT, SENT)
    found, _ = read_signs(None, sent=sent, read=sent, grace=timedelta(0))
    assert found is Sign.UNDETERMINED


def test_a_journal_of_another_address_is_not_reconciled(twin: Twin, tmp_path: Path) -> None:
    with (
        Sandbox(evaluation_seconds=0) as sandbox,
        Sandbox() as other,
        twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls,
        twin.open(api_key=other.api_key, base_url=other.url) as elsewhere,
    ):
        run(calls, [123], tmp_path / "run.db")
        with pytest.raises(InvalidRequestError, match=json.dumps(sandbox.url)[1:-1]):
            elsewhere.reconcile(journal=tmp_path / "run.db")
        assert other.requests == 0

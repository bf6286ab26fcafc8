"""Error replies: the right exception for each status, whatever the body."""

import copy
import pickle
import traceback
from pathlib import Path
from typing import Any

import cekura_client
import pytest
from cekura_client import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    BatchInterrupt,
    BatchReport,
    CekuraError,
    ClientClosedError,
    IncompleteBatchesError,
    InvalidRequestError,
    InvalidResponseError,
    JournalFinishedError,
    MissingRowsError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
    RetrieveManyError,
    RetryPolicy,
    ServerError,
    SpendLimitError,
    StillEvaluatingError,
    WaitError,
    WaitTimeoutError,
)
from cekura_client.engine.statuses import rule_of

from tests.support.twins import KEY, TWINS, Twin
from tests.support.wire import WireServer, reply, then_close

STATUSES: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: APIStatusError,
    403: PermissionDeniedError,
    404: NotFoundError,
    405: APIStatusError,
    409: APIStatusError,
    413: APIStatusError,
    422: APIStatusError,
    429: RateLimitError,
    500: ServerError,
    503: ServerError,
    520: ServerError,
    599: ServerError,
}
BODIES: list[tuple[bytes, str | None, dict[str, list[str]]]] = [
    (b'{"detail": "No."}', "No.", {}),
    (
        b'{"call_logs": ["Empty.", "Wrong."], "agent_id": "Bad"}',
        None,
        {"call_logs": ["Empty.", "Wrong."], "agent_id": ["Bad"]},
    ),
    (b'{"detail": "No.", "metrics": ["x"]}', "No.", {"metrics": ["x"]}),
    (b'{"detail": ["No."]}', None, {"detail": ["No."]}),
    (b'{"call_logs": {"0": ["Bad."]}}', None, {"call_logs.0": ["Bad."]}),
    (b'["No.", {"a": 1}]', None, {"non_field_errors": ["No."], "a": ["1"]}),
    (b'"No."', "No.", {}),
    (b"null", None, {}),
    (b"17", None, {"non_field_errors": ["17"]}),
    (b"<html>\xff</html>", None, {}),
    (b"", None, {}),
    (b"[" * 100_000, None, {}),
    *((b"[" * depth + b"]" * depth, None, {}) for depth in (500, 900, 985, 1000, 2000, 5000)),
]
NO_WAIT = RetryPolicy(deadline=0, attempts=1)


def raised_by(twin: Twin, status: int, body: bytes) -> APIStatusError:
    with (
        WireServer(reply(status, body, {"X-Request-Id": "r1"})) as server,
        twin.open(base_url=server.url, retries=NO_WAIT) as calls,
        pytest.raises(APIStatusError) as raised,
    ):
        calls.rerun_evaluation(agent_id=1, call_logs=[1])
    assert len(server.received) == 1
    return raised.value


@pytest.mark.parametrize("status", STATUSES)
def test_the_right_exception_for_each_status(twin: Twin, status: int) -> None:
    error = raised_by(twin, status, b'{"detail": "No."}')
    assert type(error) is STATUSES[status]
    assert error.status_code == status
    assert error.headers["x-request-id"] == "r1"
    assert error.may_have_run is (status >= 500 or status == 409)
    assert str(status) in str(error)


@pytest.mark.parametrize(("body", "detail", "field_errors"), BODIES)
@pytest.mark.parametrize("status", [400, 429, 502])
def test_any_body_is_kept_and_read_as_far_as_it_goes(
    status: int, body: bytes, detail: str | None, field_errors: dict[str, list[str]]
) -> None:
    error = raised_by(TWINS[0], status, body)
    assert error.body == body
    assert error.detail == detail
    assert error.field_errors == field_errors
    assert error.text == body.decode(errors="replace")


def test_error_body_placeholder(twin: Twin) -> None:
    error = raised_by(twin, 400, b'{"call_logs": ["Empty."], "non_field_errors": ["No."]}')
    assert error.field_errors == {"call_logs": ["Empty."], "non_field_errors": ["No."]}
    assert "call_logs: Empty.; non_field_errors: No." in str(error)
    assert "Nothing was charged" in str(error)


def test_undocumented_statuses(twin: Twin) -> None:
    error = raised_by(twin, 418, b"short and stout")
    assert type(error) is APIStatusError
    assert error.may_have_run
    assert "neither the API nor the rules of HTTP say that it did not run" in str(error)


# Answers that are given before a request is carried out, by the API's word or by their definition.
DID_NOT_RUN = {
    *(307, 308, 400, 401, 402, 403, 404, 405, 407, 410, 411, 412, 413, 414, 415, 417),
    *(421, 422, 423, 425, 426, 428, 429, 431, 451),
}


def test_whatever_is_not_known_to_be_refused_first_may_have_run() -> None:
    bad = [status for status in range(100, 1000) if not 200 <= status < 300]
    assert {status for status in bad if not rule_of(status).may_have_run} == DID_NOT_RUN
    assert all(rule_of(status).reason for status in bad)


@pytest.mark.parametrize("status", [302, 408, 409, 418, 499])
def test_what_may_have_run_is_not_sent_again_from_a_journal(
    twin: Twin, tmp_path: Path, status: int
) -> None:
    with (
        WireServer(reply(status, b""), reply(200, b'[{"id": 1, "call_id": "a"}]')) as server,
        twin.open(base_url=server.url) as calls,
    ):

        def run() -> BatchReport:
            return calls.evaluate_metrics_in_batches(
                agent_id=1, metrics=[2], call_logs=[1], journal=tmp_path / "run.db"
            )

        report = run()
        assert list(report.unknown) == [1]
        assert report.unknown[1].may_have_run
        with pytest.raises(JournalFinishedError) as raised:
            run()
        assert list(raised.value.report.unknown) == [1]
    assert len(server.received) == 1


@pytest.mark.parametrize("status", [408, 421, 425, 503])
def test_what_costs_nothing_is_tried_again_where_the_answer_may_pass(
    twin: Twin, status: int
) -> None:
    scripts = reply(status, b""), reply(200, b'{"id": 1, "call_id": "a"}')
    with WireServer(*scripts) as server, twin.open(base_url=server.url) as calls:
        assert calls.retrieve(1).call_id == "a"
    assert len(server.received) == 2


def test_unnamed_statuses(twin: Twin) -> None:
    assert type(raised_by(twin, 520, b"")) is ServerError


def test_the_key_is_in_no_message(twin: Twin) -> None:
    error = raised_by(twin, 401, b'{"detail": "Invalid key ' + KEY.encode() + b'"}')
    assert KEY not in str(error)
    assert KEY not in repr(error)


def test_a_key_is_not_shown_in_part_where_an_explanation_is_cut(twin: Twin) -> None:
    detail = "x" * 495 + KEY
    error = raised_by(twin, 401, b'{"detail": "' + detail.encode() + b'"}')
    assert KEY[:3] not in str(error)


def test_the_key_is_in_no_traceback(twin: Twin) -> None:
    echo = then_close(f"HTTP/1.1 {KEY}\r\n\r\n".encode())
    with (
        WireServer(echo) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(OutcomeUnknownError) as raised,
    ):
        calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    assert KEY not in "".join(traceback.format_exception(raised.value))


def test_a_message_can_be_printed_whatever_the_server_says(twin: Twin) -> None:
    error = raised_by(twin, 400, b'{"detail": "half a pair: \\ud83d"}')
    assert str(error).encode()


def test_a_long_explanation_is_cut_in_the_message_alone(twin: Twin) -> None:
    error = raised_by(twin, 400, b'{"detail": "' + b"x" * 10_000 + b'"}')
    assert len(str(error)) < 1000
    assert len(error.body) > 10_000


KEPT: dict[str, Any] = {"status_code": 500, "headers": {"A": "b"}, "body": b"x"}
ERRORS: list[CekuraError] = [
    CekuraError("m"),
    InvalidRequestError("m"),
    ClientClosedError(),
    APIConnectionError("m"),
    OutcomeUnknownError("m", may_have_run=True),
    InvalidResponseError("m", may_have_run=True, **KEPT),
    APIStatusError("m", **KEPT),
    MissingRowsError("m", may_have_run=True, **KEPT),
    BadRequestError("m", **KEPT),
    AuthenticationError("m", **KEPT),
    PermissionDeniedError("m", **KEPT),
    NotFoundError("m", **KEPT),
    RateLimitError("m", retry_after=2.5, attempts=3, **KEPT),
    ServerError("m", may_have_run=True, **KEPT),
    StillEvaluatingError("m", status_code=400, headers={}, body=b"{}", call_log_ids=[5]),
    WaitError("m", pending=[5]),
    WaitTimeoutError("m", pending=[5, 6]),
    IncompleteBatchesError(BatchReport(not_sent=[5])),
    RetrieveManyError({5: CekuraError("m")}),
    JournalFinishedError("run.db", BatchReport(succeeded=[5])),
    SpendLimitError("m", metric_runs=6, max_metric_runs=5),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_pickle_and_copy(error: CekuraError) -> None:
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301  (our own)
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        assert _facts(twin) == _facts(error)


def _facts(error: CekuraError) -> dict[str, Any]:
    # Errors in an error are other objects in its copy.
    facts = vars(error)
    return facts | {"failed": repr(facts.get("failed"))}


def test_an_interrupt_pickles_with_its_report() -> None:
    twin = pickle.loads(pickle.dumps(BatchInterrupt(BatchReport(succeeded=[5]))))  # noqa: S301  (our own)
    assert twin.report.succeeded == [5]
    assert str(twin) == "Interrupted: 1 succeeded, 0 refused, 0 unknown, 0 not sent"


def test_every_public_error_is_in_one_tree() -> None:
    public = [getattr(cekura_client, name) for name in cekura_client.__all__]
    errors = [kind for kind in public if isinstance(kind, type) and issubclass(kind, Exception)]
    assert all(issubclass(kind, CekuraError) for kind in errors)
    assert {type(error) for error in ERRORS} == set(errors)

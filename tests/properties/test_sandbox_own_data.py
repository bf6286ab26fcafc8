"""Whatever a sandbox is given as somebody's own data is served, or refused with its place."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

from cekura_client.sandbox.content.own import read_own
from cekura_client.sandbox.content.seed import Seed
from cekura_client.sandbox.replies.calls import detail, list_row
from cekura_client.sandbox.state import State
from hypothesis import given
from hypothesis import strategies as st

from scripts.tools.documents import Json
from tests.properties.bodies import require_read
from tests.properties.budget import BODIES
from tests.properties.contracts import EVALUATE, RETRIEVE

ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 9) | st.floats() | st.text(max_size=5)
    | st.sampled_from(["binary", "enum", "numeric", "never", "2026-11-28T09:30:00Z", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)  # fmt: skip
ID = st.integers(1, 3)
TEXT = st.text(min_size=1, max_size=5).filter(str.strip)
NO_SCORE = st.sampled_from(["not_applicable", "trigger_failed", "sampled_out", "never"])
MEMBERS = st.dictionaries(st.text(max_size=3), st.integers() | st.none(), max_size=2)
TURN = st.fixed_dictionaries(
    {"role": st.sampled_from(["Main Agent", "Testing Agent", "Function Call"])},
    optional={"content": TEXT, "start_time": st.floats(0, 99), "end_time": st.integers(0, 99)},
)
AGENT = {"id": ID, "agent_name": TEXT}, {"assistant_id": TEXT, "project": st.just(1)}
METRIC = (
    {"id": ID, "name": TEXT},
    {
        "eval_type": st.sampled_from(["binary", "numeric", "continuous_qualitative"]),
        "maximum": st.integers(1, 9),
        "project": st.just(1),
        "metric_cost": st.none() | st.floats(0, 9),
        "observability_enabled": st.booleans(),
        "outcome": NO_SCORE,
    },
)
CALL = (
    {"id": ID},
    {
        "agent_id": ID | ID.map(str),
        "timestamp": st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat),
        "transcript_object": st.lists(TURN, max_size=2),
        "metadata": MEMBERS,
        "outcomes": st.dictionaries(ID.map(str), NO_SCORE, max_size=2),
        "call_id": TEXT,
        "is_reviewed": st.booleans(),
        "success": st.none() | st.booleans(),
        "feedback": st.none() | st.text(max_size=5),
        "status": ANYTHING,
    },
)
Fields = dict[str, st.SearchStrategy[Any]]


def rows(kind: tuple[Fields, Fields], *, wrong: bool) -> st.SearchStrategy[Any]:
    """Rows that are mostly right, or in which any field may be anything."""
    needed, others = kind
    if wrong:
        others = {name: right | ANYTHING for name, right in others.items()}
        others["odd"] = ANYTHING
    row = st.fixed_dictionaries(needed, optional=others)
    found = st.lists(row, min_size=1, max_size=3, unique_by=lambda one: str(one["id"]))
    return found | ANYTHING if wrong else found


def data(*, wrong: bool) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"agents": rows(AGENT, wrong=wrong)},
        optional={"metrics": rows(METRIC, wrong=wrong), "call_logs": rows(CALL, wrong=wrong)},
    )


def shown(row: dict[str, object]) -> Json:
    return cast("Json", row)


def outcome(data: dict[str, Any]) -> str | Seed:
    try:
        return read_own(**data, today=date(2026, 11, 28))
    except ValueError as error:
        return str(error)


@BODIES
@given(data(wrong=True))
def test_own_data_that_make_no_sense_are_refused_with_their_place(data: dict[str, Any]) -> None:
    refused = outcome(data)
    if isinstance(refused, str):
        assert refused.startswith(("agents", "metrics", "call_logs"))


@BODIES
@given(data(wrong=False))
def test_own_data_are_shown_as_the_contract_says(data: dict[str, Any]) -> None:
    seed = outcome(data)
    if isinstance(seed, str):  # an agent that is not there, and so on
        assert seed.startswith(("agents", "metrics", "call_logs"))
        return
    assert len(seed.agents) == len(data["agents"])
    state = State(seed, credits_left=Decimal(9), evaluation_seconds=(0, 0))
    for call_id in seed.calls:
        view = state.retrieve(call_id)
        require_read(RETRIEVE, shown(detail(view)))
        require_read(EVALUATE, [shown(list_row(view))])

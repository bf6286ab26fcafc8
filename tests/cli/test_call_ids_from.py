"""`--call-ids-from`: calls by the platform's own ids; where one is not found, nothing is sent."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cekura_client.cli.exit_codes import BadUsageError
from cekura_client.cli.input.values import parse_moment
from cekura_client.sandbox import Sandbox

from tests.support.command import Words, run_here

BEGIN: Words = ("--since", "2024-01-01")
COMMANDS: dict[str, tuple[Words, str]] = {
    "retrieve": (("retrieve", "--agent-id", 224), "read"),
    "evaluate": (("evaluate", "--agent-id", 224, "--metrics", 789), "accepted"),
    "rerun": (("rerun", "--agent-id", 224), "accepted"),
}


@pytest.fixture
def platform_ids(sandbox: Sandbox) -> dict[str, int]:
    """The platform's ids of some calls of agent 224, and ours."""
    found = [call for call in sandbox.call_logs if call.agent_id == 224]
    return {call.call_id: call.id for call in found[::100]}


@pytest.mark.parametrize(("words", "outcome"), COMMANDS.values(), ids=COMMANDS)
def test_calls_are_looked_up(
    words: Words, outcome: str, sandbox: Sandbox, platform_ids: dict[str, int], tmp_path: Path
) -> None:
    file = tmp_path / "calls.txt"
    first, *rest = platform_ids
    file.write_text(f"\ufeff{first}\r\n\n  {first}  \n", encoding="utf-8")
    typed = "\n".join(rest)
    options: Words = ("--call-ids-from", file, "--call-ids-from", "-", 123)
    ran = run_here(*words, *BEGIN, *options, server=sandbox, typed=typed)
    assert ran.code == 0, ran
    assert {*ran.ids(outcome)} == {123, *platform_ids.values()}


@pytest.mark.parametrize(("words", "outcome"), COMMANDS.values(), ids=COMMANDS)
def test_where_one_is_not_found_nothing_is_sent(
    words: Words, outcome: str, sandbox: Sandbox, platform_ids: dict[str, int]
) -> None:
    typed = "\n".join(["call_x\x1b[2J", *platform_ids, "call_y"])
    options: Words = ("--call-ids-from", "-", 123)
    ran = run_here(*words, *BEGIN, *options, server=sandbox, typed=typed)
    assert (ran.code, ran.out, ran.ids(outcome)) == (1, "", [])
    of = len(platform_ids) + 2
    assert f"2 of {of} ids of --call-ids-from not found since 2024-01-01 (call_x" in ran.err
    assert "call_y). Nothing was sent." in ran.err
    assert "\x1b" not in ran.err
    assert sandbox.metric_runs == 0


def test_it_looks_back_30_days_where_nothing_is_said(sandbox: Sandbox) -> None:
    oldest = min(sandbox.call_logs, key=lambda call: call.started_at)
    words: Words = ("retrieve", "--agent-id", oldest.agent_id, "--call-ids-from", "-")
    ran = run_here(*words, server=sandbox, typed=oldest.call_id)
    assert (ran.code, ran.out) == (1, "")
    assert "not found in the last 30 days; --since looks further back" in ran.err
    ran = run_here(*words, "--since", "13w", server=sandbox, typed=oldest.call_id)
    assert (ran.code, ran.ids("read")) == (0, [oldest.id])


def test_no_ids_are_nothing_to_do(sandbox: Sandbox) -> None:
    words, _ = COMMANDS["evaluate"]
    ran = run_here(*words, "--call-ids-from", "-", server=sandbox, typed="\n \n")
    assert (ran.code, sandbox.requests) == (0, 0)
    assert "nothing to do" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("retrieve", "--call-ids-from", "-"), "--agent-id or --project-id"),
        (("rerun", "--assistant-id", "x", "--call-ids-from", "-"), "--agent-id or --project-id"),
        (("rerun", "--agent-id", 1, "--all", "--call-ids-from", "-"), "takes no ids"),
        (("retrieve", 123, "--since", "7d"), "--since goes with --call-ids-from"),
        (("retrieve", "--agent-id", 1, "--call-ids-from", "no-such"), "Cannot read no-such"),
        (("retrieve", "--agent-id", 1, "--call-ids-from", "-", "-"), "Standard input holds"),
        (("retrieve", "--agent-id", 1, "--call-ids-from", "-", "--since", "7"), "is neither"),
    ],
)
def test_bad_usage(words: Words, said: str, sandbox: Sandbox) -> None:
    ran = run_here(*words, server=sandbox, typed="call_abc")
    assert (ran.code, said in ran.err, sandbox.requests) == (2, True, 0), ran


def test_what_is_not_utf_8_is_bad_usage(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "calls.txt"
    file.write_bytes(b"call_\xff\n")
    ran = run_here("retrieve", "--agent-id", 1, "--call-ids-from", file, server=sandbox)
    assert (ran.code, "is not UTF-8" in ran.err, sandbox.requests) == (2, True, 0)


@pytest.mark.parametrize(
    ("text", "ago"),
    [("24h", timedelta(days=1)), ("7d", timedelta(days=7)), ("2w", timedelta(days=14))],
)
def test_a_time_before_now(text: str, ago: timedelta) -> None:
    moment = parse_moment(text, "--since")
    assert isinstance(moment, datetime)
    assert moment.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - ago - moment) < timedelta(minutes=1)


def test_yesterday_is_a_date_in_utc() -> None:
    today = {datetime.now(UTC).date()}
    found = parse_moment("yesterday", "--since")
    today.add(datetime.now(UTC).date())
    assert type(found) is date
    assert found + timedelta(days=1) in today


@pytest.mark.parametrize(
    "text",
    [
        "7",
        "d",
        "7 d",
        "-7d",
        "7D",
        "1.5d",
        "99999d",
        "\N{ARABIC-INDIC DIGIT SEVEN}d",
        "7m",
        "Yesterday",
        "tomorrow",
    ],
)
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(BadUsageError, match=r"is neither a date.* nor a time before now"):
        parse_moment(text, "--since")


def test_a_moment_without_a_zone_stays_refused() -> None:
    with pytest.raises(BadUsageError, match="has no time zone"):
        parse_moment("2026-11-01T08:00", "--until")

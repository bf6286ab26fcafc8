"""What a command announces, asks and refuses where its journal holds a part of the run already."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest
from cekura_client.sandbox import Sandbox

from tests.support.command import Words, run_here
from tests.support.wire import Script, WireServer, reply, then_reset

EVALUATE: Words = ("evaluate", "--agent-id", 224, "--metrics", "789,790")
in_a_terminal = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are of POSIX")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "nightly.db"


def rows(ids: Iterable[int]) -> Script:
    found = [{"id": call, "call_id": f"c{call}", "status": "evaluating"} for call in ids]
    return reply(200, json.dumps(found).encode())


WRONG_KEY = reply(401, b"{}")


def ended_after(accepted: int, words: Words, server: WireServer) -> Words:
    """Run a command whose key fails after the first batch; return the words that go on with it."""
    in_order: Words = (*words, "--batch-size", accepted, "--max-concurrency", 1)
    ran = run_here(*in_order, server=server)
    assert (ran.code, len(ran.ids("accepted"))) == (1, accepted)
    return in_order


def seen_in_a_terminal(words: Words, server: WireServer, answer: str = "") -> tuple[int, str]:
    """Its exit code, and all that it says."""
    from tests.support.terminal import terminal  # noqa: PLC0415  (of POSIX alone)

    with terminal(*words, server=server) as (process, screen):
        if answer:
            screen.wait_for("[y/N]")
            screen.type(f"{answer}\n")
        text = screen.run_to_the_end()
        return process.wait(), " ".join(text.split())


@pytest.mark.slow
@in_a_terminal
def test_only_the_rest_is_announced_and_asked_for(journal: Path, tmp_path: Path) -> None:
    ids = tmp_path / "ids.txt"
    ids.write_text(" ".join(map(str, range(1, 2001))))
    words: Words = (*EVALUATE, "--from", ids, "--journal", journal)
    refused = reply(403, b"{}")
    with WireServer(rows(range(1, 401)), WRONG_KEY, refused) as server:
        again = ended_after(400, words, server)
        code, text = seen_in_a_terminal(again, server, "n")
        assert len(server.received) == 4  # the last two asked for prices and the balance
    assert code == 1
    assert text == (
        "Evaluate 2 metrics on 2,000 calls of agent 224: 400 accepted already; 1,600 to send: "
        "3,200 runs, about 640 credits at 0.2 each. Go on? [y/N] n Nothing was sent."
    )


def test_a_small_rest_is_announced_without_a_question(journal: Path) -> None:
    words: Words = ("rerun", "--agent-id", 224, *range(1, 11), "--journal", journal)
    with WireServer(rows(range(1, 9)), WRONG_KEY, rows([9, 10])) as server:
        again = ended_after(8, words, server)
        ran = run_here(*again, server=server)
    assert ran.code == 0
    assert ran.err.startswith(
        "Re-run all metrics of agent 224 on 10 calls: 8 accepted already; 2 to send: 2 runs of "
        "each metric, about 0.4 credits for each at 0.2 each.\n"
    )


@pytest.mark.slow
@in_a_terminal
def test_a_finished_run_asks_nothing(journal: Path) -> None:
    words: Words = (*EVALUATE, *range(1, 102), "--batch-size", 101, "--journal", journal)
    with WireServer(rows(range(1, 102))) as server:
        assert run_here(*words, server=server).code == 0
        code, text = seen_in_a_terminal((*words, "--max-metric-runs", 1), server)
        assert len(server.received) == 1
    assert code == 0
    assert "101 accepted already; nothing to send." in text
    assert "The run in the journal is finished already; nothing was sent." in text
    assert "Go on?" not in text


@pytest.mark.slow
@in_a_terminal
@pytest.mark.parametrize(
    ("other", "said"),
    [
        (("--metrics", 791), "belongs to another run"),
        ((5000,), "Call log 5000 is not of the run"),
        (("--repeat-unknown", 1), "--repeat-unknown names call log 1, which is not among"),
    ],
)
def test_what_a_journal_refuses_is_refused_before_the_question(
    other: Words, said: str, journal: Path
) -> None:
    words: Words = (*EVALUATE, *range(1, 102), "--batch-size", 101, "--journal", journal)
    with WireServer(rows(range(1, 102))) as server:
        assert run_here(*words, server=server).code == 0
        code, text = seen_in_a_terminal((*words, *other), server)
        assert len(server.received) == 1
    assert code == 2
    assert said in text
    assert "Go on?" not in text
    assert "credits" not in text


@pytest.mark.slow
@in_a_terminal
def test_an_answer_of_no_leaves_no_journal(journal: Path, sandbox: Sandbox) -> None:
    from tests.support.terminal import terminal  # noqa: PLC0415  (of POSIX alone)

    words: Words = (*EVALUATE, *range(1, 102), "--journal", journal)
    with terminal(*words, server=sandbox) as (process, screen):
        screen.wait_for("[y/N]")
        screen.type("n\n")
        screen.run_to_the_end()
        assert process.wait() == 1
    assert not journal.exists()


def test_the_limit_is_on_what_is_sent_now(journal: Path) -> None:
    words: Words = (*EVALUATE, *range(1, 11), "--journal", journal)
    with WireServer(rows(range(1, 5)), WRONG_KEY, rows(range(5, 9)), rows([9, 10])) as server:
        again = ended_after(4, words, server)
        refused = run_here(*again, "--max-metric-runs", 11, server=server)
        assert (refused.code, refused.out, len(server.received)) == (2, "", 2)
        assert (
            "12 metric runs (6 call logs times 2 metrics) are more than --max-metric-runs 11 allows"
        ) in refused.err
        ran = run_here(*again, "--max-metric-runs", 12, server=server)
        assert (ran.code, len(server.received)) == (0, 4)
    assert sorted(ran.ids("accepted")) == list(range(1, 11))


def test_of_what_is_sent_again_both_sendings_count(journal: Path) -> None:
    words: Words = ("evaluate", "--agent-id", 1, "--metrics", 7, 1, 2, 3, 4, "--journal", journal)
    with WireServer(then_reset(), then_reset(), rows([1, 2, 3, 4])) as server:
        assert run_here(*words, server=server).code == 3
        again: Words = (*words, "--repeat-unknown", "1,2,3,4")
        refused = run_here(*again, "--max-metric-runs", 4, server=server)
        assert (refused.code, len(server.received)) == (2, 1)
        assert "8 metric runs" in refused.err
        lost = run_here(*again, "--max-metric-runs", 8, server=server)
        assert (lost.code, len(server.received)) == (3, 2)
        ran = run_here(*again, "--max-metric-runs", 8, server=server)
        assert (ran.code, len(server.received)) == (0, 3)
    assert "0 accepted already; 4 to send: 4 runs, about 0.8 credits at 0.2 each." in ran.err


def test_what_was_accepted_is_sent_again_with_a_warning(journal: Path) -> None:
    words: Words = ("evaluate", "--agent-id", 1, "--metrics", 7, 1, 2, "--journal", journal)
    with WireServer(reply(200, b"no JSON"), rows([1, 2])) as server:
        assert run_here(*words, server=server).code == 3
        ran = run_here(*words, "--repeat-unknown", "1,2", server=server)
    assert ran.code == 0
    assert "has accepted already, so they are charged twice: 1 2.\n" in ran.err


def test_a_run_that_names_began_goes_on_with_ids_within_its_limits(journal: Path) -> None:
    metrics = [{"id": 7, "name": "Polite", "metric_cost": 0.2}]
    lists = reply(200, json.dumps(metrics).encode())
    words: Words = ("evaluate", "--agent-id", 1, 1, 2, 3, 4, "--journal", journal)
    with WireServer(lists, rows([1, 2]), WRONG_KEY, lists, lists, rows([3, 4])) as server:
        begun = ended_after(2, (*words, "--metric", "Polite"), server)
        # What was accepted is left out of the limit: two calls are sent now.
        goes_on = (*begun[: len(words)], *begun[len(words) + 2 :], "--metrics", 7)
        ran = run_here(*goes_on, "--max-credits", "0.4", server=server)
        assert len(server.received) == 6
        assert (ran.code, {*ran.ids("accepted")}) == (0, {1, 2, 3, 4}), ran
    assert "2 accepted already; 2 to send: 2 metric runs, about 0.4 credits at 0.2 each." in ran.err

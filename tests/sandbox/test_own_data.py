"""A sandbox of somebody's own agents, metrics and calls."""

import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cekura_client import Cekura, metric_results
from cekura_client.sandbox import Sandbox
from cekura_client.sandbox.__main__ import main

from tests.sandbox.conftest import Serve

TEXT = """
{"agents": [{"id": 7, "agent_name": "Front “desk” 👍", "project": 3, "assistant_id": "a-7"},
            {"id": 8, "agent_name": "Nights", "project": 3}],
 "metrics": [
   {"id": 1, "name": "Says \\"hello\\"", "outcome": true, "metric_cost": 0},
   {"id": 2, "name": "Never 🙈", "outcome": "never", "metric_cost": 0.6, "agents": [7]},
   {"id": 3, "name": "Mood", "eval_type": "enum", "options": ["good", "bad"],
    "observability_enabled": false},
   {"id": 4, "name": "Empathy", "eval_type": "continuous_qualitative", "maximum": 10,
    "metric_cost": null},
   {"id": 5, "name": "Sampled", "outcome": "sampled_out", "eval_type": "numeric"},
   {"id": 6, "name": "Triggered", "outcome": "trigger_failed"}],
 "call_logs": [
   {"id": 11, "agent": 7, "call_id": "c-11", "timestamp": "2026-11-28T10:00:00+01:00",
    "transcript_object": [{"role": "Main Agent", "content": "Hi", "start_time": 0, "end_time": 65}],
    "metadata": {"ticket": "T-17"}, "customer_number": null, "feedback": "“so”",
    "outcomes": {"1": false, "3": "bad", "4": 7.5}},
   {"id": 12, "agent": 7, "is_reviewed": true, "success": false},
   {"id": 13, "agent": 8}]}
"""


def own(**changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(TEXT)
    return data | changes


@pytest.mark.parametrize("number", [1, 3])
def test_a_list_shows_calls_whose_time_is_made_up(number: int) -> None:
    """None is older than the 30 days that a list shows where nobody says since when."""
    rows = [{"id": call_log_id} for call_log_id in range(1, number + 1)]
    with (
        Sandbox(agents=[{"id": 7, "agent_name": "Front desk"}], call_logs=rows) as sandbox,
        Cekura(sandbox.api_key, base_url=sandbox.url) as cekura,
    ):
        listed = [call.id for call in cekura.call_logs.list(agent_id=7)]
    assert sorted(listed) == [row["id"] for row in rows]


def test_it_serves_what_it_was_given() -> None:
    with (
        Sandbox(evaluation_seconds=0, **own()) as sandbox,
        Cekura(sandbox.api_key, base_url=sandbox.url) as cekura,
    ):
        assert [agent.agent_name for agent in cekura.agents.list()] == ["Front “desk” 👍", "Nights"]
        assert [project.id for project in cekura.projects.list()] == [3]
        metrics = cekura.metrics.list(agent_id=7)
        assert [(metric.name, metric.metric_cost) for metric in metrics] == [
            ('Says "hello"', 0),
            ("Never 🙈", 0.6),
            ("Mood", 0.2),
            ("Empathy", None),
            ("Sampled", 0.2),
            ("Triggered", 0.2),
        ]
        assert [metric.id for metric in metrics if not metric.observability_enabled] == [3]
        assert [metric.id for metric in cekura.metrics.list(agent_id=8)] == [1, 3, 4, 5, 6]
        call = cekura.call_logs.retrieve(11)
        assert (call.call_id, call.agent, call.duration, call.feedback) == (
            *("c-11", 7, "01:06", "“so”"),
        )
        assert call.timestamp == datetime(2026, 11, 28, 9, tzinfo=UTC)
        assert (call.customer_number, call.metadata) == (None, {"ticket": "T-17"})
        assert call.transcript == "[00:00] Main Agent: Hi"
        reviewed = cekura.call_logs.retrieve(12)
        assert (reviewed.status, reviewed.success) == ("reviewed_failure", False)
        assert {metric.id for metric in metric_results(reviewed)} == {1, 3, 4, 5, 6}
        listed = cekura.call_logs.list(agent_id=7, since=datetime(2024, 1, 1, tzinfo=UTC))
        assert {row.id for row in listed} == {11, 12}


def test_outcomes_are_what_a_call_or_else_its_metric_says() -> None:
    with (
        Sandbox(evaluation_seconds=0, **own()) as sandbox,
        Cekura(sandbox.api_key, base_url=sandbox.url) as cekura,
    ):
        names = ['Says "hello"', "Never 🙈", "Mood", "Empathy", "Sampled", "Triggered"]
        sent = cekura.call_logs.evaluate_metrics(agent_id=7, call_logs=[11], metrics=names)
        (call,) = cekura.call_logs.wait_until_evaluated(sent, [1, 3, 4, 5, 6])
        assert sandbox.credits == pytest.approx(1000 - 0.6 - 3 * 0.2)
        assert (call.status, call.success) == ("failure", False)
        found = {metric.id: metric for metric in metric_results(call)}
        assert {*found} == {1, 3, 4, 5, 6}  # and never the one that never comes
        assert (found[1].passed, found[3].value, found[4].score) == (False, "bad", 7.5)
        assert (found[5].score, found[5].explanation) == (
            None,
            ["Sampling skipped", "Judged on the transcript of c-11."],
        )
        assert found[6].passed is None
        assert found[6].extra == {"trigger_failed": True}
        sent = cekura.call_logs.evaluate_metrics(agent_id=7, call_logs=[12], metrics=[1])
        (other,) = cekura.call_logs.wait_until_evaluated(sent, [1])
        assert metric_results(other)[0].passed is True


def test_the_same_every_time() -> None:
    outcomes: list[object] = []
    for _ in range(2):
        with (
            Sandbox(
                evaluation_seconds=0, today=datetime(2026, 11, 28, tzinfo=UTC).date(), **own()
            ) as sandbox,
            Cekura(sandbox.api_key, base_url=sandbox.url) as cekura,
        ):
            outcomes.append(cekura.call_logs.retrieve(13).to_dict())
    assert outcomes[0] == outcomes[1]


def test_what_the_api_shows_of_anything_is_taken(serve: Serve) -> None:
    """Rows from a list, or a call in full: what a sandbox works out by itself is passed over."""
    sandbox = Sandbox(evaluation_seconds=0)
    caller = serve(sandbox)
    with Cekura(sandbox.api_key, base_url=sandbox.url) as cekura:
        agents = [agent.to_dict() for agent in cekura.agents.list()]
        metrics = [metric.to_dict() for metric in cekura.metrics.list(agent_id=224)]
        row = next(iter(cekura.call_logs.list(agent_id=224))).to_dict()
    full = [caller.call(456), caller.call(123)]
    for metric in metrics:
        metric["name"] = f"{metric['name']} “again” 👍"
        if metric["eval_type"] == "enum":
            metric["options"] = ["resolved"]
    again = serve(Sandbox(agents=agents, metrics=metrics, call_logs=[*full, row]))
    for shown in [*full, caller.call(row["id"])]:
        found = again.call(shown["id"])
        names = ("agent", "call_id", "timestamp", "topic", "transcript", "duration")
        assert {name: found[name] for name in names} == {name: shown[name] for name in names}


def test_nothing_of_it_has_to_be_there(serve: Serve) -> None:
    caller = serve(Sandbox(agents=[{"id": 1, "agent_name": "One"}]))
    assert (caller.sandbox.metrics, caller.sandbox.call_logs) == ((), ())
    assert caller.page(agent_id=1)["count"] == 0
    empty = serve(Sandbox(call_logs=[]))
    assert (empty.sandbox.agents, empty.sandbox.projects) == ((), ())


def test_the_command_serves_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "own.json"
    file.write_text(TEXT, "utf-8")
    looked: list[str] = []

    def look(_seconds: float) -> None:
        said = capsys.readouterr().out
        found = re.search(r"http://\S+", said)
        assert found
        with Cekura("sandbox-key", base_url=found[0]) as cekura:
            looked.append(cekura.call_logs.retrieve(11).call_id)
        assert 'Says "hello"' in said
        assert "Never 🙈" in said
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", look)
    assert main([str(file), "--port", "0", "--evaluation-seconds", "0.2-2"]) == 0
    assert looked == ["c-11"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "No such file"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "holds no JSON object with agents, metrics and call_logs"),
        ("{}", "holds nothing of agents"),
        ('{"agents": [], "metric": []}', "holds 'metric', and not only agents"),
        ('{"agents": [{"id": 1}]}', "agents[0] needs agent_name"),
    ],
)
def test_the_command_refuses_a_file_that_makes_no_sense(
    content: str | None, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "own.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SystemExit) as ended:
        main([str(file), "--port", "0"])
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("words", ["2-", "a-b", "2-0.2", "-1", "nan"])
def test_the_command_refuses_seconds_that_make_no_sense(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([f"--evaluation-seconds={words}"])
    assert ended.value.code == 2
    assert "seconds" in capsys.readouterr().err


AGENT = {"id": 1, "agent_name": "One"}
OTHER = {"id": 2, "agent_name": "Two", "project": 2}


def of_metric(**fields: Any) -> dict[str, Any]:
    return {"agents": [AGENT], "metrics": [{"id": 5, "name": "Polite", **fields}]}


def of_call(**fields: Any) -> dict[str, Any]:
    metrics = [{"id": 5, "name": "Polite"}]
    return {"agents": [AGENT], "metrics": metrics, "call_logs": [{"id": 9, **fields}]}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"agents": [AGENT], "calls": 5}, "calls says how many are made up"),
        ({"agents": "[]"}, "agents must be a list"),
        ({"agents": AGENT}, "agents must be a list"),
        ({"agents": 5}, "agents must be a list"),
        ({"agents": ["One"]}, r"agents\[0\] must be a dict"),
        ({"agents": [{"agent_name": "One"}]}, r"agents\[0\] needs id"),
        ({"agents": [{"id": 1}]}, r"agents\[0\] needs agent_name"),
        ({"agents": [{"id": True, "agent_name": "One"}]}, r"agents\[0\]\.id must be a whole"),
        ({"agents": [{"id": 1, "agent_name": " "}]}, r"agents\[0\]\.agent_name must be a text"),
        ({"agents": [{**AGENT, "agent_nmae": 1}]}, r"'agent_nmae': did you mean 'agent_name'\?"),
        ({"agents": [{**AGENT, "xyz": 1}]}, "no field 'xyz': it has id, agent_name, project"),
        ({"agents": [AGENT, AGENT]}, "two of them have the same assistant_id|comes twice"),
        ({"agents": [AGENT, {**OTHER, "assistant_id": "asst_1"}]}, "the same assistant_id"),
        (of_metric(eval_type="bool"), r"metrics\[0\]\.eval_type must be one of binary, numeric"),
        (of_metric(metric_cost=-1), r"metrics\[0\]\.metric_cost must be a number"),
        (of_metric(metric_cost="0.2"), r"metrics\[0\]\.metric_cost must be a number"),
        (of_metric(agents=[2]), r"metrics\[0\]\.agents: there is no agent 2"),
        (of_metric(agents=1), r"metrics\[0\]\.agents must be a list"),
        (of_metric(eval_type="enum"), r"metrics\[0\] needs options"),
        (of_metric(options=["a"]), r"metrics\[0\] is no enum and has no options"),
        (of_metric(outcome="no"), r"metrics\[0\]\.outcome must be true, false, or one of not_app"),
        (of_metric(outcome=1), r"metrics\[0\]\.outcome must be true, false"),
        (of_metric(eval_type="numeric", outcome=6), r"metrics\[0\]\.outcome must be a number"),
        (of_metric(eval_type="numeric", outcome=True), "must be a number from 0 to 5"),
        (of_metric(observability_enabled="yes"), "observability_enabled must be True or False"),
        (of_metric(agents=[1], project=2), r"metrics\[0\]\.agents are not all of project 2"),
        (of_metric() | {"agents": [AGENT, OTHER]}, r"metrics\[0\] needs project"),
        (of_call(agent=2), r"call_logs\[0\]\.agent: there is no agent 2"),
        (of_call() | {"agents": [AGENT, {**OTHER, "project": 1}]}, r"call_logs\[0\] needs agent"),
        (of_call(timestamp="2026-11-28T10:00:00"), r"call_logs\[0\]\.timestamp must be a moment"),
        (of_call(timestamp="today"), r"call_logs\[0\]\.timestamp must be a moment"),
        (of_call(transcript_object="Hi"), r"call_logs\[0\]\.transcript_object must be a list"),
        (of_call(transcript_object=[{"content": "Hi"}]), r"transcript_object\[0\]\.role must be"),
        (of_call(metadata=[1]), r"call_logs\[0\]\.metadata must be a dict"),
        (of_call(metadata={"a": {1}}), r"call_logs\[0\]\.metadata cannot be written as JSON"),
        (of_call(feedback=1), r"call_logs\[0\]\.feedback must be a text"),
        (of_call(success=1), r"call_logs\[0\]\.success must be True or False"),
        (of_call(outcomes={"6": True}), r"call_logs\[0\]\.outcomes: there is no metric '6'"),
        (of_call(outcomes={5: "good"}), r"call_logs\[0\]\.outcomes\[5\] must be true, false"),
        (of_call(statuz="success"), r"call_logs\[0\] has no field 'statuz'"),
        (of_call(agent_id="2"), r"call_logs\[0\]\.agent: there is no agent 2"),
    ],
)
def test_what_makes_no_sense_is_refused_and_its_place_named(
    data: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        Sandbox(**data)

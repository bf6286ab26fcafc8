"""Calls that a type checker refuses: each in one line, marked `# refused`."""

import httpx

from cekura_client import AsyncCekura, Cekura, CallLog, Filter, metric_results, passed, to_rows


def evaluate(cekura: Cekura) -> None:
    cekura.call_logs.evaluate_metrics(call_logs=[1], metrics=[2])  # refused: no scope
    cekura.call_logs.evaluate_metrics(agent_id=None, call_logs=[1], metrics=[2])  # refused
    cekura.call_logs.evaluate_metrics(agent_id=None, project_id=None, call_logs=[1], metrics=[2])  # refused
    cekura.call_logs.evaluate_metrics(agent_id="1", call_logs=[1], metrics=[2])  # refused: text
    cekura.call_logs.evaluate_metrics(agent_id=1, call_logs="all", metrics=[2])  # refused: "all"
    cekura.call_logs.evaluate_metrics(agent_id=1, call_logs=["1"], metrics=[2])  # refused: text
    cekura.call_logs.evaluate_metrics(agent_id=1, call_logs=[1.5], metrics=[2])  # refused: a float
    cekura.call_logs.evaluate_metrics(agent_id=1, call_logs=[1], metrics=None)  # refused: None
    cekura.call_logs.evaluate_metrics(agent_id=1, call_logs=[1])  # refused: no metrics
    cekura.call_logs.evaluate_metrics(agent_id=1, call_log_ids=[1], metric_ids=[2])  # refused: names
    cekura.call_logs.evaluate_metrics(1, None, [1], [2])  # refused: positional


def find(cekura: Cekura) -> None:
    cekura.call_logs.find(["call_abc"])  # refused: no scope
    cekura.call_logs.find([123], agent_id=1)  # refused: a number
    cekura.call_logs.find(["call_abc"], agent_id=1, since="7d")  # refused: text


def retrieve_many(cekura: Cekura) -> None:
    cekura.call_logs.retrieve_many("123")  # refused: text
    cekura.call_logs.retrieve_many(123)  # refused: one id
    cekura.call_logs.retrieve_many([1], 4)  # refused: positional


def names(cekura: Cekura) -> None:
    cekura.call_logs.evaluate_metrics(agent_id=1, call_logs=[1], metrics=["a", 1.5])  # refused: a float
    cekura.call_logs.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[1], max_credits="1")  # refused: text
    cekura.call_logs.estimate(call_logs=[1], metrics=None)  # refused: None
    cekura.call_logs.estimate(call_logs=[1])  # refused: no metrics
    cekura.agents.list(1)  # refused: positional
    cekura.agents.list(search=224)  # refused: a number
    cekura.agents.list()[0]  # refused: an iterator
    cekura.projects.list(project_id=1)  # refused: no argument
    cekura.metrics.list(agent_id="1")  # refused: text


def rerun(cekura: Cekura) -> None:
    cekura.call_logs.rerun_evaluation(call_logs=[1])  # refused: neither
    cekura.call_logs.rerun_evaluation(agent_id=None, assistant_id=None, call_logs=[1])  # refused
    cekura.call_logs.rerun_evaluation(agent_id=1, assistant_id=2, call_logs=[1])  # refused: both
    cekura.call_logs.rerun_evaluation(agent_id=1, assistant_id="a", call_logs="all")  # refused
    cekura.call_logs.rerun_evaluation(agent_id=1, call_logs="everything")  # refused: not "all"
    cekura.call_logs.rerun_evaluation(agent_id=1, call_logs="123")  # refused: text
    cekura.call_logs.rerun_evaluation(agent_id="1", call_logs=[1])  # refused: text
    cekura.call_logs.rerun_evaluation(agent_id=1, call_logs=[None])  # refused: None
    cekura.call_logs.rerun_evaluation(agent_id=1)  # refused: no call logs
    cekura.call_logs.rerun_evaluation(agent_id=1, call_logs=[1], wait_if_busy="9")  # refused: text


def batches(cekura: Cekura) -> None:
    cekura.call_logs.evaluate_metrics_in_batches(call_logs=[1], metrics=[2])  # refused: no scope
    cekura.call_logs.evaluate_metrics_in_batches(agent_id=1, call_logs=["1"], metrics=[2])  # refused
    cekura.call_logs.rerun_evaluation_in_batches(call_logs=[1])  # refused: neither
    cekura.call_logs.rerun_evaluation_in_batches(agent_id=1, call_logs="all")  # refused: "all"
    cekura.call_logs.rerun_evaluation_in_batches(agent_id=1, assistant_id=2, call_logs=[1])  # refused
    cekura.call_logs.rerun_evaluation_in_batches(agent_id=1, call_logs=[1], batch_size="9")  # refused


async def twins(cekura: AsyncCekura) -> None:
    await cekura.call_logs.evaluate_metrics(call_logs=[1], metrics=[2])  # refused: no scope
    await cekura.call_logs.rerun_evaluation(call_logs=[1])  # refused: neither
    await cekura.call_logs.rerun_evaluation(agent_id=1, assistant_id=2, call_logs=[1])  # refused
    await cekura.call_logs.rerun_evaluation(agent_id=1, call_logs="everything")  # refused
    await cekura.call_logs.retrieve("1")  # refused: text


def listing(cekura: Cekura) -> None:
    cekura.call_logs.list()  # refused: no scope
    cekura.call_logs.list(assistant_id="a")  # refused: no scope
    cekura.call_logs.list(agent_id=None, project_id=None)  # refused: no scope
    cekura.call_logs.list(agent_id="1")  # refused: text
    cekura.call_logs.list(agent_id=1, since="2026-11-01")  # refused: text
    cekura.call_logs.list(agent_id=1, call_ids="all")  # refused: text
    cekura.call_logs.list(agent_id=1, filters="success")  # refused: text
    cekura.call_logs.list(agent_id=1).count  # refused: an iterator
    cekura.call_logs.count(agent_id=1, page_size=1)  # refused: no pages
    cekura.call_logs.count(project_id=1.5)  # refused: a float
    Filter.eq("duration", [1])  # refused: a list
    Filter.in_("id", 1)  # refused: one value
    Filter.eq("id", 1) & {"field": "id"}  # refused: a dict
    cekura.billing.info().credits_remaining + 1  # refused: None first


async def async_listing(cekura: AsyncCekura) -> None:
    await cekura.call_logs.list(agent_id=1)  # refused: no coroutine
    await cekura.call_logs.count()  # refused: no scope
    for row in cekura.call_logs.list(agent_id=1): print(row)  # refused: async


def writes(cekura: Cekura) -> None:
    cekura.call_logs.observe(call_id="a", transcript=[])  # refused: no agent
    cekura.call_logs.observe(agent_id=1, assistant_id="a", call_id="a", transcript=[])  # refused
    cekura.call_logs.observe(agent_id=1, call_id=5, transcript=[])  # refused: a number
    cekura.call_logs.observe(agent_id=1, call_id="a", transcript=[], metrics=[1.5])  # refused
    cekura.call_logs.vote(1, metric_id=2)  # refused: no vote
    cekura.call_logs.vote(1, metric_id="2", thumbs_up=True)  # refused: text
    cekura.call_logs.vote(1, metric_id=2, thumbs_up="yes")  # refused: text
    cekura.call_logs.update(1, status="evaluating")  # refused: no outcome
    cekura.call_logs.update(1, duration="1.5")  # refused: text
    cekura.call_logs.update(1, metadata=["a"])  # refused: a list
    cekura.call_logs.update(1, agent_id=2)  # refused: not to be changed


def faces_and_requests(cekura: Cekura) -> None:
    Cekura("key", timeout=None)  # refused: no time
    cekura.with_options(timeout="5")  # refused: text
    cekura.with_options(retries=3)  # refused: no policy
    cekura.with_options(headers={"X-Number": 5})  # refused: a number
    cekura.with_options(http_client=httpx.Client())  # refused: the connections stay
    cekura.request("GET")  # refused: no path
    cekura.request("GET", "/a/", params="b=c")  # refused: text
    cekura.request("GET", "/a/", costs_credits="no")  # refused: text
    cekura.request("GET", "/a/", {"b": "c"})  # refused: positional


def others(cekura: Cekura, call: CallLog) -> None:
    cekura.call_logs.retrieve("1")  # refused: text
    Cekura("key", http_client=httpx.AsyncClient())  # refused: the other kind
    Cekura("key", retries=3)  # refused: no policy
    call.call_id + 1  # refused: text
    metric_results([call])  # refused: one call
    cekura.call_logs.wait_until_evaluated(["1"])  # refused: text
    cekura.call_logs.wait_until_evaluated([1], whole=None)  # refused: neither
    cekura.call_logs.wait_until_evaluated([1], whole=False)[0].transcript_json  # refused: a row
    cekura.call_logs.wait_until_evaluated([1], missing_after="5")  # refused: text
    cekura.call_logs.wait_until_evaluated([1], whole=False, on_evaluated=rows.append)  # refused
    cekura.call_logs.wait_until_evaluated(call)  # refused: one call
    cekura.call_logs.wait_until_evaluated([call], timeout=None)  # refused: no end
    to_rows(call)  # refused: one call
    passed(call)  # refused: a call
    metric_results(call)[0].score + 1  # refused: None first
    CallLog(call_id="a")  # refused: no id

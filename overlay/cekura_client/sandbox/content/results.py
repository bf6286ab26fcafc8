"""What the evaluation of a metric on a call comes to: the same each time, unless it drifts."""

import hashlib
from collections.abc import Collection, Iterable

from cekura_client.sandbox.content.seed import NO_SCORE, Metric, Outcome, SeededCall

# Of 16 evaluations of a binary metric so many pass, so many fail, and the rest do not apply.
_PASS, _FAIL = 11, 4

_EXPLANATIONS = {
    True: "The agent did what the metric asks for.",
    False: "The agent did not do what the metric asks for.",
    None: "Nothing in the call gave occasion for it.",
}
_WITHOUT_SCORE = {
    "not_applicable": "Nothing in the call gave occasion for it.",
    "trigger_failed": "The trigger of the metric did not fire.",
    "sampled_out": "Sampling skipped",
}


def _draw(call: SeededCall, metric: Metric, again: int | str = 0) -> int:
    """Give a number of 32 bits that looks random and is this pair's own, and this evaluation's."""
    repetition = f" again {again}" if again else ""
    digest = hashlib.sha256(f"call {call.id} metric {metric.id}{repetition}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def changes_its_mind(call: SeededCall, metric: Metric, again: int, drift: float) -> bool:
    """Whether evaluating a metric once more turns its verdict; the same each time it is asked.

    Args:
        call: The call.
        metric: The metric.
        again: How often it was evaluated again, this time included.
        drift: The share of verdicts that turn, from 0 to 1.
    """
    return passed(call, metric) is not None and _draw(call, metric, again) < drift * 2**32


def moment(call: SeededCall, metric: Metric) -> float:
    """Say when the result of a metric comes: the share, from 0 to 1, of the time there is."""
    return _draw(call, metric, "moment") / 2**32


def comes(call: SeededCall, metric: Metric) -> bool:
    """Whether a result of a metric ever comes."""
    return _told(call, metric) != "never"


def _told(call: SeededCall, metric: Metric) -> Outcome | None:
    """Find what a metric is told to come to on a call; None: nothing is told."""
    return call.outcomes.get(metric.id, metric.outcome)


def passed(call: SeededCall, metric: Metric, *, turned: bool = False) -> bool | None:
    """Whether a call passes a binary metric; None where it does not apply or is not binary."""
    told = _told(call, metric)
    if metric.kind != "binary" or told in NO_SCORE:
        return None
    if told is not None:
        return bool(told) is not turned
    drawn = _draw(call, metric) % 16
    if drawn >= _PASS + _FAIL:
        return None
    return (drawn < _PASS) is not turned


def verdict(call: SeededCall, metrics: Iterable[Metric], turned: Collection[int]) -> bool:
    """Whether a call is a success by its metrics: no binary metric failed."""
    return all(passed(call, metric, turned=metric.id in turned) is not False for metric in metrics)


def deviation(
    call: SeededCall, metric: Metric, *, turned: bool = False
) -> dict[str, object] | None:
    """Say where the call left its script: only of a failed workflow metric."""
    if (
        metric.type != "binary_workflow_adherence"
        or passed(call, metric, turned=turned) is not False
    ):
        return None
    return {
        "category_id": 5,
        "category": "Script Adherence Issue",
        "deviation": "Agent deviated from required script",
        "priority": "critical",
    }


def list_result(call: SeededCall, metric: Metric, *, turned: bool = False) -> dict[str, object]:
    """Give one metric's result as the rows of a list show it."""
    result: dict[str, object] = {"id": metric.id, "name": metric.name, "type": metric.type}
    result["eval_type"] = metric.kind
    told = _told(call, metric)
    if metric.kind == "binary":
        outcome = passed(call, metric, turned=turned)
        result["passed"] = outcome
        result["score"] = None if outcome is None else 5 * outcome
        result["score_normalized"] = None if outcome is None else int(outcome)
    elif metric.kind == "enum":
        drawn = metric.options[_draw(call, metric) % len(metric.options)]
        value = None if told in NO_SCORE else told or drawn
        result["enum"] = value
        result["value"] = value
    elif told in NO_SCORE:
        result["score"] = result["score_normalized"] = None
    else:
        score = _draw(call, metric) % (10 * metric.maximum + 1) / 10
        score = score if told is None else float(told)
        result["score"] = score
        result["score_normalized"] = round(score / metric.maximum, 3)
    if metric.code is not None:
        result["vocera_defined_metric_code"] = metric.code
        result["function_name"] = "check_critical_deviations"
    return result


def detailed_result(call: SeededCall, metric: Metric, *, turned: bool = False) -> dict[str, object]:
    """Give one metric's result as a single call shows it: with an explanation and extra data."""
    result = list_result(call, metric, turned=turned)
    told = _told(call, metric)
    if told in NO_SCORE:
        explanation = _WITHOUT_SCORE.get(str(told), "")
        result["extra"] = {"trigger_failed": True} if told == "trigger_failed" else {}
    elif metric.kind == "binary":
        outcome = passed(call, metric, turned=turned)
        explanation = _EXPLANATIONS[outcome]
        result["extra"] = {"trigger_failed": True} if outcome is None else {}
    elif metric.kind == "enum":
        explanation = f"Of the options, {result['value']!r} describes the call best."
        result["extra"] = {"options": list(metric.options)}
    else:
        explanation = f"{result['score']} of {metric.maximum}."
        result["extra"] = {"maximum": metric.maximum}
    left_script = deviation(call, metric, turned=turned)
    if left_script is not None:
        result["extra"] = {"categories": [left_script]}
    result["explanation"] = [explanation, f"Judged on the transcript of {call.call_id}."]
    return result

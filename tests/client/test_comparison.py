"""What `compare` tells of two times, against tables that were worked out by hand."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from cekura_client import CallLogSummary, InvalidRequestError
from cekura_client.comparison import ChangeKind, Comparison, compare, flips_p_value

POLITE, EMPATHY, TOPIC = 1, 2, 3


def row(call: int, metric: int, **told: Any) -> dict[str, Any]:
    names = {POLITE: "Polite", EMPATHY: "Empathy", TOPIC: "Topic"}
    base = {"call_log_id": call, "call_id": f"c{call}", "metric_id": metric}
    return base | {"metric_name": names[metric]} | told


def steady() -> list[dict[str, Any]]:
    """Twenty calls, three metrics: all polite, empathy 3, and of the same topic."""
    return [
        each
        for call in range(1, 21)
        for each in (
            row(call, POLITE, passed=True, score=5.0),
            row(call, EMPATHY, score=3.0),
            row(call, TOPIC, enum="billing"),
        )
    ]


def changed() -> list[dict[str, Any]]:
    """Each kind of change once, and nothing else."""
    after = {(each["call_log_id"], each["metric_id"]): each for each in steady()}
    after[1, POLITE] = row(1, POLITE, passed=False, score=0.0, explanation="rude")
    after[3, POLITE] = row(3, POLITE)  # not applicable any more
    after[4, EMPATHY] = row(4, EMPATHY, score=4.5)
    after[5, TOPIC] = row(5, TOPIC, enum="refund")
    del after[6, EMPATHY]
    after[21, POLITE] = row(21, POLITE, passed=True, score=5.0)
    return [*after.values()]


@pytest.fixture
def comparison() -> Comparison:
    before = steady()
    before[3] = row(2, POLITE, passed=False, score=0.0)
    return compare(before, changed())


def places(comparison: Comparison, group: str) -> list[tuple[int | None, int | None]]:
    changes = getattr(comparison, group)
    return [(each.newest["call_log_id"], each.newest["metric_id"]) for each in changes]


def test_each_kind_of_change_is_where_it_belongs(comparison: Comparison) -> None:
    assert places(comparison, "flips") == [(1, POLITE), (2, POLITE)]
    assert [change.kind for change in comparison.flips] == [
        ChangeKind.PASS_TO_FAIL,
        ChangeKind.FAIL_TO_PASS,
    ]
    assert places(comparison, "regressions") == [(1, POLITE)]
    assert places(comparison, "other_changes") == [(3, POLITE), (4, EMPATHY), (5, TOPIC)]
    assert places(comparison, "appeared") == [(21, POLITE)]
    assert places(comparison, "disappeared") == [(6, EMPATHY)]
    assert comparison.unchanged == 60 - 2 - 3 - 1
    assert (comparison.calls_before, comparison.calls_after) == (20, 21)
    assert comparison.notices == []


def test_each_metric_is_summed_up(comparison: Comparison) -> None:
    polite, empathy, topic = (comparison.by_metric[each] for each in (POLITE, EMPATHY, TOPIC))
    assert (polite.before.n, polite.before.not_applicable, polite.before.pass_rate) == (20, 0, 0.95)
    # Twenty-one calls, one of them not applicable: nineteen of twenty pass.
    assert (polite.after.n, polite.after.not_applicable, polite.after.pass_rate) == (20, 1, 0.95)
    assert (polite.pass_to_fail, polite.fail_to_pass, polite.p_value) == (1, 1, 1.0)
    assert not polite.more_than_chance
    assert (empathy.before.mean_score, empathy.after.n) == (3.0, 19)
    assert empathy.after.mean_score == pytest.approx((18 * 3 + 4.5) / 19)
    assert empathy.after.pass_rate is None
    assert topic.before.values == {"billing": 20}
    assert topic.after.values == {"billing": 19, "refund": 1}
    assert [polite.metric_name, empathy.metric_name, topic.metric_name] == [
        "Polite",
        "Empathy",
        "Topic",
    ]


def test_the_same_scores_in_another_order_have_the_same_mean() -> None:
    scores = [0.1 * number for number in range(1, 20)]
    before = [row(call, EMPATHY, score=score) for call, score in enumerate(scores, 1)]
    after = [row(call, EMPATHY, score=score) for call, score in enumerate(reversed(scores), 1)]
    metric = compare(before, after).by_metric[EMPATHY]
    assert metric.before.mean_score == metric.after.mean_score


def test_the_rows_tell_both_sides(comparison: Comparison) -> None:
    rows = comparison.to_rows()
    assert [each["change"] for each in rows] == [
        *("pass_to_fail", "fail_to_pass", "other", "other", "other"),
        *("appeared", "disappeared"),
    ]
    assert (rows[0]["passed_before"], rows[0]["passed_after"]) == (True, False)
    assert (rows[0]["explanation_before"], rows[0]["explanation_after"]) == (None, "rude")
    assert (rows[4]["value_before"], rows[4]["value_after"]) == ("billing", "refund")
    assert (rows[5]["score_before"], rows[5]["score_after"]) == (None, 5.0)
    assert str(comparison) == (
        "1 fail → pass, 1 pass → fail, 3 changed otherwise, 1 appeared, 1 disappeared, 54 unchanged"
    )


@pytest.mark.parametrize(
    ("one_way", "other_way", "p_value"),
    # The figures of scipy.stats.binomtest(b, b + c, 0.5).pvalue, scipy 1.17.1.
    [
        (0, 5, 0.0625),
        (5, 0, 0.0625),
        (3, 9, 0.14599609375),
        (10, 10, 1.0),
        (0, 0, 1.0),
        (1, 0, 1.0),
        (40, 70, 0.005447429511444476),
    ],
)
def test_the_exact_test(one_way: int, other_way: int, p_value: float) -> None:
    assert flips_p_value(one_way, other_way) == pytest.approx(p_value, rel=1e-12)


def test_the_exact_test_takes_any_number() -> None:
    assert flips_p_value(20_000, 22_000) == pytest.approx(1.739732640214188e-22, rel=1e-9)


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    if path.suffix == ".csv":
        names = list(dict.fromkeys(name for each in rows for name in each))
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, names, lineterminator="\n")
            writer.writeheader()
            for each in rows:
                cells = {
                    name: str(value).lower() if isinstance(value, bool) else value
                    for name, value in each.items()
                }
                writer.writerow(cells)
    elif path.suffix == ".jsonl":
        path.write_text("".join(f"{json.dumps(each)}\n" for each in rows))
    else:
        path.write_text(json.dumps(rows))
    return path


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".json"])
def test_files_say_what_their_rows_say(suffix: str, tmp_path: Path) -> None:
    from_files = compare(
        written(tmp_path / f"before{suffix}", steady()),
        str(written(tmp_path / f"after{suffix}", changed())),
    )
    assert from_files.to_rows() == compare(steady(), changed()).to_rows()


def test_what_spreadsheets_are_protected_from_is_taken_off(tmp_path: Path) -> None:
    formula = [row(1, TOPIC, enum="=1+1", explanation="'quoted'")]
    protected = [row(1, TOPIC, enum="'=1+1", explanation="'quoted'")]
    assert compare(written(tmp_path / "a.csv", protected), formula).unchanged == 1
    # Anywhere else an apostrophe is the value's own.
    assert compare(written(tmp_path / "a.jsonl", protected), formula).unchanged == 0


def test_calls_are_compared_as_their_rows() -> None:
    def call(score: int) -> CallLogSummary:
        result = {"id": 7, "name": "Polite", "eval_type": "binary", "score": score}
        return CallLogSummary.from_dict({"id": 1, "call_id": "a", "metrics": [result]})

    comparison = compare([call(5)], [call(0)])
    assert [change.kind for change in comparison.flips] == [ChangeKind.PASS_TO_FAIL]


def test_a_call_without_an_id_is_known_by_the_platforms() -> None:
    before = [row(1, POLITE, passed=True) | {"call_log_id": None, "call_id": "x"}]
    after = [row(1, POLITE, passed=False) | {"call_log_id": None, "call_id": "x"}]
    assert len(compare(before, after).flips) == 1


def test_odd_sides_are_told() -> None:
    assert compare([], steady()).notices == ["There are no results before."]
    twice = [row(1, POLITE, passed=True), row(1, POLITE, passed=False)]
    comparison = compare(twice, [row(1, POLITE, passed=False)])
    assert comparison.notices == ["Came twice before, and the last one counts: call 1."]
    assert comparison.unchanged == 1


def test_a_name_of_another_metric_is_told_and_not_guessed() -> None:
    moved = row(1, POLITE, passed=False) | {"metric_id": 9}
    comparison = compare([row(1, POLITE, passed=True)], [moved])
    assert comparison.flips == []
    assert places(comparison, "appeared") == [(1, 9)]
    assert places(comparison, "disappeared") == [(1, POLITE)]
    assert comparison.notices == [
        "'Polite' is metric 1 before and metric 9 after: they are compared as different metrics."
    ]


@pytest.mark.parametrize(
    ("side", "message"),
    [
        (5, "before is a int"),
        (b"x", "before is a bytes"),
        ([5], "before holds a int"),
        ([{"metric_id": 1}], "it has no call_log_id"),
        ([{"call_log_id": None}], "the row names no call"),
        ([row(1, POLITE, passed="yes")], "passed is 'yes'"),
        ([row(1, POLITE, score=True)], "score is True"),
        ("missing.csv", "cannot be read"),
        ("notes.txt", "cannot be read"),
    ],
)
def test_what_is_no_side_is_refused(side: Any, message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        compare(side, [])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", "{"),
        ("a.jsonl", "5\n"),
        ("a.json", "{}5"),
        ("a.csv", "call_log_id,passed\n1\n"),
        ("a.csv", "call_log_id\nx\n"),
        ("a.txt", "1"),
    ],
)
def test_a_file_that_is_not_ours_is_refused(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidRequestError, match=name):
        compare(tmp_path / name, [])


@pytest.mark.parametrize(("name", "text"), [("a.jsonl", "[\n{},\n{}\n]\n"), ("a.json", "{}\n{}\n")])
def test_a_file_with_the_other_ones_ending_is_told_which_is_which(
    name: str, text: str, tmp_path: Path
) -> None:
    """`retrieve --whole` writes a list, while all else in a pipe is lines."""
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidRequestError, match="one object in each line, a"):
        compare(tmp_path / name, [])

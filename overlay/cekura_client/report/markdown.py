"""A report as Markdown, short enough for the description of a pull request."""

import re

from cekura_client.report.contents import Card, Contents, Group, Place, counted, percent

_MOST_LINES = 50  # of each kind
_LONGEST_TEXT = 200  # characters of an explanation
_SPECIAL = re.compile(r"[\\`*_\[\]<>|~&$]")
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# On GitHub a name after @ would be told of it, and a number after # or an address be a link.
_REFERENCE = re.compile(r"[@#]|(?<=:)/(?=/)|(?<=www)\.")


def to_markdown(contents: Contents, title: str, made: str) -> str:
    """Lay out a report."""
    lines = [f"# {_text(title)}", ""]
    for tile in contents.tiles:
        note = f" ({_text(tile.note)})" if tile.note else ""
        lines.append(f"- {_text(tile.label)}: **{_text(tile.value)}**{note}")
    if contents.unknown:
        lines += ["", f"> **Unknown, may have run and been charged:** {_text(contents.unknown)}"]
    lines += [f"\n> {_text(notice)}" for notice in contents.notices]
    lines += ["", "## By metric", "", *_metrics(contents)]
    for group in contents.flips:
        lines += _changes(group)
    if contents.compares and not contents.flips:
        lines += ["", "No verdict flipped."]
    for group in contents.others:
        lines += _changes(group)
    if contents.failing:
        lines += ["", "## Failing calls by metric", ""]
        lines += [_failing(group) for group in contents.failing]
    lines += ["", f"Made {made} by cekura-client.", ""]
    return "\n".join(lines)


def _metrics(contents: Contents) -> list[str]:
    compares = contents.compares
    heads = ["metric", "before", "after", "change", "n", "n/a", "flips", "p"]
    if not compares:
        heads = ["metric", "result", "n", "n/a"]
    lines = [_line(heads), _line(["---"] * len(heads))]
    for card in contents.cards:
        metric = card.metric
        name = f"{_text(card.name)} ({metric.metric_id})"
        before, after = _figures(card)
        if not compares:
            cells = [name, after, f"{metric.after.n:,}", f"{metric.after.not_applicable:,}"]
        else:
            worse, better = metric.pass_to_fail, metric.fail_to_pass
            chance = "more than chance" if metric.more_than_chance else "may be chance"
            cells = [
                *(name, before, after, _text(card.change)),
                f"{metric.before.n:,} → {metric.after.n:,}",
                f"{metric.before.not_applicable:,} → {metric.after.not_applicable:,}",
                f"{worse:,} worse, {better:,} better" if any(card.rates) else "",
                f"{metric.p_value:.2g}, {chance}" if worse or better else "",
            ]
        lines.append(_line(cells))
    if contents.hidden_cards:
        lines += ["", f"{counted(contents.hidden_cards, 'more metric')} not shown."]
    return lines


def _figures(card: Card) -> tuple[str, str]:
    if card.after or card.before or not card.parts:
        return _text(card.before), _text(card.after)
    sides = [
        ", ".join(
            f"{_text(part.value)} {percent(part.spans[side][1] / 100)}" for part in card.parts
        )
        for side in (0, 1)
    ]
    return sides[0], sides[1]


def _changes(group: Group) -> list[str]:
    lines = ["", f"## {_text(group.title)}: {group.total:,}", ""]
    heads = ["call", "metric", "before", "after"]
    lines += [_line(heads), _line(["---"] * len(heads))]
    for place in group.shown[:_MOST_LINES]:
        cells = [_call(place), _text(place.metric), _result(place.before), _result(place.after)]
        lines.append(_line(cells))
    if group.total > _MOST_LINES:
        lines += ["", f"{group.total - _MOST_LINES:,} more not shown."]
    return lines


def _failing(group: Group) -> str:
    calls = ", ".join(_call(place) for place in group.shown[:_MOST_LINES])
    more = group.total - min(len(group.shown), _MOST_LINES)
    return (
        f"- {_text(group.title)} ({group.total:,}): {calls}{f' and {more:,} more' if more else ''}"
    )


def _call(place: Place) -> str:
    call = _text(place.call)
    # Angle brackets hold any address that holds none itself.
    if place.recording and not re.search(r"[<>\\|]", place.recording):
        return f"[{call}](<{place.recording}>)"
    return call


def _result(result: tuple[str, str]) -> str:
    word, explanation = result
    if len(explanation) > _LONGEST_TEXT:
        explanation = f"{explanation[:_LONGEST_TEXT]}…"
    return f"**{_text(word)}** {_text(explanation)}".strip()


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(text: str) -> str:
    """Write a text so that it shows as it is."""
    one_line = _BREAKS.sub(" ", text).strip()
    escaped = _SPECIAL.sub(lambda found: f"\\{found[0]}", one_line)
    return _REFERENCE.sub(lambda found: f"{found[0]}<!-- -->", escaped)

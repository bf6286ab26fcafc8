"""What a model may write back: what came, and null where a field was absent; nothing else."""

from typing import Any, cast


def absent_as_null(sent: object, written: object) -> Any:
    """Add to what was sent the nulls that were written where it has no such member."""
    if isinstance(sent, dict) and isinstance(written, dict):
        return _of_dict(cast("dict[str, object]", sent), cast("dict[str, object]", written))
    if isinstance(sent, list) and isinstance(written, list):
        return _of_list(cast("list[object]", sent), cast("list[object]", written))
    return cast("Any", sent)


def _of_dict(sent: dict[str, object], written: dict[str, object]) -> dict[str, object]:
    nulls: dict[str, object] = {name: None for name, value in written.items() if value is None}
    return nulls | {name: absent_as_null(value, written.get(name)) for name, value in sent.items()}


def _of_list(sent: list[object], written: list[object]) -> list[object]:
    if len(sent) != len(written):
        return sent
    return [absent_as_null(one, other) for one, other in zip(sent, written, strict=True)]

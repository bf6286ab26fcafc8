"""A list of calls as the API may serve it, in memory: its ends, its order, and calls that move."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

BASE = "https://api.example.com"


@dataclass(frozen=True)
class Call:
    """One call that a list shows."""

    id: int
    moment: datetime


def _exact(moment: datetime) -> datetime:
    return moment


def whole_seconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


@dataclass
class ListServer:
    """Answers addresses of a list.

    Args:
        calls: What is listed.
        from_inclusive: Whether a call at the very begin of a range is in it.
        to_inclusive: The same of its end.
        newest_first: The order.
        most_rows: What a page is cut down to.
        read: How finely the ends of a range are read.
        between: Called after each reply, with the server; it may change what is listed.
    """

    calls: list[Call]
    from_inclusive: bool = True
    to_inclusive: bool = True
    newest_first: bool = True
    most_rows: int = 200
    read: Callable[[datetime], datetime] = _exact
    between: Callable[["ListServer"], None] | None = None
    asked: list[httpx.QueryParams] = field(default_factory=list[httpx.QueryParams])

    def answer(self, path: str) -> tuple[int, bytes]:
        """Answer one GET: its status and its body."""
        url = httpx.URL(f"{BASE}{path}")
        params = url.params
        self.asked.append(params)
        found = self._found(params)
        page = int(params.get("page", "1"))
        size = min(int(params.get("page_size", "20")), self.most_rows)
        rows = found[(page - 1) * size : page * size]
        if page > 1 and not rows:
            status, body = 404, json.dumps({"detail": "Invalid page."})
        else:
            more = page * size < len(found)
            following = str(url.copy_set_param("page", page + 1)) if more else None
            results = [
                {"id": call.id, "call_id": f"c{call.id}", "timestamp": call.moment.isoformat()}
                for call in rows
            ]
            status = 200
            body = json.dumps({"count": len(found), "next": following, "results": results})
        if self.between is not None:
            self.between(self)
        return status, body.encode()

    def _found(self, params: httpx.QueryParams) -> list[Call]:
        ids = params.get("call_ids")
        wanted = None if ids is None else {int(part) for part in ids.split(",")}
        found = [
            call
            for call in self.calls
            if self._in_range(params, call.moment) and (wanted is None or call.id in wanted)
        ]
        return sorted(found, key=lambda call: call.moment, reverse=self.newest_first)

    def _in_range(self, params: httpx.QueryParams, moment: datetime) -> bool:
        begin, end = params.get("timestamp_from"), params.get("timestamp_to")
        if begin is not None:
            start = self.read(datetime.fromisoformat(begin).astimezone(UTC))
            if not (moment > start or (self.from_inclusive and moment == start)):
                return False
        if end is not None:
            last = self.read(datetime.fromisoformat(end).astimezone(UTC))
            return moment < last or (self.to_inclusive and moment == last)
        return True

"""Lists of calls, the newest first, found quickly among many."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from operator import attrgetter

from cekura_client.sandbox.content.seed import Seed, SeededCall
from cekura_client.sandbox.replies.calls import field_of
from cekura_client.sandbox.requests.lists import Condition, ListRequest, no_such_page
from cekura_client.sandbox.requests.scopes import agents_of
from cekura_client.sandbox.state import CallView, State

_MOST_KEPT = 8
_started_at: Callable[[SeededCall], datetime] = attrgetter("started_at")


class CallList:
    """Answers lists; used from the server's thread alone.

    Args:
        seed: The calls, which are in the order of their begin.
        state: What has become of them.
    """

    def __init__(self, seed: Seed, state: State) -> None:
        self._seed = seed
        self._state = state
        # What a filter let through, for the pages that follow. By what was asked for, and by the
        # state it was asked of.
        self._kept: dict[object, list[SeededCall]] = {}

    def page(self, request: ListRequest) -> tuple[int, list[CallView]]:
        """Find a page: how many calls there are on all pages, and those on this one.

        Raises:
            RefusedError: 400 for an agent or a project that there is not, 404 for a page that
                there is not.
        """
        agents = agents_of(request, self._seed)
        found = self._found(agents, request)
        # From the end: the newest first.
        last = len(found) - (request.page - 1) * request.page_size
        if last <= 0 and request.page > 1:
            raise no_such_page()
        page = found[max(0, last - request.page_size) : max(0, last)]
        return len(found), self._state.views(page[::-1])

    def _found(self, agents: tuple[int, ...], request: ListRequest) -> Sequence[SeededCall]:
        if request.call_ids is None:
            calls = self._seed.calls_of(agents)
        else:
            known = (self._seed.calls.get(call_id) for call_id in request.call_ids)
            mine = [call for call in known if call is not None and call.agent_id in agents]
            calls = sorted(mine, key=_started_at)
        start = bisect_left(calls, request.start, key=_started_at)
        end = bisect_right(calls, request.end, key=_started_at)
        condition = request.condition
        if condition is None:
            return calls[start:end]
        version = self._state.version
        key = (agents, request.call_ids, start, end, condition.text, version)
        if version is None or key not in self._kept:
            self._keep(key, self._fitting(calls[start:end], condition))
        return self._kept[key]

    def _fitting(self, calls: Sequence[SeededCall], condition: Condition) -> list[SeededCall]:
        views = self._state.views(calls)
        return [view.call for view in views if condition.holds(partial(field_of, view))]

    def _keep(self, key: object, found: list[SeededCall]) -> None:
        self._kept.pop(key, None)
        self._kept[key] = found
        if len(self._kept) > _MOST_KEPT:
            del self._kept[next(iter(self._kept))]

"""The voice agents, typed and documented."""

from collections import deque
from collections.abc import AsyncIterator
from typing import Self

from cekura_api.models import Agent

from cekura_client._async.performing import AsyncPerform
from cekura_client.call_logs.agent_pages import AgentPages


class AsyncAgents:
    """The voice agents, which have calls. Reached as `cekura.agents`."""

    def __init__(self, perform: AsyncPerform) -> None:
        self._perform = perform

    def list(
        self, *, project_id: int | None = None, search: str | None = None
    ) -> AsyncIterator[Agent]:
        """List agents, whatever their number: each page of 100 is read when its turn comes.

        Costs nothing, so each request is tried again after any failure that may pass.

        Neither published page defines it; the vendor publishes it elsewhere, as "Aiagents short
        list".

        Args:
            project_id: The project that the agents are in; an organization's key may have to name
                it. By default, all agents come that the key may see.
            search: A part of their names. The API takes a number for an id, too.

        Returns:
            An iterator over the agents, in the API's order, each once. When a request fails,
            `next` raises; call it again to go on from there. Agents that are made or deleted
            meanwhile may move others to a page that was read already.

        Raises:
            InvalidRequestError: An argument is refused; nothing was sent. Raised by the call
                itself, all others while it is iterated.
            AuthenticationError: The key is wrong.
            PermissionDeniedError: The key may not list these.
            NotFoundError: A page is gone, since agents were deleted meanwhile.
            RateLimitError: The wait asked for is longer than the policy allows.
            APIConnectionError: The server was not reached.
            OutcomeUnknownError: No reply came, at any attempt.
            ServerError: The server failed, at every attempt.
            InvalidResponseError: A page, kept in the error, is not the contract's; or no new
                agents are on it, and it says that pages follow.

        Example:
            >>> {agent.agent_name: agent.id async for agent in cekura.agents.list(search="support")}
            {'Brightway support line': 224}
        """
        return _Agents(self._perform, AgentPages(project_id, search))


# No generator: one that failed would be at its end, as if the list were.
class _Agents(AsyncIterator[Agent]):
    def __init__(self, perform: AsyncPerform, pages: AgentPages) -> None:
        self._perform = perform
        self._pages = pages
        self._agents: deque[Agent] = deque()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Agent:
        while not self._agents:
            operation = self._pages.operation()
            if operation is None:
                raise StopAsyncIteration
            self._agents.extend(self._pages.take(await self._perform(operation)))
        return self._agents.popleft()

"""Reads a list of agents page by page, each agent once, without I/O."""

from cekura_api import operations as api
from cekura_api.models import Agent, AgentPage
from cekura_api.reading import DecodeError

from cekura_client.call_logs.arguments import optional_id, optional_text
from cekura_client.call_logs.operations import request_of
from cekura_client.engine.operation import Operation

_PAGE_SIZE = 100


class AgentPages:
    """Reads all pages: send what `operation` returns, and hand its result to `take`.

    The pages are asked for by their numbers, so that no link of a reply leads anywhere.

    Args:
        project_id: The project whose agents are meant; None: any.
        search: A part of their names; None: any.

    Raises:
        InvalidRequestError: An argument is refused.
    """

    def __init__(self, project_id: object, search: object) -> None:
        self._project = optional_id("project_id", project_id)
        self._search = optional_text("search", search)
        self._number = 1  # of the page that is read next
        self._came: set[int] = set()
        self._done = False

    def operation(self) -> Operation[AgentPage] | None:
        """Return what to send next; None at the end of the list."""
        if self._done:
            return None
        described = api.list_agents(
            page=self._number, page_size=_PAGE_SIZE, project_id=self._project, q=self._search
        )

        def read(body: bytes) -> AgentPage:
            return self._checked(described.read(body))

        return Operation(
            name="agents.list", costs_credits=False, request=request_of(described), read=read
        )

    def take(self, page: AgentPage) -> list[Agent]:
        """Take in a page, and return those of its agents that are new."""
        new = {agent.id: agent for agent in page.results if agent.id not in self._came}
        self._came |= new.keys()
        self._number += 1
        self._done = not page.next_
        return [*new.values()]

    def _checked(self, page: AgentPage) -> AgentPage:
        """Refuse what would never end.

        Raises:
            DecodeError: It would.
        """
        # Whoever pages without an end repeats rows, or has more than count says.
        if page.next_ and (
            len(self._came) >= page.count or self._came.issuperset(row.id for row in page.results)
        ):
            raise DecodeError(
                f"page {self._number} has no new agents or all {page.count} came before, and next "
                "leads to another page"
            )
        return page

"""The projects, typed and documented."""

from cekura_api.models import Project

from cekura_client._async.performing import AsyncPerform
from cekura_client.call_logs import operations


class AsyncProjects:
    """The projects, which hold agents and metrics. Reached as `cekura.projects`."""

    def __init__(self, perform: AsyncPerform) -> None:
        self._perform = perform

    async def list(self) -> list[Project]:
        """List the projects that the key may see: their ids and names.

        Costs nothing, so it is tried again after any failure that may pass. One request.

        Neither published page defines it; the vendor publishes it elsewhere, as "List projects".

        Args:
            None.

        Returns:
            The projects, in the API's order. What else the API tells of one, such as who its
            members are, is in its `additional_properties`.

        Raises:
            AuthenticationError: The key is wrong.
            PermissionDeniedError: The key may not list these.
            RateLimitError: The wait asked for is longer than the policy allows.
            APIConnectionError: The server was not reached.
            OutcomeUnknownError: No reply came, at any attempt.
            ServerError: The server failed, at every attempt.
            InvalidResponseError: The reply, kept in the error, is not the contract's.

        Example:
            >>> projects = await cekura.projects.list()
            >>> {project.name: project.id for project in projects}["Brightway Energy"]
            456
        """
        return await self._perform(operations.list_projects())

"""The balance, typed and documented."""

from cekura_client._async.performing import AsyncPerform
from cekura_client.billing import BillingInfo
from cekura_client.call_logs import operations


class AsyncBilling:
    """The credits of the key's organization. Reached as `cekura.billing`."""

    def __init__(self, perform: AsyncPerform) -> None:
        self._perform = perform

    async def info(self) -> BillingInfo:
        """Read the balance.

        Costs nothing, so it is tried again after any failure that may pass.

        Neither published page defines it; the vendor publishes it elsewhere, as "Get billing
        information".

        Args:
            None.

        Returns:
            The balance; what was used lags by up to 30 minutes.

        Raises:
            PermissionDeniedError: The key is a project's; only an organization's may read this.
            NotFoundError: There is no billing information.
            AuthenticationError: The key is wrong.
            RateLimitError: The wait asked for is longer than the policy allows.
            APIConnectionError: The server was not reached.
            OutcomeUnknownError: No reply came, at any attempt.
            ServerError: The server failed, at every attempt.
            InvalidResponseError: The reply, kept in the error, is not the contract's.

        Example:
            >>> info = await cekura.billing.info()
            >>> info.credits_remaining
            Decimal('1000.00')
        """
        return await self._perform(operations.billing_info())

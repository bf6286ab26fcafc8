"""What a command was told of how to go about it."""

from dataclasses import dataclass

from cekura_client import Cekura, RetryPolicy
from cekura_client.cli.exit_codes import BadUsageError
from cekura_client.cli.input.formats import Format
from cekura_client.cli.input.options import DEFAULT_MISSING_AFTER, DEFAULT_TIMEOUT
from cekura_client.config import LONGEST_TIMEOUT, configure, number_of_seconds

_LONGEST_WAIT = 30 * 86_400.0  # seconds; what `wait_until_evaluated` takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to go about it, whatever is to be done.

    Attributes:
        base_url: Where the API is; None leaves it to the environment.
        output: The format of results; None chooses by where they go.
        raw: Whether CSV leaves texts as they are that a spreadsheet would take for formulas.
        wait: Whether to wait for results.
        timeout: Seconds that waiting for results may take.
        request_timeout: Seconds that the server may take to answer a request; None: as many as the
            client allows by itself.
        missing_after: Seconds that a call's missing results are waited for once it is at rest.
        max_concurrency: How many requests are in flight at once.
        yes: Whether to go on without a question.
        journal: The path of the run's journal, if it has one.
        report: Where to write what is different afterwards.
        with_transcripts: Whether that shows what was said.
        fail_on_regression: Whether a verdict that went from pass to fail is a failure.
        only_failed: Whether results that did not fail are left out of what is written.
        fail_under: The share of judged results that has to pass; None: any will do.

    Raises:
        BadUsageError: The timeout is no time that can be waited, or the options do not go together.
        InvalidRequestError: So is the timeout of a request.
    """

    base_url: str | None = None
    output: Format | None = None
    raw: bool = False
    wait: bool = False
    timeout: float = DEFAULT_TIMEOUT
    request_timeout: float | None = None
    missing_after: float = DEFAULT_MISSING_AFTER
    max_concurrency: int = 4
    yes: bool = False
    journal: str | None = None
    report: str | None = None
    with_transcripts: bool = False
    fail_on_regression: bool = False
    only_failed: bool = False
    fail_under: float | None = None

    def client(self) -> Cekura:
        """Make the client that the command sends with."""
        if self.request_timeout is None:
            return Cekura(base_url=self.base_url)
        return Cekura(base_url=self.base_url, timeout=self.request_timeout)

    @property
    def checked_base_url(self) -> str:
        """Where the API is, the environment and the default included.

        Raises:
            InvalidRequestError: It is no address, or there is no key.
        """
        retries = RetryPolicy()
        configuration = configure(
            None, base_url=self.base_url, timeout=1, retries=retries, headers=None
        )
        return configuration.base_url

    def __post_init__(self) -> None:
        """Check what would be found wrong only after everything is sent, and paid."""
        if not 0 < self.timeout <= _LONGEST_WAIT:
            raise BadUsageError(
                f"--timeout is a number of seconds above 0, 30 days at most; got {self.timeout:g}. "
                "Nothing was sent."
            )
        if self.request_timeout is not None:
            longest = LONGEST_TIMEOUT
            number_of_seconds("--request-timeout", self.request_timeout, most=longest, zero=False)
        if self.fail_under is not None and not 0 <= self.fail_under <= 1:
            raise BadUsageError(
                f"--fail-under is a share from 0 to 1, such as 0.9; got {self.fail_under:g}. "
                "Nothing was sent."
            )
        if not 0 <= self.missing_after <= _LONGEST_WAIT:
            raise BadUsageError(
                "--missing-after is a number of seconds from 0 to 30 days; got "
                f"{self.missing_after:g}. Nothing was sent."
            )
        if self.compares and not self.wait:
            raise BadUsageError(
                "--report and --fail-on-regression tell of results, so they take --wait. "
                "Nothing was sent."
            )
        if self.with_transcripts and self.report is None:
            raise BadUsageError("--with-transcripts goes with --report. Nothing was sent.")

    @property
    def compares(self) -> bool:
        """Whether results are compared with those from before."""
        return self.report is not None or self.fail_on_regression

"""The fixture `cekura_sandbox`, which pytest finds by itself where this package is installed.

pytest loads this in every run, of people too who never ask for the fixture. So it imports pytest
alone, and stands outside of `cekura_client`, whose import takes a tenth of a second.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cekura_client.sandbox import Sandbox


@pytest.fixture
def cekura_sandbox(monkeypatch: pytest.MonkeyPatch) -> "Iterator[Sandbox]":
    """A sandbox of the Cekura API, to which the environment leads every `Cekura()`.

    It is a new one for each test, and evaluates at once. It needs the extra: ``pip install
    'cekura-client[sandbox]'``.
    """
    try:
        from cekura_client.sandbox import Sandbox  # noqa: PLC0415  (for those who ask for it)
    except ImportError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    with Sandbox(evaluation_seconds=0) as sandbox:
        monkeypatch.setenv("CEKURA_API_KEY", sandbox.api_key)
        monkeypatch.setenv("CEKURA_API_URL", sandbox.url)
        yield sandbox

"""The contract as published and as corrected, and who judges by it."""

import pytest

from scripts.contract.step2_merge import merge_folder
from scripts.contract.step3_correct.correcting import correct
from scripts.contract.step3_correct.overlays import read_overlays
from scripts.contract.step3_correct.rules import with_rules
from scripts.tools.documents import Document
from scripts.tools.layout import REPOSITORY
from tests.conformance.judge import Judge
from tests.conformance.quirks import Contracts
from tests.support.reply_rules import by_reply_rules


@pytest.fixture(scope="session")
def published() -> Document:
    return merge_folder(REPOSITORY)


@pytest.fixture(scope="session")
def corrected(published: Document) -> Document:
    """The corrected contract, with the rules that hold for every reply."""
    return by_reply_rules(correct(published, REPOSITORY))


@pytest.fixture(scope="session")
def contracts(published: Document) -> Contracts:
    read = read_overlays(*REPOSITORY.overlays)
    names = [overlay.name.partition("/")[2].removesuffix(".yaml") for overlay in read]
    return Contracts(with_rules(published), dict(zip(names, read, strict=True)))


@pytest.fixture(scope="session")
def judge(contracts: Contracts) -> Judge:
    return contracts.corrected

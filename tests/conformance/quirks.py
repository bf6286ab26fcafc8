"""Which quirks of the published contract an exchange meets, and whether they are the known ones."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from scripts.contract.step3_correct.applying import apply_overlays
from scripts.contract.step3_correct.overlays import Overlay
from scripts.tools.documents import Document
from tests.conformance.judge import Judge

RULES = {"absent-null-and-other-values"}
Faults = Callable[[Judge], list[str]]


@dataclass(frozen=True)
class Contracts:
    """The published contract with all, all but one, or some of its quirks corrected.

    Attributes:
        published: The contract as published.
        overlays: Its corrections and additions, by the names of the quirks.

    What a rule corrects in every reply is a quirk as well: `RULES`.
    """

    published: Document
    overlays: dict[str, Overlay]

    @cached_property
    def corrected(self) -> Judge:
        return self.with_corrected(self.names)

    @cached_property
    def _without(self) -> dict[str, Judge]:
        return {name: self.with_corrected(self.names - {name}) for name in self.names}

    @property
    def names(self) -> set[str]:
        """All quirks."""
        return {*self.overlays, *RULES}

    def with_corrected(self, names: set[str]) -> Judge:
        """Judge by the contract in which these quirks are corrected, and no others."""
        chosen = [overlay for name, overlay in self.overlays.items() if name in names]
        contract = apply_overlays(self.published, chosen)
        return Judge(contract, by_rules=names >= RULES)

    def without(self, name: str) -> Judge:
        """Judge by the contract in which this quirk alone is not corrected."""
        return self._without[name]

    def complaints(self, faults: Faults, expected: set[str]) -> list[str]:
        """Tell why a message does not meet exactly the quirks it is known to meet.

        A quirk is met where the message is right by the corrected contract, and wrong as soon as
        the correction of that quirk alone is left out.

        Args:
            faults: What a judge finds wrong with the message.
            expected: The quirks that it is known to meet.

        Returns:
            A line for each complaint; none where all is as expected.
        """
        unknown = expected - self.names
        gone = [f"{name}: listed here, and no longer corrected: repaired?" for name in unknown]
        wrong = faults(self.corrected)
        if wrong:
            return sorted(gone) + [f"wrong by the corrected contract: {fault}" for fault in wrong]
        met = {name for name, judge in self._without.items() if faults(judge)}
        gone += [
            f"{name}: listed here, and not met: repaired?" for name in expected - unknown - met
        ]
        new = [f"{name}: met, and not listed here" for name in met - expected]
        rest = [f"no known quirk: {fault}" for fault in faults(self.with_corrected(met))]
        return sorted(gone + new) + rest

"""The way of a contract change: `python -m scripts.contract import|merge|correct|generate|…`."""

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from scripts.contract.check_upstream import told_upstream
from scripts.contract.diff.since_commit import told_since_commit
from scripts.contract.diff.told import told_changes
from scripts.contract.step1_import.importing import read_import, write_import
from scripts.contract.step2_merge import merge_into_contract
from scripts.contract.step3_correct.correcting import write_corrected
from scripts.contract.step4_generate.generating import generate
from scripts.tools.downloads import Downloads
from scripts.tools.layout import REPOSITORY
from scripts.tools.refusals import exit_status

_Command = Callable[[list[str]], int | None]


def _import(places: list[str]) -> None:
    new = read_import(places, REPOSITORY, Downloads())
    # Told before anything is written: an interrupt until then leaves everything as it was.
    changes = told_changes(new.before, new.after)
    write_import(new, REPOSITORY, datetime.now(UTC).date().isoformat())
    for fragment in new.fragments.values():
        print(f"openapi/fragments/{fragment.file}: from {fragment.source.name}")
    print(f"\n{changes}")


def _merge(_: list[str]) -> None:
    merge_into_contract(REPOSITORY)


def _correct(_: list[str]) -> None:
    write_corrected(REPOSITORY)
    print(f"written: {REPOSITORY.corrected.relative_to(REPOSITORY.root)}")


def _generate(_: list[str]) -> None:
    changed = [str(path.relative_to(REPOSITORY.root)) for path in generate(REPOSITORY)]
    print(f"changed: {', '.join(changed)}" if changed else "nothing changed")


def _diff(_: list[str]) -> None:
    print(told_since_commit(REPOSITORY))


def _check_upstream(places: list[str]) -> int:
    told = told_upstream(REPOSITORY, Downloads(), places)
    print(told or "The published pages are those that were imported.")
    return 0 if told is None else 1


# In the order of a change.
_STEPS: dict[str, tuple[_Command, str]] = {
    "import": (_import, "write what the vendor publishes into openapi/fragments/"),
    "merge": (_merge, "merge the fragments into openapi/cekura.yaml"),
    "correct": (_correct, "write the corrected contract into build/, to look at"),
    "generate": (_generate, "merge, correct, and write generated/"),
    "diff": (_diff, "tell what changed in the contract since the last commit"),
    "check-upstream": (_check_upstream, "compare what is published with what was imported"),
}


def main() -> int:
    """Run one step.

    Returns:
        0 when it ran to its end, 1 when it was refused. Of check-upstream: 0 when nothing has
        changed, 1 when something has, 2 when the pages cannot be read.
    """
    parser = argparse.ArgumentParser(prog="python -m scripts.contract")
    verbs = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    for name, (_, told) in _STEPS.items():
        verb = verbs.add_parser(name, help=told)
        if name in ("import", "check-upstream"):
            verb.add_argument("sources", nargs="*", help="path or https URL; else the pages")
    options = parser.parse_args()
    step: str = options.step
    places: list[str] = getattr(options, "sources", [])
    command, _ = _STEPS[step]
    return exit_status(lambda: command(places), refused=2 if step == "check-upstream" else 1)


if __name__ == "__main__":
    sys.exit(main())

"""The way of a contract change: `python -m scripts.contract import|merge|correct|generate|…`."""

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from scripts.contract.check_upstream import told_upstream
from scripts.contract.diff.report import told_changes
from scripts.contract.diff.since_commit import told_since_commit
from scripts.contract.operations import read_operations
from scripts.contract.step1_import.importing import read_import, told_import, write_import
from scripts.contract.step2_merge import merge_into_contract
from scripts.contract.step3_correct.correcting import write_corrected
from scripts.contract.step4_generate.generating import generate
from scripts.tools.downloads import Downloads
from scripts.tools.layout import REPOSITORY
from scripts.tools.refusals import exit_status


def _import(options: argparse.Namespace) -> None:
    new = read_import(options.sources, REPOSITORY, Downloads(), options.only)
    # Told before anything is written: an interrupt until then leaves everything as it was.
    changes = "" if new.after is None else told_changes(new.before, new.after, read_operations())
    write_import(new, REPOSITORY, datetime.now(UTC).date().isoformat())
    print(f"{told_import(new)}\n\n{changes}")


def _merge(_: argparse.Namespace) -> None:
    merge_into_contract(REPOSITORY)


def _correct(_: argparse.Namespace) -> None:
    write_corrected(REPOSITORY)
    print(f"written: {REPOSITORY.corrected.relative_to(REPOSITORY.root)}")


def _generate(_: argparse.Namespace) -> None:
    changed, notices = generate(REPOSITORY)
    for notice in notices:
        print(f"notice: {notice}")
    names = ", ".join(str(path.relative_to(REPOSITORY.root)) for path in changed)
    print(f"changed: {names}" if names else "nothing changed")


def _diff(_: argparse.Namespace) -> None:
    print(told_since_commit(REPOSITORY))


def _check_upstream(options: argparse.Namespace) -> int:
    told = told_upstream(REPOSITORY, Downloads(), options.sources)
    print(told or "The published pages are those that were imported.")
    return 0 if told is None else 1


# In the order of a change.
_STEPS: dict[str, tuple[Callable[[argparse.Namespace], int | None], str]] = {
    "import": (_import, "write what the vendor publishes into openapi/fragments/"),
    "merge": (_merge, "merge the fragments into openapi/cekura.yaml"),
    "correct": (_correct, "write the corrected contract into build/, to look at"),
    "generate": (_generate, "merge, correct, and write generated/"),
    "diff": (_diff, "tell what changed in the contract since the last commit"),
    "check-upstream": (_check_upstream, "compare what is published with what was imported"),
}


def main() -> int:
    """Run one step."""
    parser = argparse.ArgumentParser(prog="python -m scripts.contract")
    verbs = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    for name, (_, told) in _STEPS.items():
        verb = verbs.add_parser(name, help=told)
        if name in ("import", "check-upstream"):
            verb.add_argument("sources", nargs="*", help="path or https URL; else the pages")
        if name == "import":
            verb.add_argument("--only", nargs="+", metavar="NAME", help="of operations.yaml")
    options = parser.parse_args()
    command, _ = _STEPS[options.step]
    refused = 2 if options.step == "check-upstream" else 1
    return exit_status(lambda: command(options), refused=refused)


if __name__ == "__main__":
    sys.exit(main())

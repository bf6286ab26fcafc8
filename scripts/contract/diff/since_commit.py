"""Tell what changed in the contract since the last commit."""

import subprocess
from pathlib import Path

from scripts.contract.diff.report import told_changes
from scripts.contract.operations import read_operations
from scripts.contract.step2_merge import merge, merge_folder
from scripts.tools.documents import Document, parse_document
from scripts.tools.layout import Layout
from scripts.tools.refusals import RefusedError

_COMMIT = "HEAD"


def told_since_commit(layout: Layout) -> str:
    """Compare the fragments of the working tree with those of the last commit.

    Raises:
        RefusedError: This is no Git repository, fragments do not merge, or the differ fails.
    """
    before, after = committed_contract(layout), merge_folder(layout)
    return told_changes(before, after, read_operations(layout.operations))


def committed_contract(layout: Layout) -> Document:
    """Merge the fragments of the last commit.

    Raises:
        RefusedError: This is no Git repository, it holds no fragments, or they do not merge.
    """
    folder = layout.fragments.relative_to(layout.root).as_posix()
    listed = _git(layout.root, "ls-tree", "-z", "--name-only", _COMMIT, f"{folder}/")
    names = [name for name in listed.split("\0") if name]
    if not names:
        raise RefusedError(f"the last commit has no fragments in {folder}")
    return merge(
        {
            Path(name).name: parse_document(
                _git(layout.root, "show", f"{_COMMIT}:{name}"), f"{name} of the last commit"
            )
            for name in sorted(names)
        }
    )


def _git(root: Path, *words: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - fixed commands
            ["git", "-C", str(root), *words],  # noqa: S607 - wherever Git is
            check=True,
            capture_output=True,
            encoding="utf-8",
        )
    except FileNotFoundError as error:
        raise RefusedError("git is not here") from error
    except (subprocess.CalledProcessError, UnicodeDecodeError) as error:
        said = str(getattr(error, "stderr", None) or error).strip()
        raise RefusedError(f"the last commit cannot be read: {said}") from error
    return done.stdout

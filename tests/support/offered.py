"""Which operations the package has a method for; others are generated, and wait for theirs."""

import re

from scripts.contract.operations import Operation, read_operations
from scripts.tools.layout import REPOSITORY


def offered() -> tuple[Operation, ...]:
    """List the operations whose generated function the package calls."""
    package = REPOSITORY.overlay / "cekura_client"
    text = "\n".join(file.read_text("utf-8") for file in package.rglob("*.py"))
    return tuple(each for each in read_operations() if re.search(rf"\b{each.python_name}\(", text))

"""Write the code of a contract: the last step, over what openapi-python-client parses.

That parser names things and decides what a schema means. What is written from it is ours, and only
what is used: models of what people read, and a function for each operation.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path

from scripts.contract.emit.model_source import models_module
from scripts.contract.emit.operation_source import operations_module
from scripts.contract.emit.parsing import parse
from scripts.contract.emit.shapes import Shapes
from scripts.contract.operations import Operation
from scripts.tools.documents import Document
from scripts.tools.pinned import run_tool
from scripts.tools.refusals import RefusedError

_TEMPLATES = Path(__file__).parents[3] / "overlay" / "templates"
_COPIED = ("model.py", "operation.py", "reading.py")
# Isolated: the project's own settings leave generated code out.
_TIDYING = (
    ["ruff", "check", ".", "--isolated", "--fix-only", "--select=I,F401"],
    ["ruff", "format", ".", "--isolated", "--line-length=100"],
)
_FLAGS = ["--no-cache", "--quiet", "--target-version=py311"]


def emit_package(contract: Document, operations: Iterable[Operation], package: Path) -> None:
    """Write the package of a contract.

    Args:
        contract: The corrected contract.
        operations: What it covers; another operation of the contract is left out.
        package: The folder to make, in an existing folder.

    Raises:
        RefusedError: The contract says something that this cannot write; the place is named.
    """
    covered = tuple(operations)
    parsed = parse(contract, covered)
    shapes = Shapes(parsed)
    functions = operations_module(parsed, shapes)  # which tells the models that are needed
    package.mkdir()
    (package / "__init__.py").write_text('"""The API, as its contract describes it."""\n', "utf-8")
    (package / "operations.py").write_text(functions, "utf-8", newline="\n")
    (package / "models.py").write_text(models_module(shapes), "utf-8", newline="\n")
    for name in _COPIED:
        shutil.copyfile(_TEMPLATES / name, package / name)
    for command in _TIDYING:
        run_tool([*command, *_FLAGS], package, _not_tidied)


def _not_tidied(told: str) -> RefusedError:
    return RefusedError(f"the generated code cannot be formatted:\n{told}")

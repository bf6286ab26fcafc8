"""Can the generated package be used? The generator's exit code proves little."""

import re
import sys
from pathlib import Path

from openapi_python_client.strings import ClassName

from scripts.contract.step4_generate import import_every_module
from scripts.tools.documents import Document, Json, child
from scripts.tools.pinned import run_tool
from scripts.tools.refusals import RefusedError

# Names without a definition, defined twice, or listed in __all__ and missing.
_RULES = "F811,F821,F822,F823"
_MADE_UP = re.compile(r"type_?\d", re.IGNORECASE)


def require_usable(package: Path, contract: Document, renamed: dict[str, str]) -> None:
    """Let a generated package pass that imports, whose names all exist, and that is complete.

    Args:
        package: The folder of the package.
        contract: What it was generated from.
        renamed: The class of each schema that is not named after its schema.

    Raises:
        RefusedError: It does not.
    """
    modules = sorted(package.rglob("*.py"))
    _require_readable_names(modules)
    _require_complete(package, contract, renamed)
    _require_importable(package.parent, [_module_name(module, package) for module in modules])
    run_tool(
        ["ruff", "check", "--isolated", "--no-cache", "--quiet", "--select", _RULES, "."],
        package,
        lambda output: RefusedError(f"the generated code has undefined names:\n{output}"),
    )


def _require_importable(folder: Path, names: list[str]) -> None:
    """Import every module, and never into this process."""
    script = Path(import_every_module.__file__)
    run_tool([sys.executable, "-I", "-B", str(script), str(folder), *names], folder, _broken)


def _broken(told: str) -> RefusedError:
    return RefusedError(f"the generated code is broken: {told}")


def _require_complete(package: Path, contract: Document, renamed: dict[str, str]) -> None:
    endpoints = [path.stem for path in package.glob("api/*/*.py") if path.stem != "__init__"]
    operations = _operations(contract)
    if len(endpoints) != len(operations):
        raise RefusedError(
            f"the generator dropped an operation: expected {operations}, found {sorted(endpoints)}"
        )
    made = {name for path in package.glob("models/*.py") for name in _classes(path)}
    for schema in _members(child(contract, "components", "schemas")):
        name = renamed.get(schema, ClassName(schema, "field_"))
        if name not in made:
            raise RefusedError(f"the generator made no class {name} of the schema {schema}")


def _require_readable_names(modules: list[Path]) -> None:
    for name in [name for path in modules for name in (path.stem, *_classes(path))]:
        if _MADE_UP.search(name):
            raise RefusedError(
                f"the generator made up the name {name}: give its schema a title, or make it a "
                "component, in overlay/corrections"
            )


def _operations(contract: Document) -> list[str]:
    return [
        f"{method} {path}"
        for path, item in _members(contract.get("paths")).items()
        for method, operation in _members(item).items()
        if "responses" in _members(operation)
    ]


def _members(node: Json) -> Document:
    return node if isinstance(node, dict) else {}


def _classes(module: Path) -> list[str]:
    return re.findall(r"^class (\w+)", module.read_text("utf-8"), re.MULTILINE)


def _module_name(module: Path, package: Path) -> str:
    parts = module.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

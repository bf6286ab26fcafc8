"""Regenerate the bindings from the fragments."""

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.contract.emit import emit_package
from scripts.contract.operations import Operation, read_operations
from scripts.contract.references import operations_in
from scripts.contract.step2_merge import format_contract, merge_folder
from scripts.contract.step3_correct.correcting import correct
from scripts.contract.step4_generate import import_every_module
from scripts.tools.documents import Document, child, entries, members, shown
from scripts.tools.layout import Layout
from scripts.tools.pinned import require_pinned_tools, run_tool
from scripts.tools.refusals import RefusedError
from scripts.tools.replacing import replace_all

PACKAGE = "cekura_api"
# What overlay/cekura_client sends its requests to, and the header that holds the key.
SERVER, HEADER = "https://api.cekura.ai", "X-CEKURA-API-KEY"


def generate(layout: Layout) -> tuple[list[Path], list[str]]:
    """Merge, correct and generate; swap the results in when all of it has been checked.

    Returns:
        What has changed, and what is worth knowing and was no reason to stop.

    Raises:
        RefusedError: Any step failed; the contract and the generated code are as they were.
    """
    require_pinned_tools(layout.pins)
    operations, notices = read_operations(layout.operations), list[str]()
    published = merge_folder(layout)
    corrected = correct(published, layout, notices)
    notices += _require_covered(corrected, operations)
    _require_reachable(corrected)
    layout.build.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=layout.build, prefix="generate-") as folder:
        new_contract = Path(folder) / "cekura.yaml"
        new_contract.write_text(format_contract(published), "utf-8", newline="\n")
        new_generated = Path(folder) / "generated"
        new_generated.mkdir()
        emit_package(corrected, operations, new_generated / PACKAGE)
        _require_importable(new_generated, layout.overlay)
        made = {layout.contract: new_contract, layout.generated: new_generated}
        new = {place: made[place] for place in made if _content(place) != _content(made[place])}
        replace_all(new, layout.build)
    return list(new), notices


def _require_covered(contract: Document, operations: tuple[Operation, ...]) -> list[str]:
    """Refuse an entry that nothing defines; tell of those that are published elsewhere now."""
    paths = {operation.name: operation.path_in(contract) for operation in operations}
    missing = [name for name, path in paths.items() if path is None]
    if missing:
        raise RefusedError(
            f"operations.yaml: {', '.join(missing)}: defined neither by overlay/additions/ nor by "
            "what was imported: write an addition, or run make import"
        )
    return [
        f"{operation.name}: {operation.paths[0]} is no longer published, {path} stands for it"
        for operation in operations
        if (path := paths[operation.name]) != operation.paths[0]
    ]


def _require_reachable(contract: Document) -> None:
    """Refuse a contract of another server or key than those that the package is written for."""
    if child(contract, "servers") != [{"url": SERVER}]:
        raise RefusedError(
            f"servers: expected [{SERVER}], found {shown(child(contract, 'servers'))}: the package "
            f"would go on sending to {SERVER}; if the vendor has moved, change the address in "
            "overlay/cekura_client, and SERVER beside this check"
        )
    schemes = members(contract, "components", "securitySchemes")
    keys = {
        name: child(scheme, "name")
        for name, scheme in schemes.items()
        if child(scheme, "type") == "apiKey" and child(scheme, "in") == "header"
    }
    for path, method, item in operations_in(contract):
        security = entries(item, method, "security")
        names = [name for entry in security for name in members(entry)]
        if security and HEADER not in [keys.get(name) for name in names]:
            raise RefusedError(
                f"{method} {path}: expected the key in the header {HEADER}, found "
                f"{shown(schemes)}: the package would send it in vain; if the vendor wants "
                "another header, change it in overlay/cekura_client, and HEADER beside this check"
            )


def _require_importable(generated: Path, overlay: Path) -> None:
    """Import every module of the new code and of the package that stands on it."""
    names = [_module_name(file, root) for root in (generated, overlay) for file in _modules(root)]
    script = Path(import_every_module.__file__)
    folders = ":".join(map(str, (generated, overlay)))
    run_tool(
        [sys.executable, "-I", "-B", str(script), folders, *names],
        generated,
        "the package does not import with the new code",
    )
    for cache in generated.rglob("__pycache__"):
        shutil.rmtree(cache)


def _modules(root: Path) -> list[Path]:
    packages = [folder for folder in (root / PACKAGE, root / "cekura_client") if folder.is_dir()]
    found = [file for folder in packages for file in sorted(folder.rglob("*.py"))]
    return [file for file in found if file.name != "__main__.py"]


def _module_name(module: Path, root: Path) -> str:
    parts = module.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _content(place: Path) -> dict[str, bytes] | bytes | None:
    """Read a file, or the files of a folder, without what the interpreter leaves there."""
    if place.is_file():
        return place.read_bytes()
    if not place.is_dir():
        return None
    return {
        path.relative_to(place).as_posix(): path.read_bytes()
        for path in sorted(place.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }

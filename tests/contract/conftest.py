"""A repository to try things in, and the contract as published and as corrected."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from openapi_schema_validator import OAS31Validator
from referencing.jsonschema import DRAFT202012, EMPTY_REGISTRY

from scripts.contract.step2_merge import merge_folder
from scripts.contract.step3_correct.correcting import correct
from scripts.contract.step4_generate.generating import generate
from scripts.tools.documents import Document, Json
from scripts.tools.layout import REPOSITORY, Layout

Accepts = Callable[[Document, tuple[str, ...], Json], bool]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A copy of the repository's contract, corrections and generated code, free to be changed."""
    return copy_repository(tmp_path / "repository")


@pytest.fixture(scope="session")
def published() -> Document:
    return merge_folder(REPOSITORY)


@pytest.fixture(scope="session")
def corrected(published: Document) -> Document:
    return correct(published, REPOSITORY)


@pytest.fixture(scope="session")
def regenerated(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A copy of the repository without generated code, generated anew."""
    layout = copy_repository(tmp_path_factory.mktemp("regenerated") / "repository")
    shutil.rmtree(layout.generated)
    layout.contract.unlink()
    generate(layout)
    return layout


@pytest.fixture(scope="session")
def accepts() -> Accepts:
    """Tell whether the schema at a place of a contract accepts a value."""

    def check(contract: Document, place: tuple[str, ...], value: Json) -> bool:
        resource = DRAFT202012.create_resource(contract)
        registry = EMPTY_REGISTRY.with_resource("urn:contract", resource)
        steps = [step.replace("~", "~0").replace("/", "~1") for step in place]
        schema = {"$ref": f"urn:contract#/{'/'.join(steps)}"}
        return bool(OAS31Validator(schema, registry=registry).is_valid(value))

    return check


@pytest.fixture(scope="session")
def content_of() -> Callable[[Layout], dict[str, bytes]]:
    """Read everything that generating may write."""

    def read(layout: Layout) -> dict[str, bytes]:
        folders = (layout.root / "openapi", layout.generated)
        paths = [path for folder in folders for path in sorted(folder.rglob("*"))]
        return {
            path.relative_to(layout.root).as_posix(): path.read_bytes()
            for path in paths
            if path.is_file() and "__pycache__" not in path.parts
        }

    return read


def copy_repository(root: Path) -> Layout:
    """Copy what the commands read and write."""
    without_caches = shutil.ignore_patterns("__pycache__")
    for folder in ("openapi", "overlay", "generated", "scripts"):
        shutil.copytree(REPOSITORY.root / folder, root / folder, ignore=without_caches)
    shutil.copy(REPOSITORY.pins, root)
    shutil.copy(REPOSITORY.operations, root / "overlay")
    return Layout(root)


def markdown_page(block: str) -> str:
    """A documentation page with an OpenAPI block, and one that is none."""
    return (
        '> ## Index\n\n# Title\n\n```json\n{"agent_id": 1}\n```\n\n## OpenAPI\n\n'
        f"````yaml post /somewhere/\n{block}````"
    )

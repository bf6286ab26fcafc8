"""Read what the vendor publishes: a documentation page or an OpenAPI document, a file or a URL."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scripts.contract.step1_import.markdown_fences import Fence, fences, outside
from scripts.tools.documents import Document, parse_document, shown
from scripts.tools.downloads import MOST_BYTES, url_name
from scripts.tools.refusals import RefusedError

# Swagger 2.0 is found, too, so that it can be refused by its name.
_YAML = re.compile(r"""^["']?(openapi|swagger)["']?[ \t]*:""", re.MULTILINE)
_JSON = re.compile(r"""\s*\{(?s:.*?)["']?(openapi|swagger)["']?\s*:\s*["']?\d""")
_HTML = re.compile(
    r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype )?html\b", re.IGNORECASE | re.DOTALL
)
_WANTED = (
    "expected a documentation page (Markdown) with one fenced block that begins with openapi:, "
    "or an OpenAPI document in YAML or JSON"
)

Fetch = Callable[[str], bytes]


@dataclass(frozen=True)
class Source:
    """Something published, as read.

    Attributes:
        name: What messages call it.
        place: Its URL, or the name of its file.
        sha256: The hash of its bytes.
        text: The OpenAPI document in it, as it stands there.
        document: The same, parsed.
        verbatim: Whether the text is the block of a documentation page.
    """

    name: str
    place: str
    sha256: str
    text: str
    document: Document
    verbatim: bool


def is_url(place: str) -> bool:
    """Tell a URL from a path."""
    return "://" in place


def read_source(place: str, fetch: Fetch) -> Source:
    """Read one source.

    Args:
        place: A path, or an https URL.
        fetch: How to fetch a URL.

    Returns:
        What stands there.

    Raises:
        RefusedError: It cannot be read, or holds no OpenAPI document, or more than one.
    """
    if is_url(place):
        name = url_name(place)
        return parse_source(fetch(place), name, place)
    try:
        # No more than is wanted: a device may have no end.
        with Path(place).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        told = error.strerror if isinstance(error, OSError) else str(error)
        raise RefusedError(f"{place}: cannot be read: {told}") from error
    return parse_source(content, place, Path(place).name)


def parse_source(content: bytes, name: str, place: str) -> Source:
    """Find the OpenAPI document in what was read.

    Args:
        content: The bytes of a documentation page, or of an OpenAPI document in YAML or JSON.
        name: What messages call it.
        place: Its URL, or the name of its file.

    Returns:
        The source.

    Raises:
        RefusedError: It holds no OpenAPI document, or more than one.
    """
    if len(content) > MOST_BYTES:
        raise RefusedError(f"{name}: larger than {MOST_BYTES // 1_000_000} MB")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise RefusedError(f"{name}: not UTF-8 text, at byte {error.start}: {_WANTED}") from error
    if _HTML.match(text):
        raise RefusedError(
            f"{name}: found an HTML page: {_WANTED}; the Markdown of a documentation page has .md "
            "at the end of its address"
        )
    sha256 = hashlib.sha256(content).hexdigest()
    found = fences(text)
    if _is_openapi(text if _JSON.match(text) else outside(text, found)):
        document = parse_document(text, name)
        _refuse_swagger(document, name)
        return Source(name, place, sha256, text, document, verbatim=False)
    block = _only_block(found, name)
    # The lines above it are left empty, so that a message names the line of the page.
    document = parse_document("\n" * block.line + block.text, name)
    _refuse_swagger(document, name)
    return Source(name, place, sha256, block.text, document, verbatim=True)


def _only_block(found: list[Fence], name: str) -> Fence:
    blocks = [block for block in found if _is_openapi(block.text)]
    if not blocks:
        raise RefusedError(f"{name}: found no OpenAPI document: {_WANTED}")
    if len(blocks) > 1:
        lines = ", ".join(str(block.line) for block in blocks)
        raise RefusedError(
            f"{name}: found {len(blocks)} OpenAPI blocks, at lines {lines}, expected one: save "
            "each in a file of its own, and name the files"
        )
    if not blocks[0].closed:
        raise RefusedError(
            f"{name}: the block at line {blocks[0].line} has no end; the page seems to be cut "
            "off: fetch it again"
        )
    return blocks[0]


def _is_openapi(text: str) -> bool:
    return bool(_JSON.match(text) or _YAML.search(text))


def _refuse_swagger(document: Document, name: str) -> None:
    if "swagger" in document:
        raise RefusedError(
            f"{name}: found swagger: {shown(document['swagger'])}, expected openapi: 3.1: ask the "
            "vendor for the OpenAPI 3.1 document"
        )

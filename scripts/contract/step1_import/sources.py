"""Read what the vendor publishes: a documentation page or an OpenAPI document, a file or a URL."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scripts.tools.documents import Document, parse_document, shown
from scripts.tools.downloads import MOST_BYTES, url_name
from scripts.tools.refusals import RefusedError

# Swagger 2.0 is found, too, so that it can be refused by its name.
_YAML = re.compile(r"""^["']?(openapi|swagger)["']?[ \t]*:""", re.MULTILINE)
_JSON = re.compile(r"""\s*\{(?s:.*?)["']?(openapi|swagger)["']?\s*:\s*["']?\d""")
_HTML = re.compile(
    r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype )?html\b", re.IGNORECASE | re.DOTALL
)
# A fenced block of Markdown, up to a closing fence or the end of the page.
_FENCED = re.compile(
    r"^ {0,3}(?P<fence>`{3,}(?=[^`\n]*$)|~{3,})[^\n]*\n(?P<text>.*?)"
    r"(?P<end>^ {0,3}(?P=fence)[`~]*[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
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
        document: The OpenAPI document in it.
    """

    name: str
    place: str
    sha256: str
    document: Document


def is_url(place: str) -> bool:
    """Tell a URL from a path."""
    return "://" in place


def read_source(place: str, fetch: Fetch) -> Source:
    """Read one source.

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
    if not _is_openapi(text if _JSON.match(text) else _FENCED.sub("", text)):
        text = _only_block(text, name)
    document = parse_document(text, name)
    if "swagger" in document:
        raise RefusedError(
            f"{name}: found swagger: {shown(document['swagger'])}, expected openapi: 3.1: ask the "
            "vendor for the OpenAPI 3.1 document"
        )
    return Source(name, place, hashlib.sha256(content).hexdigest(), document)


def _only_block(page: str, name: str) -> str:
    blocks = [block for block in _FENCED.finditer(page) if _is_openapi(block["text"])]
    if not blocks:
        raise RefusedError(f"{name}: found no OpenAPI document: {_WANTED}")
    lines = [page.count("\n", 0, block.start()) + 1 for block in blocks]
    if len(blocks) > 1:
        raise RefusedError(
            f"{name}: found {len(blocks)} OpenAPI blocks, at lines {', '.join(map(str, lines))}, "
            "expected one: save each in a file of its own, and name the files"
        )
    if not blocks[0]["end"]:
        raise RefusedError(
            f"{name}: the block at line {lines[0]} has no end; the page seems to be cut off: "
            "fetch it again"
        )
    # The lines above it are left empty, so that a message names the line of the page.
    return "\n" * lines[0] + blocks[0]["text"]


def _is_openapi(text: str) -> bool:
    return bool(_JSON.match(text) or _YAML.search(text))

"""Read what the vendor publishes: a documentation page or an OpenAPI document, a file or a URL."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from scripts.documents import Document, parse_document
from scripts.refusals import RefusedError

_FENCED = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)\n"
    r"(?P<block>.*?)^ {0,3}(?P=fence)[`~]*[ \t]*$",
    re.DOTALL | re.MULTILINE,
)
_YAML = re.compile(r"""^["']?openapi["']?[ \t]*:""", re.MULTILINE)
_JSON = re.compile(r"""\s*\{(?s:.*)"openapi"\s*:\s*"3""")
_MOST = 50_000_000


@dataclass(frozen=True)
class Source:
    """Something published, as read.

    Attributes:
        name: What messages call it.
        sha256: The hash of its bytes.
        text: The OpenAPI document in it, as it stands there.
        document: The same, parsed.
        verbatim: Whether the text is the block of a documentation page.
    """

    name: str
    sha256: str
    text: str
    document: Document
    verbatim: bool


def read_source(place: str, fetch: Callable[[str], bytes] | None = None) -> Source:
    """Read one source.

    Args:
        place: A path, or a URL that begins with `https://`.
        fetch: How to fetch a URL; over the network unless given.

    Returns:
        What stands there.

    Raises:
        RefusedError: It cannot be read, or holds no OpenAPI document, or more than one.
    """
    if "://" in place:
        name = _checked_url(place)
        content = (fetch or _fetch)(place)
    else:
        name = Path(place).name
        try:
            content = Path(place).read_bytes()
        except OSError as error:
            raise RefusedError(f"{place}: cannot be read: {error.strerror}") from error
    return parse_source(content, name)


def parse_source(content: bytes, name: str) -> Source:
    """Find the OpenAPI document in what was read.

    Args:
        content: The bytes of a documentation page, or of an OpenAPI document in YAML or JSON.
        name: What messages call it.

    Returns:
        The source.

    Raises:
        RefusedError: It holds no OpenAPI document, or more than one.
    """
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise RefusedError(f"{name}: not UTF-8 text") from error
    sha256 = hashlib.sha256(content).hexdigest()
    blocks = [match["block"] for match in _FENCED.finditer(text) if _is_openapi(match["block"])]
    if _is_openapi(text):
        return Source(name, sha256, text, parse_document(text, name), verbatim=False)
    if len(blocks) != 1:
        raise RefusedError(
            f"{name}: expected an OpenAPI document, or a page with one fenced OpenAPI block, "
            f"found {len(blocks)} blocks"
        )
    return Source(name, sha256, blocks[0], parse_document(blocks[0], name), verbatim=True)


def _is_openapi(text: str) -> bool:
    """Tell an OpenAPI document from a page, which has its document between fences."""
    return bool(_JSON.match(text) or _YAML.search(_FENCED.sub("", text)))


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise RefusedError(f"{parts.scheme}://{parts.hostname}: expected a path or an https URL")
    if parts.username or parts.password:
        raise RefusedError(f"https://{parts.hostname}: expected a URL without a user name")
    return f"https://{parts.hostname}{parts.path}"


def _fetch(url: str) -> bytes:
    name = _checked_url(url)
    content = bytearray()
    try:
        with httpx.stream("GET", url, follow_redirects=True, timeout=30) as response:
            if any(reply.url.scheme != "https" for reply in [*response.history, response]):
                raise RefusedError(f"{name}: redirected away from https")
            if not response.is_success:
                raise RefusedError(f"{name}: found status {response.status_code}")
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > _MOST:
                    raise RefusedError(f"{name}: larger than {_MOST // 1_000_000} MB")
    except httpx.HTTPError as error:
        raise RefusedError(f"{name}: cannot be fetched: {error}") from error
    return bytes(content)

"""A small contract, and overlays applied to it."""

from copy import deepcopy

import pytest

from scripts.contract.step3_correct.applying import apply_overlays
from scripts.contract.step3_correct.overlays import Overlay, parse_overlay
from scripts.tools.documents import Document, parse_document
from scripts.tools.refusals import RefusedError

PUBLISHED = parse_document(
    """
    info: {title: A, version: v1}
    paths:
      /a/: {post: {tags: [x, y], responses: {'200': {description: old}}}}
      /b/: {post: {tags: [x, y]}}
    schemas:
      One:
        type: object
        description: what it is
        required: [a, b]
        properties:
          a: {type: integer, description: a number, example: 1}
          title: {type: string}
    """,
    "published",
)


def overlay(actions: str, name: str = "some.yaml") -> Overlay:
    info = "{title: T, version: 1.0.0, x-published: p, x-evidence: e, x-reason: r}"
    text = f"overlay: 1.0.0\ninfo: {info}\nactions:\n{actions}"
    return parse_overlay(parse_document(text, name), name)


def applied(actions: str) -> Document:
    before = deepcopy(PUBLISHED)
    result = apply_overlays(PUBLISHED, [overlay(actions)])
    assert before == PUBLISHED
    return result


def refused(*actions: str) -> str:
    overlays = [overlay(text, f"{number}.yaml") for number, text in enumerate(actions, 1)]
    with pytest.raises(RefusedError) as refusal:
        apply_overlays(PUBLISHED, overlays)
    return str(refusal.value)

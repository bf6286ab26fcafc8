"""What is corrected wherever it occurs: rules that hold for every operation alike."""

from copy import deepcopy

from scripts.contract.references import objects
from scripts.tools.documents import Document, child, members, same


def with_rules(published: Document) -> Document:
    """Apply the rules to a contract.

    JSON is the one way to send a body: code for three bodies of one schema sends every field twice.
    `oneOf: [{}, {type: "null"}]` means anything: taken literally null, which matches both, is the
    one value that it refuses.
    """
    document = deepcopy(published)
    for _, found in objects(document):
        for body in (found.get("requestBody"), *members(found, "requestBodies").values()):
            content = child(body, "content")
            if isinstance(content, dict) and "application/json" in content:
                for media_type in [each for each in content if each != "application/json"]:
                    del content[media_type]
        for word in ("oneOf", "anyOf"):
            choices = found.get(word)
            if isinstance(choices, list) and any(same(choice, {}) for choice in choices):
                del found[word]
    return document

"""The applier: what Overlay 1.0 says, and a refusal for everything that no longer fits."""

import pytest

from scripts.contract.step3_correct.applying import apply_overlays
from scripts.contract.step3_correct.overlays import Overlay
from scripts.tools.documents import child
from scripts.tools.refusals import RefusedError
from tests.contract.step3_correct.small_overlays import PUBLISHED, applied, overlay, refused


def test_an_update_merges_into_an_object_and_replaces_what_is_neither_object_nor_list() -> None:
    result = applied("""
      - target: $.schemas.One.properties
        update: {a: {type: [integer, 'null'], minimum: 0}, c: {type: string}}
        x-published: {a: {type: integer}}
    """)
    assert result["schemas"] == {
        "One": {
            "type": "object",
            "description": "what it is",
            "required": ["a", "b"],
            "properties": {
                "a": {
                    "type": ["integer", "null"],
                    "description": "a number",
                    "example": 1,
                    "minimum": 0,
                },
                "title": {"type": "string"},
                "c": {"type": "string"},
            },
        }
    }


def test_an_update_of_a_list_appends_one_entry() -> None:
    result = applied("""
      - target: $.paths['/a/', '/b/'].post.tags
        update: z
        x-published: [x, y]
    """)
    paths = result["paths"]
    assert isinstance(paths, dict)
    assert paths["/b/"] == {"post": {"tags": ["x", "y", "z"]}}


def test_remove_takes_away_members_and_entries_that_are_objects_or_lists() -> None:
    result = applied("""
      - target: $.paths.*.post.tags
        remove: true
        x-published: [x, y]
    """)
    assert result["paths"] == {
        "/a/": {"post": {"responses": {"200": {"description": "old"}}}},
        "/b/": {"post": {}},
    }


def test_an_object_can_be_removed_and_made_anew() -> None:
    result = applied("""
      - target: $.schemas.One.required
        remove: true
        x-published: [a, b]
      - target: $.schemas.One
        update: {required: [a]}
        x-published: {required: [a, b]}
    """)
    schemas = result["schemas"]
    assert isinstance(schemas, dict)
    assert isinstance(schemas["One"], dict)
    assert schemas["One"]["required"] == ["a"]


def test_descriptions_titles_and_examples_never_count_but_names_do() -> None:
    actions = """
      - target: $.schemas.One.properties
        update: {a: {minimum: 1}, title: {minLength: 1}}
        x-published: {a: {type: integer, description: other words}, title: {type: string}}
    """
    applied(actions)
    applied("""
      - target: $.schemas.One
        update: {type: array, description: what it really is}
        x-published: {type: object, description: other words, example: none}
    """)
    told = refused(actions.replace("title: {type: string}", "title: {type: number}"))
    assert 'expected title: {"type": "number"}, found title: {"type": "string"}' in told


@pytest.mark.parametrize(
    ("action", "messages"),
    [
        (
            "{target: $.schemas.Two, update: {a: 1}, x-published: {type: object}}",
            ['there is no schemas > Two: expected {"type": "object"}', "lost its place"],
        ),
        (
            "{target: $.schemas.Two, update: {a: 1}, x-published-absent: true}",
            ["there is no schemas > Two: expected a place to add to", "lost its place"],
        ),
        (
            """{target: "$.schemas.One.properties['a', 'b']", update: {type: string},
            x-published: {type: integer}}""",
            ["there is no schemas > One > properties > b", "lost its place"],
        ),
        (
            "{target: $.schemas.One, update: {type: string}, x-published: {type: array}}",
            ['schemas > One: expected type: "array", found type: "object"'],
        ),
        (
            "{target: $.schemas.One, update: {minimum: 1}, x-published: {maximum: 2}}",
            ["schemas > One: expected maximum: 2, found no maximum"],
        ),
        (
            "{target: $.schemas.One, update: {type: string}, x-published-absent: true}",
            ['schemas > One: expected no type, found type: "object"'],
        ),
        (
            "{target: $.schemas.One, update: {type: x, y: 1}, x-published: {required: [a, b]}}",
            ['schemas > One: expected no type, found type: "object"'],
        ),
        (
            "{target: $.schemas.One.required, remove: true, x-published: [a]}",
            ['schemas > One > required: expected ["a"], found ["a", "b"]'],
        ),
        (
            "{target: $.schemas.One.required, update: a, x-published-absent: true}",
            ['schemas > One > required: expected no "a", found it'],
        ),
        (
            "{target: $.schemas.One.type, remove: true, x-published: {a: 1}}",
            ["schemas > One > type is neither an object nor a list"],
        ),
        (
            "{target: $.schemas.One, update: {required: [a]}, x-published: {required: [a, b]}}",
            ["schemas > One > required holds an object or a list", "remove it first"],
        ),
        (
            "{target: $.schemas.One, update: [a], x-published: {type: object}}",
            ["schemas > One is an object: the update has to be one, too"],
        ),
        (
            "{target: $, remove: true, x-published: {info: {version: v1}}}",
            ["the whole document cannot be removed"],
        ),
        (
            "{target: '$.schemas[', update: {a: 1}, x-published: {type: object}}",
            ["is not a JSONPath"],
        ),
    ],
)
def test_an_action_that_does_not_fit_is_refused(action: str, messages: list[str]) -> None:
    told = refused(f"  - {action}\n")
    assert told.startswith("1 file of overlay/ no longer fits\n\n")
    assert "    1.yaml\n" in f"{told}\n"
    for message in messages:
        assert message in told


def test_an_operation_may_be_added_to_a_path_at_which_another_is_published() -> None:
    corrected = applied(
        "  - {target: $.paths, update: {/a/: {get: {tags: [z]}}}, x-published-absent: true}\n"
    )
    assert child(corrected, "paths", "/a/", "get") == {"tags": ["z"]}
    assert child(corrected, "paths", "/a/", "post") == child(PUBLISHED, "paths", "/a/", "post")
    assert "expected no /a/, found /a/" in refused(
        "  - {target: $.paths, update: {/a/: {post: {tags: [z]}}}, x-published-absent: true}\n"
    )


def test_a_later_action_is_named_by_its_number() -> None:
    told = refused("""
      - {target: $.info, update: {title: B}, x-published: {title: A}}
      - {target: $.info, update: {version: v3}, x-published: {version: v2}}
    """)
    assert told.endswith(
        '    1.yaml\n      action 2: info: expected version: "v2", found version: "v1"'
    )


@pytest.mark.parametrize(
    ("one", "other", "member"),
    [
        (
            "{target: $.info, update: {title: B}, x-published: {title: A}}",
            "{target: $.info, update: {title: C}, x-published: {title: A}}",
            "info > title",
        ),
        (
            "{target: $.schemas.One, remove: true, x-published: {type: object}}",
            "{target: $..a, update: {minimum: 1}, x-published: {type: integer}}",
            "schemas > One > properties > a > minimum",
        ),
        (
            "{target: $.schemas, update: {Two: {type: object}}, x-published-absent: true}",
            "{target: $.schemas, update: {Two: {type: object}}, x-published-absent: true}",
            "schemas > Two",
        ),
        (
            "{target: $.schemas.One.required, update: c, x-published: [a, b]}",
            "{target: $.schemas.One.required, update: d, x-published: [a, b]}",
            "schemas > One > required > -",
        ),
        (
            "{target: $.schemas.One.required, remove: true, x-published: [a, b]}",
            "{target: $.schemas.One.required, update: d, x-published: [a, b]}",
            "schemas > One > required > -",
        ),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_two_files_on_one_member_are_refused(
    one: str, other: str, member: str, *, turned: bool
) -> None:
    first, second = (other, one) if turned else (one, other)
    told = refused(f"  - {first}\n", f"  - {second}\n")
    assert "wrong, whatever is published\n  → change the file\n    2.yaml\n" in told
    assert "      action 1: 1.yaml: action 1 (" in told
    assert told.endswith(f"changes the same member: {member}")


def test_two_files_on_members_beside_each_other_are_welcome() -> None:
    one = overlay("  - {target: $.info, update: {title: B}, x-published: {title: A}}\n", "1.yaml")
    other = overlay(
        "  - {target: $.info, update: {version: v2}, x-published: {version: v1}}\n", "2.yaml"
    )
    assert apply_overlays(PUBLISHED, [one, other])["info"] == {"title": "B", "version": "v2"}


def test_two_files_may_add_an_operation_each_to_one_path_and_not_the_same_one() -> None:
    def added(method: str, name: str) -> Overlay:
        update = f"{{/c/: {{{method}: {{tags: [{method}]}}}}}}"
        action = f"  - {{target: $.paths, update: {update}, x-published-absent: true}}\n"
        return overlay(action, name)

    paths = apply_overlays(PUBLISHED, [added("get", "1.yaml"), added("patch", "2.yaml")])["paths"]
    assert child(paths, "/c/") == {"get": {"tags": ["get"]}, "patch": {"tags": ["patch"]}}
    with pytest.raises(RefusedError, match="changes the same member: paths > /c/ > get"):
        apply_overlays(PUBLISHED, [added("get", "1.yaml"), added("get", "2.yaml")])

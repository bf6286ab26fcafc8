"""Generating: the same bytes every time, or a refusal that leaves everything as it was."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from scripts.contract.emit import FIRST_LINE
from scripts.contract.step4_generate.generating import generate
from scripts.tools.layout import REPOSITORY, Layout
from scripts.tools.refusals import RefusedError

Content = Callable[[Layout], dict[str, bytes]]


def test_the_generated_code_of_the_repository_is_up_to_date(
    regenerated: Layout, content_of: Content
) -> None:
    assert content_of(regenerated) == content_of(REPOSITORY)


def test_generating_again_changes_nothing(regenerated: Layout, content_of: Content) -> None:
    before = content_of(regenerated)
    times = {path: path.stat().st_mtime_ns for path in regenerated.generated.rglob("*.py")}
    generate(regenerated)
    assert content_of(regenerated) == before
    assert times == {path: path.stat().st_mtime_ns for path in times}


def test_generated_code_says_so_in_its_first_line(regenerated: Layout) -> None:
    files = [path for path in regenerated.generated.rglob("*") if path.is_file()]
    assert len(files) > 5
    for file in files:
        assert file.read_text("utf-8").startswith(FIRST_LINE)
    assert "make generate" in FIRST_LINE


def test_nothing_but_the_package_is_left_behind(regenerated: Layout) -> None:
    assert [path.name for path in regenerated.generated.iterdir()] == ["cekura_api"]
    assert (regenerated.generated / "cekura_api" / "py.typed").is_file()
    assert list(regenerated.build.iterdir()) == []
    assert not list(regenerated.generated.rglob("*cache*"))


def test_orphans_vanish(layout: Layout, content_of: Content) -> None:
    before = content_of(layout)
    for orphan in ("cekura_api/old_model.py", "old_api/__init__.py"):
        path = layout.generated / orphan
        path.parent.mkdir(exist_ok=True)
        path.write_text("left over\n", "utf-8")
    generate(layout)
    assert content_of(layout) == before
    assert not (layout.generated / "old_api").exists()


def require_refusal(layout: Layout, content_of: Content, message: str) -> None:
    before = content_of(layout)
    with pytest.raises(RefusedError, match=message):
        generate(layout)
    assert content_of(layout) == before
    assert not layout.build.exists() or not list(layout.build.iterdir())


def test_a_wrong_character_in_a_correction_is_refused(layout: Layout, content_of: Content) -> None:
    file = layout.overlays[0] / "rerun-all.yaml"
    file.write_text(
        file.read_text("utf-8").replace("properties.call_logs", "properties.call_log5"), "utf-8"
    )
    require_refusal(
        layout, content_of, r"corrections/rerun-all\.yaml\n +action 1: there is no .* > call_log5:"
    )


def rewrite_fragment(layout: Layout, old: str, new: str) -> None:
    file = layout.fragments / "evaluate-metrics.yaml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_what_is_published_and_wrong_is_blamed_on_the_fragment_and_its_place(
    layout: Layout, content_of: Content
) -> None:
    # A rule takes it away: the corrected contract is valid.
    rewrite_fragment(
        layout, "multipart/form-data:\n", "multipart/form-data:\n            examples: 7\n"
    )
    require_refusal(
        layout,
        content_of,
        r"^evaluate-metrics\.yaml: not valid OpenAPI 3\.1: paths > .*/form-data > examples",
    )


def test_an_operation_that_nothing_defines_is_refused(layout: Layout, content_of: Content) -> None:
    text = layout.operations.read_text("utf-8")
    layout.operations.write_text(
        f"{text}delete-all:\n  method: delete\n  paths: [/all/]\n", "utf-8"
    )
    require_refusal(
        layout, content_of, r"operations\.yaml: delete-all: defined neither by overlay/"
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "https://api.cekura.ai",
            "https://api.example",
            r"^servers: expected \[https://api\.cekura",
        ),
        (
            "name: X-CEKURA-API-KEY",
            "name: X-KEY",
            "expected the key in the header X-CEKURA-API-KEY",
        ),
    ],
)
def test_another_server_or_header_of_the_key_is_refused(
    old: str, new: str, message: str, layout: Layout, content_of: Content
) -> None:
    for file in layout.fragments.iterdir():
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")
    require_refusal(layout, content_of, message)


def test_what_the_parser_only_warns_of_is_refused(layout: Layout, content_of: Content) -> None:
    file = layout.overlays[1] / "retrieve-call-log.yaml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("application/json", "application/xml", 1), "utf-8")
    require_refusal(
        layout,
        content_of,
        r"the contract is not understood:\n(.*\n)?.*content_type application/xml",
    )


def test_the_new_code_is_imported_together_with_the_package(
    layout: Layout, content_of: Content
) -> None:
    text = layout.operations.read_text("utf-8")
    layout.operations.write_text(
        text.replace("CallLogDetail: CallLog\n", "CallLogDetail: Call\n"), "utf-8"
    )
    require_refusal(
        layout,
        content_of,
        r"the package does not import with the new code: cekura_client\S* cannot be imported: "
        "ImportError: cannot import name 'CallLog'",
    )


def test_where_only_a_later_path_is_published_generation_goes_on_and_says_so(
    layout: Layout,
) -> None:
    for file in layout.fragments.iterdir():
        text = file.read_text("utf-8")
        file.write_text(
            text.replace("/observability/v1/call-logs/", "/observability/v2/call-logs/"), "utf-8"
        )
    _, notices = generate(layout)
    v1, v2 = "/observability/v1/call-logs", "/observability/v2/call-logs"
    assert notices == [
        f"{name}: {v1}/{path}/ is no longer published, {v2}/{path}/ stands for it"
        for name, path in (
            ("evaluate-metrics", "evaluate_metrics"),
            ("reevaluate-calls", "rerun_evaluation"),
        )
    ]
    assert "/observability/v2/call-logs/rerun_evaluation/" in "".join(
        file.read_text("utf-8") for file in layout.generated.rglob("*.py")
    )


def test_a_correction_that_the_vendor_has_repaired_is_a_notice(layout: Layout) -> None:
    file = layout.fragments / "reevaluate-calls.yaml"
    repaired = "required:\n        - call_logs\n"
    text = file.read_text("utf-8")
    whole = "required:\n        - agent_id\n        - assistant_id\n        - call_logs\n"
    assert whole in text
    file.write_text(text.replace(whole, repaired), "utf-8")
    _, notices = generate(layout)
    (notice,) = notices
    assert notice.startswith("corrections/rerun-agent-or-assistant.yaml: repaired by the vendor")


@pytest.mark.parametrize("tool", ["ruff", "openapi-python-client", "python-jsonpath"])
def test_a_tool_of_another_version_is_refused(
    tool: str, layout: Layout, content_of: Content
) -> None:
    text = layout.pins.read_text("utf-8")
    layout.pins.write_text(text.replace(f"{tool}==", f"{tool}==99."), "utf-8")
    require_refusal(
        layout, content_of, rf"{tool}: expected 99\..*, as pyproject.toml pins it, found "
    )


def test_the_command_tells_of_a_refusal_and_fails(layout: Layout) -> None:
    file = layout.overlays[0] / "rerun-all.yaml"
    file.write_text(
        file.read_text("utf-8").replace("x-published:\n      type", "x-publishd:\n      type")
    )
    done = subprocess.run(
        [sys.executable, "-m", "scripts.contract", "generate"],
        cwd=layout.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("refused: corrections/rerun-all.yaml: actions > ")
    assert "'x-publishd' was unexpected" in done.stderr
    assert done.stdout == ""

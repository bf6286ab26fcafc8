"""Generating: the same bytes every time, or a refusal that leaves everything as it was."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from scripts.contract.step4_generate.generating import FIRST_LINE, generate
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
    assert len(files) > 20
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
    for orphan in ("cekura_api/models/old_model.py", "old_api/__init__.py"):
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


def test_what_is_published_and_wrong_is_refused(layout: Layout, content_of: Content) -> None:
    # A correction takes it away: the corrected contract is valid.
    rewrite_fragment(
        layout, "multipart/form-data:\n", "multipart/form-data:\n            examples: 7\n"
    )
    require_refusal(layout, content_of, "the merged contract: not valid OpenAPI")


def test_code_that_cannot_be_imported_is_refused(layout: Layout, content_of: Content) -> None:
    (layout.overlays[0] / "json-only-bodies.yaml").unlink()
    require_refusal(layout, content_of, "the generated code is broken: .*NameError")


def test_a_name_that_the_generator_made_up_is_refused(layout: Layout, content_of: Content) -> None:
    file = layout.overlays[0] / "nullable-fields.yaml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("      title: CallMetadata\n", ""), "utf-8")
    require_refusal(
        layout, content_of, "made up the name .*metadata_type_0.*give its schema a title"
    )


def test_what_the_generator_only_warns_of_is_refused(layout: Layout, content_of: Content) -> None:
    file = layout.overlays[1] / "retrieve-call-log.yaml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("in: path", "in: query", 1), "utf-8")
    require_refusal(layout, content_of, "the generator failed|not valid OpenAPI")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("post_hooks:", "post_hook:", "unknown key 'post_hook'"),
        ("  CallLogDetail:", "  CallLogDetails:", "the contract has no CallLogDetails"),
        ("class_name: CallLog,", "class: CallLog,", "expected class_name and module_name"),
    ],
)
def test_a_setting_that_the_generator_would_pass_over_is_refused(
    old: str, new: str, message: str, layout: Layout, content_of: Content
) -> None:
    file = layout.generator_settings
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    require_refusal(layout, content_of, message)


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
    assert done.stderr.startswith("refused: corrections/rerun-all.yaml: action 1 (")
    assert "unknown key 'x-publishd'" in done.stderr
    assert done.stdout == ""

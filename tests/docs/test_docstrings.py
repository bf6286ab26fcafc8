"""Every example in a docstring runs, against the sandbox where it calls the API."""

import ast
import asyncio
import contextlib
import doctest
import importlib
import inspect
import io
import itertools
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import cekura_client
import pytest
from cekura_client import AsyncCekura, Cekura
from cekura_client.sandbox import Sandbox


def examples(module: ModuleType) -> list[doctest.DocTest]:
    return [test for test in doctest.DocTestFinder().find(module) if test.examples]


def modules_with_examples() -> list[str]:
    found = pkgutil.walk_packages(cekura_client.__path__, "cekura_client.")
    names = sorted(module.name for module in found if not module.name.endswith("__main__"))
    return [name for name in names if examples(importlib.import_module(name))]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, object]]:
    with Sandbox() as sandbox:
        monkeypatch.setenv("CEKURA_API_KEY", sandbox.api_key)
        monkeypatch.setenv("CEKURA_API_URL", sandbox.url)
        with Cekura() as cekura:
            yield {"cekura": cekura, "sandbox": sandbox}


def run_awaiting(test: doctest.DocTest) -> None:
    """Run a docstring's examples as `python -m asyncio` does, where await needs no function."""

    async def run(example: doctest.Example, printed: io.StringIO) -> None:
        flag = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code = compile(example.source, test.name, "single", flag)
        with contextlib.redirect_stdout(printed):
            result: object = eval(code, test.globs)  # noqa: S307  (our own)
            if inspect.isawaitable(result):
                await result

    with asyncio.Runner() as runner:
        for example in test.examples:
            printed = io.StringIO()
            runner.run(run(example, printed))
            fits = doctest.OutputChecker().check_output(example.want, printed.getvalue(), 0)
            assert fits, f"{test.name}: {example.source} prints {printed.getvalue()!r}"


def in_a_loop(name: str) -> bool:
    return name.startswith("cekura_client._async")


@pytest.mark.parametrize("name", [*filter(in_a_loop, modules_with_examples())])
def test_the_examples_run_in_an_event_loop(name: str, names: dict[str, object]) -> None:
    module = importlib.import_module(name)
    for test in examples(module):
        test.globs = vars(module) | names | {"cekura": AsyncCekura()}
        run_awaiting(test)


@pytest.mark.parametrize("name", [*itertools.filterfalse(in_a_loop, modules_with_examples())])
def test_the_examples_run(
    name: str, names: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    module = importlib.import_module(name)
    runner = doctest.DocTestRunner()
    for test in examples(module):
        test.globs = vars(module) | names
        runner.run(test)
    assert runner.summarize(verbose=False).failed == 0, capsys.readouterr().out


PUBLIC = [
    getattr(cekura_client, name)
    for name in cekura_client.__all__
    if getattr(getattr(cekura_client, name), "__module__", "").startswith("cekura_client.")
]
OPERATIONS = [
    member
    for client in (Cekura("key"), AsyncCekura("key"))
    for owner in (
        *(client.call_logs, client.metrics, client.agents),
        *(client.projects, client.billing),
    )
    for name, member in inspect.getmembers(owner.__class__)
    if not name.startswith("_")
]


@pytest.mark.parametrize("documented", [*PUBLIC, *OPERATIONS], ids=lambda item: item.__qualname__)
def test_everything_public_is_documented(documented: object) -> None:
    text = inspect.getdoc(documented)
    assert text
    if not inspect.isclass(documented):
        assert "Example:" in text
        assert "Args:" in text


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda item: item.__qualname__)
def test_an_operation_tells_its_cost_and_what_it_raises(operation: object) -> None:
    text = inspect.getdoc(operation) or ""
    assert "Costs" in text
    assert "Raises:" in text
    assert "publish" in text.lower()

"""The sync half of the client is what its source makes, and no more."""

from pathlib import Path

from scripts.make_sync import made_sync

PACKAGE = Path(__file__).parents[2] / "overlay" / "cekura_client"


def test_each_file_has_a_source_and_says_so() -> None:
    sources = {file.name for file in (PACKAGE / "_async").glob("*.py")}
    made = {file.name: file.read_text() for file in (PACKAGE / "_sync").glob("*.py")}
    assert made.keys() == sources
    for name, text in made.items():
        assert text.startswith(f"# Made from _async/{name} by `make generate`. Do not edit.\n")


def test_nothing_waits_for_a_loop() -> None:
    for file in (PACKAGE / "_sync").glob("*.py"):
        code = file.read_text().partition("\n")[2]
        assert "await " not in code, file.name
        assert "async def" not in code, file.name


def test_names_and_examples_change_alike() -> None:
    text = """
async def one(client: AsyncCekura) -> None:
    \"\"\"Example:
    >>> calls = await client.list()
    \"\"\"
    async with async_workers() as start:
        await client.aclose()
"""
    assert (
        made_sync(text, "one.py").partition("\n")[2]
        == """
def one(client: Cekura) -> None:
    \"\"\"Example:
    >>> calls = client.list()
    \"\"\"
    with workers() as start:
        client.close()
"""
    )

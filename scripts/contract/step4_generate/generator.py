"""Run the generator, openapi-python-client, in this process, which has most of it anyway."""

import json
import shlex
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from traceback import format_exc

import openapi_python_client
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.strings import snake_case

from scripts.tools.documents import Document
from scripts.tools.pinned import run_tool
from scripts.tools.refusals import RefusedError


def run_generator(contract: Document, classes: dict[str, str], package: Path) -> None:
    """Write the code of a contract, and tidy it with the hooks of the settings.

    Args:
        contract: The contract.
        classes: What schemas are called, where their own names are not wanted.
        package: The folder to make, in an existing folder.

    Raises:
        RefusedError: The generator crashed, reported an error or no more than a warning, or a
            hook failed.
    """
    told = StringIO()
    with TemporaryDirectory(dir=package.parent, prefix="contract-") as folder:
        # As JSON it is read at once; as YAML, of which this is a part, in a tenth of a second.
        document = Path(folder) / "contract.json"
        document.write_text(json.dumps(contract), "utf-8")
        try:
            with redirect_stdout(told), redirect_stderr(told):
                config = _config(classes, document, package)
                # Its own way to run them takes the settings of this process's environment.
                hooks, config.post_hooks = config.post_hooks, []
                errors = openapi_python_client.generate(config=config)
                _tell(errors)
        except Exception as crash:
            told.write(format_exc())
            raise _refusal(told.getvalue()) from crash
    if errors:
        raise _refusal(told.getvalue())
    for hook in hooks:
        _run_hook(hook, package)


def _run_hook(hook: str, package: Path) -> None:
    def refusal(told: str) -> RefusedError:
        return _refusal(f"{hook!r} failed: {told}")

    try:
        command = shlex.split(hook)
    except ValueError as error:
        raise refusal(str(error)) from error
    if not command:
        raise refusal("it is empty")
    run_tool(command, package, refusal)


def _config(classes: dict[str, str], document: Path, package: Path) -> Config:
    flags = "--isolated --no-cache --target-version py311"
    settings = {
        "class_overrides": {
            schema: {"class_name": name, "module_name": snake_case(name)}
            for schema, name in classes.items()
        },
        "use_path_prefixes_for_title_model_names": False,
        "post_hooks": [
            f"ruff check . {flags} --fix-only --extend-select=I",
            f"ruff format . {flags}",
        ],
    }
    return Config.from_sources(
        ConfigFile.model_validate(settings),
        MetaType.NONE,
        document,
        "utf-8",
        overwrite=False,
        output_path=package,
    )


def _tell(errors: Sequence[GeneratorError]) -> None:
    """Print what the generator's command prints of errors and warnings."""
    if errors:
        # Kept for a failure: the command line takes its time to import.
        from openapi_python_client.cli import handle_errors  # noqa: PLC0415
        from typer import Exit  # noqa: PLC0415

        with suppress(Exit):
            handle_errors(errors, fail_on_warning=True)


def _refusal(told: str) -> RefusedError:
    return RefusedError(f"the generator failed:\n{told.strip()}")

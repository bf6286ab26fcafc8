"""The command ``cekura-client``: the operations in a shell, for people and for scripts.

It needs the extra: ``pip install 'cekura-client[cli]'``. Importing `cekura_client` does not.

Begin with `app`, which lists the commands. `commands` has one file for each, and `tasks` what it
does; `sending` carries out what costs credits; `input` is what people type and `output` what they
see. `waiting` waits for results, `summary` tells what became of the calls, and `endings` makes an
exit code of whatever happens.
"""

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line, and end with its exit code."""
    try:
        from cekura_client.cli.app import run  # noqa: PLC0415  (the extra may be missing)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"typer", "rich"}:
            raise
        sys.stderr.write(
            f"The command line needs {error.name}, which is not installed: "
            "pip install 'cekura-client[cli]'\n"
        )
        sys.exit(2)
    run()

"""Import modules from one folder; run by itself, it needs nothing but the standard library."""

import sys
from importlib import import_module
from pathlib import Path


def failed_import(folder: str, names: list[str]) -> str | None:
    """Import modules and find the first that fails.

    Args:
        folder: Where the modules have to be.
        names: Their full names.

    Returns:
        What is wrong, or nothing.
    """
    sys.path.insert(0, folder)
    for name in names:
        try:
            module = import_module(name)
        except BaseException as error:  # noqa: BLE001 - a module may raise what it likes
            return f"{name} cannot be imported: {type(error).__name__}: {error}"
        if not Path(module.__file__ or "").is_relative_to(folder):
            return f"{name} was imported from elsewhere"
    return None


if __name__ == "__main__":
    sys.exit(failed_import(sys.argv[1], sys.argv[2:]))

"""Import modules from some folders; run by itself, it needs nothing but the standard library."""

import sys
from importlib import import_module
from pathlib import Path


def failed_import(folders: list[str], names: list[str]) -> str | None:
    """Import modules and find the first that fails.

    Args:
        folders: Where the modules have to be.
        names: Their full names.

    Returns:
        What is wrong, or nothing.
    """
    sys.path[:0] = folders
    for name in names:
        try:
            module = import_module(name)
        except BaseException as error:  # noqa: BLE001 - a module may raise what it likes
            return f"{name} cannot be imported: {type(error).__name__}: {error}"
        file = Path(module.__file__ or "")
        if not any(file.is_relative_to(folder) for folder in folders):
            return f"{name} was imported from elsewhere"
    return None


if __name__ == "__main__":
    sys.exit(failed_import(sys.argv[1].split(":"), sys.argv[2:]))

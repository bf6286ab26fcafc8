"""The site of these guides and of the docstrings: `make docs`."""

from sphinx.application import Sphinx

project = "cekura-client"
author = "The cekura-client authors"
html_title = "cekura-client"
html_theme = "furo"
html_copy_source = False
html_show_copyright = False
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 3
default_role = "code"  # in docstrings, as in Markdown, `this` is code
napoleon_numpy_docstring = False
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
add_module_names = False
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80
toc_object_entries_show_parents = "hide"


def take_as_written(
    _app: Sphinx, what: str, _name: str, _documented: object, _options: object, lines: list[str]
) -> None:
    """Keep what the contract says of a field, which is Markdown, and what we say of a property."""
    if what not in {"attribute", "property"}:
        return
    fenced = False
    for number, line in enumerate(lines):
        if line.strip().startswith("```"):
            fenced = not fenced
            lines[number] = "\n.. code-block:: text\n" if fenced else ""
        elif fenced:
            lines[number] = f"    {line}"
    # Napoleon takes what stands before a colon in the first line for a type. A comment has none.
    lines[:] = ["..", "", *"\n".join(lines).split("\n")]


def setup(app: Sphinx) -> None:
    """Come before Napoleon, which reads the docstrings' sections."""
    app.connect("autodoc-process-docstring", take_as_written, priority=400)

"""A page that tells what a re-score changed: one HTML file, or Markdown for a pull request.

It needs the extra: ``pip install 'cekura-client[report]'``. Begin with `writing`; `contents`
decides what is shown, `charts` works out what is drawn, and `page.html.j2`, `page.css` and
`markdown` are how it looks.
"""

try:
    from cekura_client.report.writing import write_report
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] not in {"jinja2", "markupsafe"}:
        raise
    raise ImportError(
        f"A report needs {error.name}, which is not installed: pip install 'cekura-client[report]'",
        name=__name__,
    ) from error

__all__ = ["write_report"]

"""``python -m cekura_client.sandbox``: a sandbox in a shell, until Ctrl-C."""

import argparse
import signal
import sys
import time
from collections.abc import Sequence

from cekura_client.sandbox import Sandbox

_MOST_CALLS_SHOWN = 20


def _rate_limit(text: str) -> tuple[int, float]:
    requests, slash, seconds = text.partition("/")
    if not slash:
        raise argparse.ArgumentTypeError(f"REQUESTS/SECONDS, such as 5/10, not {text!r}")
    try:
        return int(requests), float(seconds)
    except ValueError:
        raise argparse.ArgumentTypeError(f"REQUESTS/SECONDS, such as 5/10, not {text!r}") from None


def _arguments(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Serve a stand-in for the Cekura API on this machine, until Ctrl-C.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=8765, help="0 takes any free one")
    parser.add_argument("--calls", type=int, default=12, help="how many call logs there are")
    parser.add_argument("--credits", type=float, default=1000, help="the balance")
    parser.add_argument(
        "--evaluation-seconds", type=float, default=2.0, help="how long an evaluation takes"
    )
    parser.add_argument(
        "--rate-limit",
        type=_rate_limit,
        metavar="REQUESTS/SECONDS",
        help="further requests are refused with a 429",
    )
    parser.add_argument(
        "--drift", type=float, default=0.0, help="share of verdicts that a re-score turns, 0 to 1"
    )
    parser.add_argument("--api-key", default="sandbox-key", help="the key clients have to send")
    return parser


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    texts = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(text[column]) for text in texts) for column in range(len(head))]
    lines = [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(text, widths, strict=True))
        for text in texts
    ]
    return "\n".join([title, *(line.rstrip() for line in lines)])


def describe(sandbox: Sandbox) -> str:
    """Tell where a sandbox serves, and the ids there are to play with."""
    projects = {project.id: project.name for project in sandbox.projects}
    calls = sandbox.call_logs
    shown = calls[:_MOST_CALLS_SHOWN]
    hidden = len(calls) - len(shown)
    parts = [
        f"The Cekura sandbox serves at {sandbox.url} (Ctrl-C stops it).",
        _table(
            "Agents",
            ("agent_id", "assistant_id", "name", "project_id", "project"),
            [
                (
                    agent.id,
                    agent.assistant_id,
                    agent.name,
                    agent.project_id,
                    projects[agent.project_id],
                )
                for agent in sandbox.agents
            ],
        ),
        _table(
            "Metrics",
            ("id", "name", "kind", "project_id", "agent_ids"),
            [
                (
                    metric.id,
                    metric.name,
                    metric.kind,
                    metric.project_id,
                    ", ".join(map(str, metric.agent_ids)),
                )
                for metric in sandbox.metrics
            ],
        ),
        _table(
            "Call logs",
            ("id", "agent_id", "reviewed"),
            [(call.id, call.agent_id, "reviewed" if call.is_reviewed else "-") for call in shown],
        )
        + (f"\n  and {hidden} more, to {calls[-1].id}" if hidden else ""),
        # Last, so that they are still on the screen when the tables are long.
        f"export CEKURA_API_URL={sandbox.url}\nexport CEKURA_API_KEY={sandbox.api_key}",
    ]
    return "\n\n".join(parts) + "\n"


def main(
    arguments: Sequence[str] | None = None, *, prog: str = "python -m cekura_client.sandbox"
) -> int:
    """Serve until Ctrl-C.

    Args:
        arguments: The words of the command line; None reads them from there.
        prog: What to call the command in its help.

    Returns:
        The exit code: 0 after Ctrl-C, 1 when the port cannot be had.
    """
    parser = _arguments(prog)
    options = parser.parse_args(arguments)
    try:
        sandbox = Sandbox(
            port=options.port,
            calls=options.calls,
            credits=options.credits,
            evaluation_seconds=options.evaluation_seconds,
            rate_limit=options.rate_limit,
            drift=options.drift,
            api_key=options.api_key,
        )
    except ValueError as error:
        parser.error(str(error))
    try:
        with sandbox:
            sys.stdout.write(describe(sandbox))
            sys.stdout.flush()
            while sandbox.running:
                time.sleep(0.5)
    except OSError as error:
        sys.stderr.write(f"Cannot serve at port {options.port}: {error.strerror}\n")
        return 1
    except KeyboardInterrupt:
        sys.stdout.write("\nStopped.\n")
    return 0


def heed_ctrl_c() -> None:
    """Let Ctrl-C stop it in the background too, where a shell starts its jobs with it ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


if __name__ == "__main__":
    heed_ctrl_c()
    sys.exit(main())

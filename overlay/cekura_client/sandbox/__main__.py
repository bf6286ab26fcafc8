"""``python -m cekura_client.sandbox``: a sandbox in a shell, until Ctrl-C."""

import argparse
import json
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from cekura_client.sandbox import Sandbox

_MOST_CALLS_SHOWN = 20
_OWN = ("agents", "metrics", "call_logs")
_MEMBERS = "agents, metrics and call_logs"


def _rate_limit(text: str) -> tuple[int, float]:
    requests, slash, seconds = text.partition("/")
    if not slash:
        raise argparse.ArgumentTypeError(f"REQUESTS/SECONDS, such as 5/10, not {text!r}")
    try:
        return int(requests), float(seconds)
    except ValueError:
        raise argparse.ArgumentTypeError(f"REQUESTS/SECONDS, such as 5/10, not {text!r}") from None


def _seconds(text: str) -> float | tuple[float, float]:
    first, dash, last = text.partition("-")
    try:
        return (float(first), float(last)) if dash else float(first)
    except ValueError:
        raise argparse.ArgumentTypeError(f"seconds, such as 2 or 0.2-2, not {text!r}") from None


def _own_data(path: str) -> dict[str, object]:
    """Read a file that holds agents, metrics and calls."""
    try:
        with Path(path).open(encoding="utf-8") as file:
            data: object = json.load(file)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise argparse.ArgumentTypeError(f"{path} is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise argparse.ArgumentTypeError(f"{path} holds no JSON object with {_MEMBERS}")
    members = cast("dict[str, object]", data)
    others = [name for name in members if name not in _OWN]
    if others or not members:
        named = f"{others[0]!r}, and not only" if others else "nothing of"
        raise argparse.ArgumentTypeError(f"{path} holds {named} {_MEMBERS}")
    return members


def _arguments(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Serve a stand-in for the Cekura API on this machine, until Ctrl-C.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "data",
        nargs="?",
        type=_own_data,
        metavar="FILE",
        help=f"a JSON object with {_MEMBERS}, lists as Sandbox takes them, to serve in place of "
        "what is made up",
    )
    parser.add_argument("--port", type=int, default=8765, help="0 takes any free one")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 serves to other machines, too")
    parser.add_argument(
        "--calls", type=int, help="how many call logs are made up; 12 where nothing is said"
    )
    parser.add_argument("--credits", type=float, default=1000, help="the balance")
    parser.add_argument(
        "--evaluation-seconds",
        type=_seconds,
        default=2.0,
        metavar="SECONDS",
        help="how long an evaluation takes; 0.2-2: each result comes at a moment of its own",
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
    parser.add_argument(
        "--webhook-url", metavar="URL", help="where to tell of each call that was evaluated"
    )
    parser.add_argument(
        "--webhook-secret", default="sandbox-secret", help="what tells that it is the sandbox"
    )
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
        f"The Cekura sandbox serves at {sandbox.url} (Ctrl-C stops it)."
        + ("\nEvery machine that reaches this one can reach it, too." if sandbox.is_public else ""),
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
            ("id", "name", "kind", "cost", "project_id", "agent_ids"),
            [
                (
                    metric.id,
                    metric.name,
                    metric.kind,
                    "-" if metric.metric_cost is None else metric.metric_cost,
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
    own: dict[str, Any] = options.data or {}
    try:
        sandbox = Sandbox(
            host=options.host,
            port=options.port,
            calls=options.calls,
            credits=options.credits,
            evaluation_seconds=options.evaluation_seconds,
            rate_limit=options.rate_limit,
            drift=options.drift,
            api_key=options.api_key,
            webhook_url=options.webhook_url,
            webhook_secret=options.webhook_secret,
            agents=own.get("agents"),
            metrics=own.get("metrics"),
            call_logs=own.get("call_logs"),
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
        where = f"port {options.port}"
        if options.host != "127.0.0.1":
            where = f"{options.host}, {where}"
        sys.stderr.write(f"Cannot serve at {where}: {error.strerror}\n")
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

"""`make demo`: the library and the command line against the embedded sandbox."""

import os
import subprocess
import sys
from pathlib import Path

from cekura_client import Cekura, InvalidRequestError, to_rows
from cekura_client.sandbox import Sandbox

AGENT = 224
CALLS = [123, 456, 501]
METRICS = [789, 790]
RERUN_AGENT = 2142
MANY = 300
BATCH_SIZE = 3
RATE_LIMIT = (100, 2.0)  # requests, seconds
EVALUATION_SECONDS = 0.5
DRIFT = 0.1
REPORT = Path(__file__).parents[1] / "build" / "demo-report.html"
LINES_AT_THE_TOP = 14
LINES_AT_THE_END = 3


def main() -> None:
    """Run the demo; it ends by itself within half a minute."""
    with (
        Sandbox(
            calls=2 * MANY,
            credits=2000,
            evaluation_seconds=EVALUATION_SECONDS,
            rate_limit=RATE_LIMIT,
            drift=DRIFT,
        ) as sandbox,
        Cekura(sandbox.api_key, base_url=sandbox.url) as cekura,
    ):
        requests, seconds = RATE_LIMIT
        print(f"A sandbox of the Cekura API serves at {sandbox.url}")
        print(
            f"It allows {requests} requests in {seconds:g} s and holds {sandbox.credits:g} credits."
        )

        _heading(f"1. In Python: evaluate metrics {METRICS} on calls {CALLS} of agent {AGENT}")
        calls = cekura.call_logs.evaluate_metrics(agent_id=AGENT, call_logs=CALLS, metrics=METRICS)
        print(f"   The API evaluates in the background: {[str(call.status) for call in calls]}")
        for row in to_rows(cekura.call_logs.wait_until_evaluated(calls, METRICS)):
            if row["metric_id"] in METRICS:
                verdict = {True: "pass", False: "FAIL", None: "n/a"}[row["passed"]]
                print(f"   call {row['call_log_id']}: {row['metric_name']}: {verdict}")

        _heading("2. Name an agent and an assistant: refused before anything is sent")
        sent = sandbox.requests
        wrong: dict[str, int] = {"agent_id": RERUN_AGENT, "assistant_id": 2143}
        try:
            cekura.call_logs.rerun_evaluation(**wrong, call_logs="all")  # type: ignore[call-overload]  # the demo is wrong on purpose
        except InvalidRequestError as error:
            print(f"   InvalidRequestError: {error}")
        print(f"   Requests that this sent: {sandbox.requests - sent}")

        _heading(f'3. In a shell: re-run all metrics on "all" calls of agent {RERUN_AGENT}')
        _show(_cekura_client(sandbox, "rerun", "--agent-id", str(RERUN_AGENT), "--all", "--yes"))

        _heading(f"4. In a shell: {MANY} calls, in batches through the rate limit, to the results")
        ids = [str(call.id) for call in sandbox.call_logs if call.agent_id == AGENT][:MANY]
        metrics = ",".join(map(str, METRICS))
        options = ["--agent-id", str(AGENT), "--metrics", metrics, "--wait", "--yes"]
        small = ["--batch-size", str(BATCH_SIZE), "-"]
        _show(_cekura_client(sandbox, "evaluate", *options, *small, typed="\n".join(ids)))

        _heading("5. In a shell: the same again, of which the sandbox turns some verdicts")
        turned = len(sandbox.flips)
        REPORT.parent.mkdir(exist_ok=True)
        report = ["--report", os.path.relpath(REPORT), "-"]
        _show(_cekura_client(sandbox, "evaluate", *options, *report, typed="\n".join(ids)))
        print(f"   The sandbox has turned {len(sandbox.flips) - turned} verdicts.")
        print(f"   Look at {os.path.relpath(REPORT)} in a browser.")

        print(f"\n{sandbox.metric_runs} metric runs in all, {sandbox.credits:g} credits are left.")


def _heading(text: str) -> None:
    print(f"\n{text}", flush=True)


def _cekura_client(sandbox: Sandbox, *words: str, typed: str = "") -> str:
    """Run the command; its messages and its bar go to standard error, as always."""
    print(f"   $ cekura-client {' '.join(words)}", flush=True)
    done = subprocess.run(  # noqa: S603  (our own command)
        [sys.executable, "-m", "cekura_client.cli", *words, "--output", "table"],
        input=typed,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=os.environ | {"CEKURA_API_URL": sandbox.url, "CEKURA_API_KEY": sandbox.api_key},
    )
    return done.stdout


def _show(output: str) -> None:
    lines = output.splitlines()
    hidden = len(lines) - LINES_AT_THE_TOP - LINES_AT_THE_END
    if hidden > 0:
        lines[LINES_AT_THE_TOP:-LINES_AT_THE_END] = [f" … {hidden} lines more …"]
    print("\n".join(lines))


if __name__ == "__main__":
    main()

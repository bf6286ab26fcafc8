"""Says what the package says in the words of the shell: options, not arguments of Python."""

import re

from cekura_client import CekuraError, InvalidRequestError

# What the API knows under these names is in replies as well: there they are left alone.
_ARGUMENTS = r"agent_id|project_id|assistant_id|grace"
_OWN_ARGUMENTS = (
    r"base_url|batch_size|max_concurrency|metrics_assigned|missing_after|repeat_unknown"
    r"|max_credits|wait_if_busy"
)
_PHRASES = (
    ("set CEKURA_API_KEY or pass api_key", "set the environment variable CEKURA_API_KEY"),
    ("; how long a call waits by itself is for RetryPolicy to say: max_wait and deadline", ""),
    ("which is longer than RetryPolicy lets this call wait (max_wait, deadline)",
     "which is longer than a command waits"),
    (": wait_if_busy of evaluate_metrics and rerun_evaluation does", ""),
    (" The reply is kept in `body`.", ""),
    (" Give ids as call_ids.", ""),
    ("filters and assistant_id make", "--filter and --assistant-id make"),
    ("billing.info", "balance"),
    ("see metrics.list", "see cekura-client metrics"),
)  # fmt: skip


def told(error: CekuraError) -> str:
    """Say what an error says."""
    text = in_the_shell(str(error))
    if isinstance(error, InvalidRequestError):
        text = _as_options(_ARGUMENTS, text)
    return text


def in_the_shell(text: str) -> str:
    """Say a text of the package, which may hold words of the API."""
    for ours, of_the_shell in _PHRASES:
        text = text.replace(ours, of_the_shell)
    text = re.sub(r"\bmax_metric_runs=([0-9]+)", r"--max-metric-runs \1", text)
    text = re.sub(r"\bmax_credits=([-+.0-9E]+)", r"--max-credits \1", text)
    return _as_options(_OWN_ARGUMENTS, text)


def _as_options(names: str, text: str) -> str:
    return re.sub(
        rf"(?<![-\w])(?:{names})\b", lambda found: f"--{found[0].replace('_', '-')}", text
    )

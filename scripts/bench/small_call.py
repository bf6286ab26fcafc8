"""(a) One small call, over the same request sent by bare httpx."""

import json
from collections.abc import Callable, Iterable

import httpx
from cekura_client import Cekura

from scripts.bench.figures import OURS, Figure, figures_of
from scripts.bench.loopback import answering
from scripts.bench.peers import VENDOR, installed
from scripts.bench.ratios import Measure, compare, timed

_KEY = "key"
_CALLS = 300  # in one measure
_ROUNDS = 15
_REPLY = {"id": 123, "call_id": "call_123", "status": "success", "duration": "01:10"}


def measure() -> Iterable[Figure]:
    """Read one small call log, time and again over a connection that is kept."""
    with (
        answering(json.dumps(_REPLY).encode()) as url,
        httpx.Client(headers={"X-CEKURA-API-KEY": _KEY}) as bare,
        Cekura(_KEY, base_url=url) as ours,
    ):
        address = f"{url}/observability/v2/call-logs/123/"
        subjects = {OURS: _often(lambda: ours.call_logs.retrieve(123))}
        if vendor := installed("cekura"):
            theirs = vendor.Cekura(api_key=_KEY, base_url=url)
            subjects[VENDOR] = _often(lambda: theirs.calls.get(id=123))
        ratios = compare(_often(lambda: bare.get(address).json()), subjects, _ROUNDS)
    return figures_of("(a) one small call", "httpx", ratios, target=1.10)


def _often(call: Callable[[], object]) -> Measure:
    def calls() -> None:
        for _ in range(_CALLS):
            call()

    return timed(calls)

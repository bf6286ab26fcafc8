"""(c) Importing the client and making one, over `import httpx; httpx.Client()`: whole processes."""

from collections.abc import Iterable

from scripts.bench.figures import OURS, Figure, figures_of
from scripts.bench.peers import CLEAN, VENDOR
from scripts.bench.ratios import compare, timed_process

_ROUNDS = 15
_PROCESSES = 5  # of each in a round
_FLOOR = "import httpx; httpx.Client()"
_PROGRAMS = {
    OURS: "from cekura_client import Cekura; Cekura('key')",
    VENDOR: "from cekura import Cekura; Cekura(api_key='key')",
}


def measure() -> Iterable[Figure]:
    """Run each program in a process of its own, from start to end."""
    programs = {
        who: timed_process([CLEAN, "-c", program])
        for who, program in {"": _FLOOR, **_PROGRAMS}.items()
    }
    ratios = compare(programs.pop(""), programs, _ROUNDS, at_a_time=_PROCESSES)
    return figures_of("(c) import and construct", "httpx", ratios, target=1.10)

"""How many examples Hypothesis tries: more in `make test-all`, where nobody waits."""

import os

from hypothesis import HealthCheck, settings

THOROUGH = os.environ.get("THOROUGH") == "true"
_THE_SAME_EVERY_TIME = THOROUGH or os.environ.get("CI") == "true"

# Bodies are built from a schema, so most of a run is drawing; the slowest of them say nothing.
_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def examples(few: int, many: int) -> settings:
    """Settings for one property, in `make test` and in `make test-all`."""
    return settings(
        max_examples=many if THOROUGH else few,
        deadline=None,  # other tests share the processor
        database=None,
        derandomize=_THE_SAME_EVERY_TIME,
        suppress_health_check=_QUIET,
    )


BODIES = examples(200, 2000)
TEXTS = examples(200, 1000)

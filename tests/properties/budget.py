"""How many examples Hypothesis tries: more where nobody waits."""

import os

from hypothesis import HealthCheck, settings

IN_CI = bool(os.environ.get("CI"))

# Bodies are built from a schema, so most of a run is drawing; the slowest of them say nothing.
_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def examples(local: int, in_ci: int) -> settings:
    """Settings for one property; in CI a run is the same every time."""
    return settings(
        max_examples=in_ci if IN_CI else local,
        deadline=None,  # other tests share the processor
        database=None,
        derandomize=IN_CI,
        suppress_health_check=_QUIET,
    )


BODIES = examples(200, 2000)
TEXTS = examples(200, 1000)

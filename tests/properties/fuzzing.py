"""Sends a server what schemathesis makes of a contract, and collects what its checks find."""

import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import schemathesis
from schemathesis import GenerationMode
from schemathesis.config import CacheConfig, GenerationConfig, ProjectConfig, ProjectsConfig
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder

from scripts.tools.documents import Document
from tests.properties.budget import THOROUGH

# All that schemathesis knows but one: it wants every request that fits the schema to be accepted,
# and an unknown id, a metric of another agent or a call that is being evaluated fit the schema.
_LEFT_OUT = "positive_data_acceptance"


_JSON = ["application/json"]


@dataclass(frozen=True)
class Answer:
    """A reply, and what it answers.

    Attributes:
        operation: Method and path of the operation that the request was made for.
        as_described: Whether the method and the content type were the operation's own.
    """

    operation: str
    as_described: bool
    status: int
    retry_after: str | None


@dataclass
class Findings:
    """What became of a run.

    Attributes:
        failures: The checks that failed by name, each with what it said first.
        errors: What kept the run from its end.
        checks: How often each check passed.
    """

    failures: dict[str, str] = field(default_factory=dict[str, str])
    errors: list[str] = field(default_factory=list[str])
    checks: Counter[str] = field(default_factory=Counter[str])
    answers: list[Answer] = field(default_factory=list[Answer])


def fuzz(
    contract: Document, url: str, api_key: str, *, brief: bool = False, wrong: bool = True
) -> Findings:
    """Run every phase of schemathesis against a server.

    Args:
        contract: What the requests are made from and the replies are held against.
        url: Where the server is.
        api_key: The key that it lets in.
        brief: Only draw a few requests; leave out the systematic and the stateful ones.
        wrong: Send also what the contract does not allow.
    """
    project = ProjectConfig(
        base_url=url,
        headers={"X-CEKURA-API-KEY": api_key},
        generation=GenerationConfig(
            modes=[*GenerationMode] if wrong else [GenerationMode.POSITIVE],
            max_examples=10 if brief else 40 if THOROUGH else 15,
            deterministic=True,
            no_shrink=True,
            database="none",
        ),
        request_timeout=10,
        continue_on_failure=True,
    )
    project.checks.update(excluded_check_names=[_LEFT_OUT])
    if brief:
        for phase in (project.phases.examples, project.phases.coverage, project.phases.stateful):
            phase.enabled = False
    config = schemathesis.Config(
        seed=1,
        cache=CacheConfig(enabled=False),  # no run depends on an earlier one
        projects=ProjectsConfig(default=project),
    )
    # A copy, because loading changes the document.
    schema = schemathesis.openapi.from_dict(copy.deepcopy(contract), config=config)
    findings = Findings()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            findings.answers += _answers(event.recorder)
            _take_checks(event.recorder, findings)
        elif isinstance(event, events.NonFatalError):
            findings.errors.append(event.info.format())
        elif isinstance(event, events.FatalError):
            findings.errors.append(repr(event.exception))
    return findings


def _answers(recorder: ScenarioRecorder) -> Iterator[Answer]:
    for case_id, interaction in recorder.interactions.items():
        response = interaction.response
        if response is None:
            continue
        # Generic over four types that nothing here is about.
        operation = cast("Any", recorder.cases[case_id]).value.operation
        request = interaction.request
        sent = {name.lower(): values for name, values in request.headers.items()}
        # A GET has no body whose type could be wrong.
        own_type = operation.method == "get" or sent.get("content-type", _JSON) == _JSON
        yield Answer(
            operation=operation.label,
            as_described=own_type and request.method.lower() == operation.method,
            status=response.status_code,
            retry_after=",".join(response.headers.get("retry-after", [])) or None,
        )


def _take_checks(recorder: ScenarioRecorder, findings: Findings) -> None:
    for checks in recorder.checks.values():
        for check in checks:
            if check.failure_info is None:
                findings.checks[check.name] += 1
                continue
            failure = check.failure_info.failure
            said = f"{failure.title}: {failure.message}\n{check.failure_info.code_sample}"
            findings.failures.setdefault(check.name, said)

"""The schemas of the replies, corrected and as published, and the client's own readers."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, cast

from cekura_api.models import (
    AgentPage,
    BillingInfoReply,
    CallLogPage,
    MarkMetricVoteCallLogResponse,
)
from cekura_api.reading import one
from cekura_client import CallLog, CallLogSummary, Metric, Project
from cekura_client.call_logs import operations, writing

# jsonschema brings no types; what is used of it is described below.
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
from jsonschema.validators import (  # type: ignore[import-untyped]
    extend,  # pyright: ignore[reportUnknownVariableType]
)
from referencing.jsonschema import DRAFT202012, EMPTY_REGISTRY

from scripts.contract.step3_correct.correcting import correct
from scripts.tools.documents import Document, Json, parse_document
from scripts.tools.layout import REPOSITORY
from tests.support.offered import offered
from tests.support.reply_rules import by_reply_rules

_URI = "urn:contract"
_FORMATS = FormatChecker(["date-time"])


def _passed_over(*_: object) -> Iterator[Any]:
    return iter(())


class Wrong(Protocol):
    """What a schema does not allow, and where."""

    @property
    def absolute_path(self) -> Iterable[str | int]: ...
    @property
    def context(self) -> "Sequence[Wrong] | None": ...


class Judge(Protocol):
    """Knows one schema."""

    def is_valid(self, instance: Json) -> bool: ...
    def validate(self, instance: Json) -> None: ...
    def iter_errors(self, instance: Json) -> Iterable[Wrong]: ...


# What the reader leaves alone: how long a text is, how an ISO 8601 date is written, and which
# texts are amounts, of which `billing.info` has the last word.
_Tolerant = cast(
    "Callable[..., Judge]",
    extend(Draft202012Validator, dict.fromkeys(("maxLength", "format", "pattern"), _passed_over)),
)


@dataclass(frozen=True)
class Reply:
    """The accepted reply of an operation: its schema's place in a contract, and who reads it."""

    operation_id: str
    declared: object  # the type that the client's signature promises
    read: Callable[[bytes], object]
    status: str = "200"

    def __str__(self) -> str:
        return self.operation_id

    def schema(self, contract: Document) -> Document:
        """Find the schema in a contract."""
        for path in _members(contract["paths"]).values():
            for operation in _members(path).values():
                if _members(operation).get("operationId") == self.operation_id:
                    return _at(operation, "responses", self.status, "content", "application/json")
        raise LookupError(self.operation_id)


EVALUATE = Reply(
    "call-logs-evaluate-metrics-create",
    list[CallLogSummary],
    operations.Evaluation.checked(agent_id=1, project_id=None, call_logs=[1], metrics=[1])
    .operation()
    .read,
)
RERUN = Reply(
    "call-logs-rerun-evaluation-create",
    list[CallLog],
    operations.Rerun.checked(agent_id=1, assistant_id=None, call_logs=[1]).operation().read,
)
RETRIEVE = Reply("call-logs-retrieve", CallLog, operations.retrieve(1).read)

LIST = Reply("call-logs-list", CallLogPage, one(CallLogPage.from_dict))
BILLING = Reply("billing-info-retrieve", BillingInfoReply, one(BillingInfoReply.from_dict))

OBSERVE = Reply(
    "observe-create",
    CallLogSummary,
    writing.Observation.checked(
        agent_id=1, assistant_id=None, call_id="a", transcript=[1], transcript_type="x"
    )
    .operation()
    .read,
    "201",
)
VOTE = Reply(
    "call-logs-mark-metric-vote-create",
    MarkMetricVoteCallLogResponse,
    writing.vote(1, metric_id=1, thumbs_up=True).read,
)
UPDATE = Reply("call-logs-partial-update", CallLog, writing.update(1, feedback="").read)

METRICS = Reply(
    "metrics-list", list[Metric], operations.list_metrics(agent_id=None, project_id=None).read
)
AGENTS = Reply("aiagents-short-list-list", AgentPage, one(AgentPage.from_dict))
PROJECTS = Reply("projects-list", list[Project], operations.list_projects().read)

REPLIES = [
    *(EVALUATE, RERUN, RETRIEVE, LIST, BILLING, OBSERVE, VOTE, UPDATE),
    *(METRICS, AGENTS, PROJECTS),
]


@cache
def published() -> Document:
    return parse_document(REPOSITORY.contract.read_text(encoding="utf-8"), "cekura.yaml")


@cache
def corrected() -> Document:
    """Correct the contract, and apply the rules that hold for every reply."""
    return by_reply_rules(correct(published(), REPOSITORY))


@cache
def served() -> Document:
    """The corrected contract of what the sandbox serves, but for lists of other than call logs.

    Of those lists' parameters the sandbox reads only what the package sends.
    """
    kept: Document = {}
    lists = ("list-metrics", "list-agents", "list-projects")
    for each in [each for each in offered() if each.name not in lists]:
        path = each.path_in(corrected())
        assert path is not None
        methods = _members(kept.setdefault(path, {}))
        methods[each.method] = _members(_members(corrected()["paths"])[path])[each.method]
    contract = dict(corrected())
    contract["paths"] = kept
    return contract


def resolved(contract: Document, schema: Document) -> Document:
    """Follow a `$ref` within the contract."""
    if "$ref" not in schema:
        return schema
    node: Json = contract
    for step in cast("str", schema["$ref"]).removeprefix("#/").split("/"):
        node = _members(node)[step.replace("~1", "/").replace("~0", "~")]
    return resolved(contract, _members(node))


def properties_of(contract: Document, schema: Document) -> Document:
    """Find the fields of a call log in the schema of a reply."""
    row = resolved(contract, _members(schema.get("items", schema)))
    return _members(row["properties"])


def validator(contract: Document, schema: Document, *, tolerant: bool = False) -> Judge:
    """Make an independent judge of a schema; a tolerant one passes over lengths and formats."""
    registry = EMPTY_REGISTRY.with_resource(_URI, DRAFT202012.create_resource(contract))
    absolute = _absolute(schema)
    if tolerant:
        return _Tolerant(absolute, registry=registry)
    judge: object = Draft202012Validator(absolute, registry=registry, format_checker=_FORMATS)
    return cast("Judge", judge)


def is_date_time(text: str) -> bool:
    return bool(_FORMATS.conforms(text, "date-time"))


def _absolute(node: Json) -> Any:
    """Let the references of a schema that was cut out of the contract lead back into it."""
    if isinstance(node, list):
        return [_absolute(member) for member in node]
    if not isinstance(node, dict):
        return node
    return {
        name: f"{_URI}{member}" if name == "$ref" else _absolute(member)
        for name, member in node.items()
    }


def _members(node: Json) -> Document:
    if not isinstance(node, dict):
        raise TypeError(f"not an object: {node!r}")
    return node


def _at(node: Json, *steps: str) -> Document:
    for step in steps:
        node = _members(node)[step]
    return _members(_members(node)["schema"])

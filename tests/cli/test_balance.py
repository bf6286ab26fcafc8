"""The balance, and who may not read it."""

import csv
import io
import json

from cekura_client.sandbox import Sandbox

from tests.support.command import run, run_here
from tests.support.wire import WireServer, reply


def test_every_format(sandbox: Sandbox) -> None:
    paid = run_here("evaluate", "--agent-id", 224, "--metrics", "789,790", 123, server=sandbox)
    assert paid.code == 0
    (record,) = run("balance", server=sandbox).records
    expiry = record.pop("balance_expiry")
    assert expiry.endswith("T10:00:00Z")
    assert record == {
        "credits_remaining": "999999.60",
        "credits_used": "0.40",
        "initial_balance": "1000000.00",
        "organization": 37,
    }
    whole = {**record, "balance_expiry": expiry}
    assert json.loads(run_here("balance", "-o", "json", server=sandbox).out) == [whole]
    (row,) = csv.DictReader(io.StringIO(run_here("balance", "-o", "csv", server=sandbox).out))
    assert row == {name: str(value) for name, value in whole.items()}
    for columns in (80, 30):
        table = run_here("balance", "-o", "table", server=sandbox, COLUMNS=str(columns)).out
        assert max(map(len, table.splitlines())) <= columns
        assert {"999999.60", "0.40", "1000000.00", "37"} < {*table.split()}
        assert expiry in "".join(table.split())


def test_a_projects_key_may_not(sandbox: Sandbox) -> None:
    ran = run_here("balance", server=sandbox, CEKURA_API_KEY=sandbox.project_api_key)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "Error: This key may not read the balance; an organization's key may, a project's may not: "
        "the server answered 403 (Project-scoped API keys are not allowed.).\n"
    )


def test_what_the_api_leaves_out_is_null() -> None:
    with WireServer(reply(200, b'{"credits_remaining": "1E+2", "balance_expiry": null}')) as server:
        (record,) = run_here("balance", server=server).records
        table = run_here("balance", "-o", "table", server=server)
    assert (record["credits_remaining"], record["balance_expiry"]) == ("100", None)
    assert table.code == 0
    assert "100" in table.out.split()


def test_a_wrong_key_is_1(sandbox: Sandbox) -> None:
    ran = run_here("balance", server=sandbox, CEKURA_API_KEY="some-other-key")
    assert (ran.code, ran.out) == (1, "")
    assert "Check the API key (CEKURA_API_KEY)" in ran.err

"""The fixture `cekura_sandbox`: found by itself, and no burden to who does not ask for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cekura_client import Cekura, metric_results
from cekura_client.sandbox import Sandbox


def test_the_environment_leads_every_client_to_it(cekura_sandbox: Sandbox) -> None:
    with Cekura() as cekura:
        cekura.call_logs.rerun_evaluation(agent_id=224, call_logs=[123])
        assert len(metric_results(cekura.call_logs.retrieve(123))) == 4
    assert cekura_sandbox.metric_runs == 4


def test_each_test_has_one_of_its_own(cekura_sandbox: Sandbox) -> None:
    assert (cekura_sandbox.requests, cekura_sandbox.metric_runs) == (0, 0)


WITHOUT_THE_EXTRA = """
import sys
sys.modules["uvicorn"] = None  # as where they are not installed

def test_asks(cekura_sandbox):
    raise AssertionError("there is none")

def test_asks_for_nothing():
    assert "cekura_client" not in sys.modules or "cekura_client.sandbox" not in sys.modules
"""


def test_without_the_extra_one_line_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "test_theirs.py").write_text(WITHOUT_THE_EXTRA)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "cekura_client_pytest"]
    # Other plugins take seconds to load.
    alone = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ran = subprocess.run(  # noqa: S603  (our own)
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env=alone
    )
    assert "1 passed, 1 error" in ran.stdout, ran.stdout
    hint = "The sandbox needs uvicorn, which is not installed: pip install 'cekura-client[sandbox]'"
    assert ran.stdout.splitlines().count(hint) == 1
    assert "Traceback" not in ran.stdout + ran.stderr
    assert "cekura_client_pytest" not in ran.stdout


def test_pytest_loads_nothing_else_for_it() -> None:
    script = """
import sys, pytest
before = {*sys.modules}
import cekura_client_pytest
print(*sorted({*sys.modules} - before))
"""
    command = [sys.executable, "-c", script]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    assert found.split() == ["cekura_client_pytest"]


@pytest.mark.parametrize("name", ["CEKURA_API_KEY", "CEKURA_API_URL"])
def test_the_environment_is_left_as_it_was(name: str) -> None:
    assert name not in os.environ

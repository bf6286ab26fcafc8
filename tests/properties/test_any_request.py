"""Any path that `request` takes leads to the client's own server, and into its folder there."""

from collections import Counter
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
from cekura_client import InvalidRequestError
from cekura_client.call_logs.any_operation import any_operation
from hypothesis import given
from hypothesis import strategies as st

from tests.support.twins import KEY

ODD = ["/", ".", "..", "%2e", "%2F", "%5c", "\\", "@evil.example", ":80", "?", "#", "%", "\n"]
PLAIN = ["a", "é", " ", "b/", "7/", "..a", "%7e"]
Value = None | bool | int | str | list[int]
VALUES: st.SearchStrategy[Value] = (
    st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers(), min_size=1)
)


def path_of(path: str, params: dict[str, Value] | None) -> str:
    operation = any_operation("GET", path, params=params, body=None, costs_credits=None, secret=KEY)
    return operation.request.path


def test_a_path_leads_into_the_clients_own_folder() -> None:
    outcomes = Counter[bool]()

    @given(st.lists(st.sampled_from(PLAIN) | st.sampled_from(ODD), max_size=5).map("".join))
    def check(rest: str) -> None:
        try:
            path = path_of(f"/{rest}", None)
        except InvalidRequestError:
            outcomes[False] += 1
            return
        outcomes[True] += 1
        url = httpx.Request("GET", f"https://api.example/gateway{path}").url
        assert (url.host, url.port, url.userinfo, url.query) == ("api.example", None, b"", b"")
        assert url.raw_path.startswith(b"/gateway/")
        segments = unquote(url.raw_path.decode()).replace("\\", "/").split("/")
        assert {".", ".."}.isdisjoint(segments)

    check()
    assert min(outcomes[True], outcomes[False]) > 10


@given(st.dictionaries(st.text(min_size=1), VALUES))
def test_a_query_says_what_the_parameters_say(params: dict[str, Value]) -> None:
    wanted = [(name, text) for name, value in params.items() for text in written(value)]
    try:
        query = urlsplit(path_of("/a/", params)).query
    except InvalidRequestError:
        letters = "".join(name + text for name, text in wanted)
        assert any("\ud800" <= letter <= "\udfff" for letter in letters)  # half a character
    else:
        assert parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)) == wanted


def written(value: Value) -> list[str]:
    if value is None:
        return []
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import warnings
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno import environment
from livetechno.gpt import catalogue as module
from livetechno.gpt.catalogue import ModelNotice, Notice, endpoint_for, load_catalogue, warn_once
from livetechno.gpt.errors import ParameterError, RetiredModelError, UsageError

NOW = dt.date(2026, 11, 23)
LATER = dt.date(2027, 2, 21)
DATA = resources.files("livetechno.gpt") / "data"
SHIPPED: dict[str, Any] = json.loads((DATA / "models.json").read_text("utf-8"))
SCHEMA: dict[str, Any] = json.loads((DATA / "models.schema.json").read_text("utf-8"))

days = st.dates(dt.date(2026, 1, 1), dt.date(2030, 1, 1))
names = st.sampled_from([*SHIPPED["models"], *SHIPPED["aliases"], *SHIPPED["names"], "llama-9"])


def write(text: str | bytes) -> Path:
    file = environment.home() / "models.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def own(**table: Any) -> Path:
    return write(json.dumps(table))


# the shipped table


def test_the_shipped_table_follows_the_schema_that_own_files_follow() -> None:
    fastjsonschema.compile(SCHEMA)({part: SHIPPED[part] for part in ("models", "aliases")})


def test_every_row_of_the_shipped_table_says_everything() -> None:
    wanted = set(SCHEMA["definitions"]["row"]["properties"]) - {"note"}
    assert {name: wanted - set(row) for name, row in SHIPPED["models"].items() if wanted - set(row)} == {}


def test_every_price_and_rule_names_a_source_that_has_a_date() -> None:
    used = {price["source"] for row in SHIPPED["models"].values() for price in row["prices"]}
    used |= {rule["source"] for rule in SHIPPED["rules"].values()}
    assert used <= set(SHIPPED["sources"])
    for source in SHIPPED["sources"].values():
        assert dt.date.fromisoformat(source["checked"]) <= dt.date.fromisoformat(SHIPPED["checked"])


def test_every_alias_step_gives_its_reason() -> None:
    assert all(step["reason"] for steps in SHIPPED["aliases"].values() for step in steps)


def test_the_rows_are_consistent() -> None:
    for row in load_catalogue().models.values():
        assert row.max_output <= row.context, row.name
        assert row.max_input <= row.context, row.name
        assert row.reasoning == bool(row.efforts) == (row.default_effort is not None), row.name
        assert row.default_effort is None or row.default_effort in row.efforts, row.name
        assert (row.sampling == "effort_none") == ("none" in row.efforts), row.name
        assert row.tools_endpoint in row.endpoints, row.name
        assert (row.ends is None) == (row.successor is None), row.name
        assert row.prices[0].since is None, row.name


@pytest.mark.parametrize(
    "name",
    [
        "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-5-pro",
        "gpt-5-codex", "gpt-4", "gpt-3.5-turbo", "gpt-4o", "gpt-4o-mini", "gpt-5.1", "gpt-5.2", "gpt-5.2-pro",
        "gpt-5.3-codex", "gpt-5.4", "gpt-5.4-mini", "gpt-5.4-nano", "gpt-5.4-pro", "gpt-5.5", "gpt-5.5-pro",
        "gpt-5.6-sol", "gpt-5.6-terra", "gpt-5.6-luna", "gpt-6-astra", "gpt-6-sol", "gpt-6-luna",
        "gpt-6.1-sol", "gpt-6.1-terra", "gpt-6.2-sol", "gpt-6.2-astra",
    ],
)  # fmt: skip
def test_every_model_that_was_promised_has_its_row(name: str) -> None:
    assert load_catalogue().models[name].name == name


def test_a_row_holds_the_facts_of_its_source() -> None:
    row = load_catalogue().models["gpt-5.6-sol"]
    assert (row.context, row.max_input, row.max_output) == (1_050_000, 922_000, 128_000)
    assert row.endpoints == {"chat", "responses", "batch"}
    assert row.efforts == ("none", "low", "medium", "high", "xhigh", "max")
    assert row.default_effort == "medium"
    assert [(p.since, p.input) for p in row.prices] == [
        (None, Decimal(5)),
        (dt.date(2026, 8, 21), Decimal(4)),
    ]


# names


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("gpt-4.1", "gpt-4.1"),
        ("gpt-4.1-2025-04-14", "gpt-4.1"),
        ("gpt-4-0613", "gpt-4"),
        ("gpt-3.5-turbo-0125", "gpt-3.5-turbo"),
        ("gpt-5.6", "gpt-5.6-sol"),
        ("gpt-5.6-2026-07-09", "gpt-5.6-sol"),
        ("gpt-4.1-20250414x", None),
        ("gpt-4.1-turbo", None),
        ("chat", None),
        ("", None),
    ],
)
def test_a_name_finds_its_row_also_with_a_snapshots_date(name: str, row: str | None) -> None:
    found = load_catalogue().find(name)
    assert (found and found.name) == row


@pytest.mark.parametrize(
    ("alias", "on", "model"),
    [
        ("chat", NOW, "gpt-6-luna"),
        ("patterns", NOW, "gpt-6.1-terra"),
        ("reasoning", dt.date(2026, 11, 16), "gpt-6-astra"),
        ("reasoning", dt.date(2026, 11, 17), "gpt-6.2-astra"),
        ("code", dt.date(2026, 11, 16), "gpt-6.1-sol"),
        ("code", LATER, "gpt-6.2-sol"),
    ],
)
def test_an_alias_means_a_model_by_date(alias: str, on: dt.date, model: str) -> None:
    resolved = load_catalogue().resolve(alias, on)
    assert (resolved.asked, resolved.name, resolved.notice) == (alias, model, None)
    assert resolved.model is load_catalogue().models[model]


@given(name=names, on=days)
def test_at_openai_no_name_ever_leads_to_a_model_that_has_ended(name: str, on: dt.date) -> None:
    resolved = load_catalogue().resolve(name, on)
    assert resolved.model is None or not resolved.model.ended(on)
    if resolved.notice is not None:
        successor = load_catalogue().models[resolved.notice.successor]
        assert not successor.ended(max(on, resolved.notice.ends))


@given(name=names, on=days)
def test_elsewhere_a_models_name_passes_as_it_is(name: str, on: dt.date) -> None:
    resolved = load_catalogue().resolve(name, on, openai=False, retired="fail")
    assert resolved.name == (name if name not in SHIPPED["aliases"] else resolved.name)
    assert resolved.notice is None


def test_livetechno_model_stands_in_for_the_alias_chat_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_MODEL", "llama-9")
    assert load_catalogue().resolve("chat", NOW, openai=False).name == "llama-9"
    assert load_catalogue().resolve("code", NOW).name == "gpt-6.2-sol"


def test_livetechno_model_may_name_another_alias(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_MODEL", "code")
    assert load_catalogue().resolve("chat", NOW).name == "gpt-6.2-sol"


def test_livetechno_model_with_an_ended_name_is_replaced_with_a_notice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LIVETECHNO_MODEL", "gpt-4.1-nano")
    resolved = load_catalogue().resolve("chat", NOW)
    assert resolved.name == "gpt-5.6-luna"
    assert resolved.notice is not None
    assert resolved.notice.kind == "ended"


@pytest.mark.parametrize("name", ["", "  ", None, 3, ["gpt-5"]])
def test_what_is_no_name_is_refused(name: Any) -> None:
    with pytest.raises(ParameterError) as caught:
        load_catalogue().resolve(name, NOW)
    assert caught.value.parameter == "model"


# ends


def test_sixty_days_before_its_end_a_name_begins_to_bring_a_notice() -> None:
    catalogue, end = load_catalogue(), dt.date(2026, 12, 11)
    assert catalogue.resolve("gpt-5", end - dt.timedelta(61)).notice is None
    resolved = catalogue.resolve("gpt-5", end - dt.timedelta(60))
    assert resolved.name == "gpt-5"
    assert resolved.notice == Notice("gpt-5", "ending", end, "gpt-6.1-sol")


def test_a_name_works_until_the_day_of_its_end_and_then_is_replaced() -> None:
    catalogue, end = load_catalogue(), dt.date(2026, 12, 11)
    assert catalogue.resolve("gpt-5", end - dt.timedelta(1)).name == "gpt-5"
    assert catalogue.resolve("gpt-5", end).name == "gpt-6.1-sol"


def test_an_ended_name_follows_its_successors_to_the_one_that_lives() -> None:
    catalogue = load_catalogue()
    assert catalogue.resolve("gpt-4", NOW).name == "gpt-4.1-mini"
    assert catalogue.resolve("gpt-4", LATER).name == "gpt-6-luna"
    assert catalogue.resolve("gpt-3.5-turbo-0125", LATER).name == "gpt-6-luna"


def test_a_notice_names_a_successor_that_outlives_the_name() -> None:
    notice = load_catalogue().resolve("gpt-4.1", LATER).notice
    assert notice is not None
    assert notice.text("en") == "The model gpt-4.1 ended on 2027-01-14; gpt-6-luna answers in its place."
    assert "a pris fin le 2027-01-14" in notice.text("fr")


def test_strict_mode_refuses_an_ended_name_and_names_its_successor() -> None:
    with pytest.raises(RetiredModelError) as caught:
        load_catalogue().resolve("gpt-5-codex", NOW, retired="fail")
    assert caught.value.values == {"model": "gpt-5-codex", "ended": "2026-07-23", "successor": "gpt-5.4"}
    assert caught.value.exit_code == 2


def test_strict_mode_lets_a_living_name_and_every_alias_pass() -> None:
    catalogue = load_catalogue()
    assert catalogue.resolve("gpt-5", NOW, retired="fail").name == "gpt-5"
    for alias in catalogue.aliases:
        assert catalogue.resolve(alias, LATER, retired="fail").model is not None


@pytest.mark.parametrize(
    ("name", "successor"),
    [("gpt-4", "gpt-4.1-mini"), ("gpt-5-2025-08-07", "gpt-6.1-sol"), ("gpt-6-luna", None), ("llama-9", None)],
)
def test_a_server_that_lost_a_name_can_be_told_its_successor(name: str, successor: str | None) -> None:
    assert load_catalogue().successor_of(name, NOW) == successor


def test_a_retired_model_warns_once_with_its_successor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_told", set())
    ended = load_catalogue().resolve("gpt-4", NOW).notice
    with pytest.warns(ModelNotice, match="gpt-4 ended on 2026-10-23; gpt-4.1-mini answers"):
        warn_once(ended)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_once(ended)
        warn_once(None)
    with pytest.warns(ModelNotice, match="ends on"):
        warn_once(Notice("gpt-4", "ending", NOW, "gpt-4.1-mini"))


# endpoints


@pytest.mark.parametrize(
    ("name", "tools", "effort", "endpoint"),
    [
        ("gpt-4.1", True, None, "chat"),
        ("gpt-5", True, "high", "chat"),
        ("gpt-5-pro", False, None, "responses"),
        ("gpt-5-codex", False, None, "responses"),
        ("gpt-6-luna", False, None, "chat"),
        ("gpt-6-luna", True, None, "responses"),
        ("gpt-6.2-sol", True, "low", "responses"),
        ("gpt-6.2-sol", False, "max", "responses"),
        ("gpt-5", False, "max", "chat"),
        ("llama-9", True, "max", "chat"),
    ],
)
def test_a_request_goes_where_the_model_takes_it(
    name: str, tools: bool, effort: str | None, endpoint: str
) -> None:
    model = load_catalogue().find(name)
    assert endpoint_for(model, tools=tools, effort=effort) == endpoint


# the home folder's models.json


def test_own_rows_and_aliases_lie_over_the_shipped_ones() -> None:
    own(
        models={"gpt-6-luna": {"context": 5000}, "llama-9": {"context": 8000, "max_output": 1000}},
        aliases={
            "chat": "llama-9",
            "drums": [{"model": "gpt-5"}, {"from": "2026-12-01", "model": "gpt-6-sol"}],
        },
    )
    catalogue = load_catalogue()
    assert catalogue.models["gpt-6-luna"].context == 5000
    assert catalogue.models["gpt-6-luna"].max_output == 128_000
    llama = catalogue.models["llama-9"]
    assert (llama.max_input, llama.sampling, llama.prices) == (8000, "always", ())
    assert llama.endpoints == {"chat"}
    assert catalogue.resolve("chat", NOW).name == "llama-9"
    assert catalogue.resolve("drums", NOW).name == "gpt-5"
    assert catalogue.resolve("drums", LATER).name == "gpt-6-sol"


def test_a_whole_number_written_with_a_point_is_a_whole_number() -> None:
    own(models={"gpt-6-luna": {"context": 9000.0, "max_input": 9000.0, "max_output": 500.0}})
    row = load_catalogue().models["gpt-6-luna"]
    assert [type(size) for size in (row.context, row.max_input, row.max_output)] == [int, int, int]


def test_an_own_alias_of_an_ended_model_means_its_successor() -> None:
    own(aliases={"chat": "gpt-4"})
    assert load_catalogue().resolve("chat", LATER).name == "gpt-6-luna"


def test_an_own_alias_whose_first_day_is_to_come_means_its_first_model() -> None:
    own(aliases={"chat": [{"from": "2030-01-01", "model": "gpt-6-sol"}]})
    assert load_catalogue().resolve("chat", NOW).name == "gpt-6-sol"


def test_a_changed_file_is_read_again_and_a_deleted_one_forgotten() -> None:
    file = own(aliases={"chat": "a"})
    assert load_catalogue().resolve("chat", NOW).name == "a"
    assert load_catalogue() is load_catalogue()
    own(aliases={"chat": "b"})
    stat = file.stat()
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000))
    assert load_catalogue().resolve("chat", NOW).name == "b"
    file.unlink()
    assert load_catalogue().resolve("chat", NOW).name == "gpt-6-luna"


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"models": {"gpt-6-luna": {"context": "big"}}}, "models.gpt-6-luna.context"),
        ({"models": {"gpt-6-luna": {"context": 0}}}, "models.gpt-6-luna.context"),
        ({"models": {"gpt-6-luna": {"context": True}}}, "models.gpt-6-luna.context"),
        ({"models": {"gpt-6-luna": {"efforts": ["huge"]}}}, "models.gpt-6-luna.efforts.0"),
        (
            {"models": {"gpt-6-luna": {"prices": [{"input": 1, "output": "2"}]}}},
            "models.gpt-6-luna.prices.0.input",
        ),
        (
            {"models": {"gpt-6-luna": {"prices": [{"input": "-1", "output": "2"}]}}},
            "models.gpt-6-luna.prices.0.input",
        ),
        (
            {"models": {"gpt-6-luna": {"ends": "2027-02-30", "successor": "gpt-6-sol"}}},
            "models.gpt-6-luna.ends",
        ),
        ({"models": {"gpt-6-luna": {"ends": "2027-02-01"}}}, "models.gpt-6-luna.successor"),
        ({"models": {"gpt-6-luna": {"successor": "nobody"}}}, "models.gpt-6-luna.successor"),
        ({"models": {"gpt-6-luna": {"successor": "gpt-6-luna"}}}, "models.gpt-6-luna.successor"),
        ({"models": {"gpt-6-luna": {"sise": 3}}}, "models.gpt-6-luna"),
        ({"models": {"llama-9": {"context": 8000}}}, "models.llama-9.max_output"),
        ({"aliases": {"chat": "code"}}, "aliases.chat"),
        ({"aliases": {"chat": []}}, "aliases.chat"),
        ({"aliases": {"chat": [{"from": "soon", "model": "gpt-5"}]}}, "aliases.chat.0.from"),
        ({"model": {}}, None),
        ([], None),
        ("text", None),
    ],
)
def test_a_broken_own_file_is_named_with_its_field(content: Any, field: str | None) -> None:
    file = write(json.dumps(content))
    with pytest.raises(UsageError) as caught:
        load_catalogue()
    assert caught.value.parameter == field
    assert caught.value.values["file"] == str(file)
    assert "models.json" in str(caught.value)
    file.unlink()
    assert load_catalogue().resolve("chat", NOW).name == "gpt-6-luna"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"models": {"a": NaN}}', b"null"]
)
def test_an_own_file_that_is_no_json_object_is_refused(content: bytes) -> None:
    write(content)
    with pytest.raises(UsageError, match=r"models\.json"):
        load_catalogue()


def test_a_folder_in_place_of_the_own_file_is_refused() -> None:
    (environment.home() / "models.json").mkdir(parents=True)
    with pytest.raises(UsageError, match=r"models\.json"):
        load_catalogue()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["models", "aliases", "gpt-5", "chat", "prices", "ends", "from", "model", "context"]
                ),
                inner,
                max_size=3,
            )
        ),
        max_leaves=20,
    )
)
def test_whatever_the_own_file_holds_it_is_taken_whole_or_refused(content: Any) -> None:
    write(json.dumps(content))
    module._load.cache_clear()
    with contextlib.suppress(UsageError):
        load_catalogue()

from __future__ import annotations

import math
import warnings
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt.catalogue import Endpoint, Model, load_catalogue
from livetechno.gpt.completions import EFFORTS, VERBOSITIES, Parameters
from livetechno.gpt.errors import ParameterError
from livetechno.gpt.parameters import (
    Dropped,
    Fitted,
    ParameterDroppedWarning,
    check,
    fit,
    from_keywords,
    warn_dropped,
)

FULL = Parameters(
    temperature=0.5,
    top_p=0.9,
    max_tokens=300,
    presence_penalty=0.5,
    frequency_penalty=-0.5,
    stop=("END",),
    seed=7,
    n=2,
    effort="high",
    verbosity="low",
)


def row(name: str) -> Model:
    found = load_catalogue().find(name)
    assert found is not None
    return found


def at_openai(name: str, endpoint: Endpoint = "chat", **values: Any) -> Fitted:
    return fit(Parameters(**values), row(name), endpoint=endpoint, openai=True)


# values that make sense


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", -0.1), ("temperature", 2.1), ("temperature", math.nan), ("temperature", math.inf),
        ("temperature", True), ("temperature", "0.5"), ("temperature", [0.5]), ("temperature", 10**400),
        ("top_p", -0.1), ("top_p", 1.1), ("top_p", math.nan), ("top_p", False),
        ("max_tokens", 0), ("max_tokens", -5), ("max_tokens", 1.0), ("max_tokens", True), ("max_tokens", "9"),
        ("presence_penalty", 2.5), ("frequency_penalty", -2.5), ("presence_penalty", math.nan),
        ("stop", ("a", "b", "c", "d", "e")), ("stop", ("a", "")), ("stop", (1,)), ("stop", "END"),
        ("stop", {"a"}), ("seed", 1.5), ("seed", True), ("seed", 2**63), ("n", 0), ("n", 129), ("n", 1.0),
        ("n", True), ("effort", "huge"), ("effort", ""), ("effort", 3), ("effort", ["low"]),
        ("verbosity", "max"), ("verbosity", None.__class__),
    ],
)  # fmt: skip
def test_a_value_that_makes_no_sense_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ParameterError) as caught:
        check(replace(Parameters(), **{name: value}))
    assert caught.value.parameter == name
    assert caught.value.values["allowed"]
    assert name in caught.value.what("en")
    assert str(caught.value.values["allowed"]) in caught.value.todo("en")


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"temperature": 0},
        {"temperature": 2},
        {"top_p": 0.0},
        {"top_p": 1},
        {"max_tokens": 1},
        {"presence_penalty": -2},
        {"stop": ("a", "b", "c", "d")},
        {"seed": -(2**63)},
        {"n": 128},
        {"effort": "none"},
        {"verbosity": "low"},
    ],
)
def test_values_at_their_bounds_are_accepted(values: dict[str, Any]) -> None:
    check(Parameters(**values))


# keywords


def test_every_usual_spelling_names_the_same_parameter() -> None:
    for spelling in ("max_tokens", "max_completion_tokens", "max_output_tokens"):
        assert from_keywords({spelling: 9}) == Parameters(max_tokens=9)
    for spelling in ("effort", "reasoning_effort"):
        assert from_keywords({spelling: "low"}) == Parameters(effort="low")
    for stop in ("END", ["END"], ("END",)):
        assert from_keywords({"stop": stop}) == Parameters(stop=("END",))


def test_keywords_that_are_none_count_as_not_given() -> None:
    assert from_keywords(dict.fromkeys((field.name for field in fields(Parameters)), None)) == Parameters()


def test_a_misspelt_keyword_is_told_its_nearest() -> None:
    with pytest.raises(ParameterError, match="did you mean temperature") as caught:
        from_keywords({"temprature": 0.5})
    assert caught.value.parameter == "temprature"


def test_a_keyword_like_nothing_known_lists_what_is() -> None:
    with pytest.raises(ParameterError) as caught:
        from_keywords({"zzz": 1})
    assert "did you mean" not in str(caught.value)
    assert "max_completion_tokens" in str(caught.value)


def test_one_parameter_in_two_spellings_is_refused() -> None:
    with pytest.raises(ParameterError, match="max_tokens or max_completion_tokens, not both"):
        from_keywords({"max_tokens": 1, "max_completion_tokens": 2})


@pytest.mark.parametrize("keywords", [{"stop": ["a", ""]}, {"stop": 3}, {"n": "2"}, {"temperature": "hot"}])
def test_keywords_with_values_that_make_no_sense_are_refused(keywords: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        from_keywords(keywords)


# what each model gets


def test_a_classic_model_of_openai_takes_everything_but_effort_and_verbosity() -> None:
    fitted = fit(FULL, row("gpt-4.1"), endpoint="chat", openai=True)
    assert fitted.body == {
        "temperature": 0.5,
        "top_p": 0.9,
        "max_completion_tokens": 300,
        "presence_penalty": 0.5,
        "frequency_penalty": -0.5,
        "stop": ["END"],
        "seed": 7,
        "n": 2,
    }
    assert fitted.dropped == (Dropped("effort", "model"), Dropped("verbosity", "model"))


def test_gpt_5_keeps_what_a_reasoning_model_takes() -> None:
    fitted = fit(FULL, row("gpt-5"), endpoint="chat", openai=True)
    assert fitted.body == {
        "max_completion_tokens": 300,
        "seed": 7,
        "n": 2,
        "reasoning_effort": "high",
        "verbosity": "low",
    }
    assert {dropped.parameter for dropped in fitted.dropped} == {
        "temperature", "top_p", "presence_penalty", "frequency_penalty", "stop",
    }  # fmt: skip


def test_responses_has_its_own_spelling_and_fewer_parameters() -> None:
    fitted = fit(FULL, row("gpt-6.2-sol"), endpoint="responses", openai=True)
    assert fitted.body == {
        "max_output_tokens": 300,
        "reasoning": {"effort": "high"},
        "text": {"verbosity": "low"},
    }
    reasons = {dropped.parameter: dropped.reason for dropped in fitted.dropped}
    assert reasons["seed"] == reasons["n"] == reasons["stop"] == "endpoint"
    assert reasons["temperature"] == "model"


def test_a_compatible_server_gets_all_that_was_given_in_the_classic_spelling() -> None:
    fitted = fit(FULL, None, endpoint="chat", openai=False)
    assert fitted.dropped == ()
    assert fitted.body == {
        "temperature": 0.5,
        "top_p": 0.9,
        "max_tokens": 300,
        "presence_penalty": 0.5,
        "frequency_penalty": -0.5,
        "stop": ["END"],
        "seed": 7,
        "n": 2,
        "reasoning_effort": "high",
        "verbosity": "low",
    }


def test_a_models_rules_hold_whoever_serves_it() -> None:
    for name in ("gpt-5", "gpt-4.1", "gpt-6-luna"):
        for endpoint in ("chat", "responses"):
            here, there = (fit(FULL, row(name), endpoint=endpoint, openai=openai) for openai in (True, False))
            assert here == there


def test_an_unknown_model_of_openai_gets_the_smallest_set() -> None:
    fitted = fit(FULL, None, endpoint="chat", openai=True)
    assert fitted.body == {"max_completion_tokens": 300}
    assert {dropped.reason for dropped in fitted.dropped} == {"unknown_model"}
    assert len(fitted.dropped) == len(fields(Parameters)) - 1


@pytest.mark.parametrize(
    ("name", "effort", "taken"),
    [
        ("gpt-4.1", None, True),
        ("gpt-5", None, False),
        ("gpt-5.1", None, True),
        ("gpt-5.4", None, True),
        ("gpt-5.4", "low", False),
        ("gpt-5.4", "minimal", True),
        ("gpt-5.5", None, False),
        ("gpt-5.5", "none", True),
        ("gpt-6-luna", None, False),
        ("gpt-6-luna", "none", True),
        ("gpt-6-luna", "minimal", False),
        ("gpt-6-astra", "none", False),
        ("gpt-6.2-sol", "none", False),
        ("gpt-6.1-sol", None, False),
    ],
)
def test_sampling_is_sent_only_when_the_effort_comes_to_none(
    name: str, effort: str | None, taken: bool
) -> None:
    for parameter in ("temperature", "top_p"):
        fitted = at_openai(name, "chat", **{parameter: 0.5, "effort": effort})
        assert (parameter in fitted.body) == taken
        assert (parameter in {dropped.parameter for dropped in fitted.dropped}) != taken


@pytest.mark.parametrize("name", ["gpt-5", "gpt-6.2-astra", "gpt-6-luna", "gpt-4.1"])
def test_a_temperature_of_one_is_always_sent(name: str) -> None:
    fitted = at_openai(name, temperature=1)
    assert fitted == Fitted({"temperature": 1})


def test_neutral_values_that_older_scripts_send_are_left_out_without_a_word() -> None:
    fitted = at_openai("gpt-6-luna", top_p=1, presence_penalty=0, frequency_penalty=0.0)
    assert fitted == Fitted({})
    assert at_openai("gpt-6.2-sol", "responses", n=1) == Fitted({})


@pytest.mark.parametrize(
    ("name", "effort", "endpoint", "reason"),
    [
        ("gpt-5", "minimal", "chat", None),
        ("gpt-5", "none", "chat", "value"),
        ("gpt-5.1", "minimal", "chat", "value"),
        ("gpt-6.2-sol", "none", "chat", "value"),
        ("gpt-6.2-sol", "max", "responses", None),
        ("gpt-6.2-sol", "max", "chat", "endpoint"),
        ("gpt-5-pro", "low", "responses", "value"),
        ("gpt-4o", "low", "chat", "model"),
    ],
)
def test_an_effort_is_sent_where_it_is_accepted(
    name: str, effort: str, endpoint: Endpoint, reason: str | None
) -> None:
    fitted = at_openai(name, endpoint, effort=effort)
    assert [dropped.reason for dropped in fitted.dropped] == ([reason] if reason else [])
    assert bool(fitted.body) == (reason is None)


def test_the_limit_of_tokens_is_brought_within_bounds_and_told() -> None:
    assert at_openai("gpt-6-luna", "responses", max_tokens=3) == Fitted(
        {"max_output_tokens": 16}, (Dropped("max_tokens", "raised", 16),)
    )
    assert at_openai("gpt-4.1", max_tokens=40_000) == Fitted(
        {"max_completion_tokens": 32_768}, (Dropped("max_tokens", "lowered", 32_768),)
    )
    assert at_openai("gpt-4.1", max_tokens=3) == Fitted({"max_completion_tokens": 3})


@pytest.mark.parametrize(
    ("name", "endpoint", "values", "parameter", "allowed"),
    [
        ("gpt-5", "chat", {"temperature": 0.5}, "temperature", "leave it out"),
        ("gpt-5.5", "chat", {"temperature": 0.5}, "temperature", "effort none"),
        ("gpt-5", "chat", {"effort": "none"}, "effort", "minimal | low | medium | high"),
        ("gpt-4.1", "chat", {"max_tokens": 40_000}, "max_tokens", "1 … 32768"),
        ("gpt-6-luna", "responses", {"max_tokens": 3}, "max_tokens", "16 … 128000"),
        ("gpt-6-luna", "responses", {"seed": 3}, "seed", "leave it out"),
    ],
)
def test_strict_mode_refuses_instead_of_dropping(
    name: str, endpoint: Endpoint, values: dict[str, Any], parameter: str, allowed: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        fit(Parameters(**values), row(name), endpoint=endpoint, openai=True, strict=True)
    assert caught.value.parameter == parameter
    assert allowed in caught.value.todo("en")
    assert name in str(caught.value)


def test_strict_mode_refuses_what_an_unknown_model_might_not_take() -> None:
    with pytest.raises(ParameterError, match="this model"):
        fit(Parameters(seed=1), None, endpoint="chat", openai=True, strict=True)


def test_strict_mode_lets_pass_what_fits() -> None:
    fitted = fit(Parameters(effort="low"), row("gpt-5"), endpoint="chat", openai=True, strict=True)
    assert fitted == Fitted({"reasoning_effort": "low"})


number = st.floats(0, 1) | st.sampled_from([0, 1])
parameters = st.builds(
    Parameters,
    temperature=st.none() | number,
    top_p=st.none() | number,
    max_tokens=st.none() | st.integers(1, 10**6),
    presence_penalty=st.none() | number,
    frequency_penalty=st.none() | number,
    stop=st.lists(st.text(min_size=1), max_size=4).map(tuple),
    seed=st.none() | st.integers(-(2**63), 2**63 - 1),
    n=st.none() | st.integers(1, 128),
    effort=st.none() | st.sampled_from(EFFORTS),
    verbosity=st.none() | st.sampled_from(VERBOSITIES),
)
SPELLINGS = {
    "max_tokens": {"max_tokens", "max_completion_tokens", "max_output_tokens"},
    "effort": {"reasoning_effort", "reasoning"},
    "verbosity": {"verbosity", "text"},
}


@given(
    wanted=parameters, data=st.data(), endpoint=st.sampled_from(["chat", "responses"]), openai=st.booleans()
)
def test_every_parameter_is_sent_or_told_or_changes_nothing(
    wanted: Parameters, data: st.DataObject, endpoint: Endpoint, openai: bool
) -> None:
    models = load_catalogue().models
    name = data.draw(st.sampled_from([*sorted(models), "llama-9"]))
    fitted = fit(wanted, models.get(name), endpoint=endpoint, openai=openai)
    told = {dropped.parameter: dropped for dropped in fitted.dropped}
    neutral = {"top_p": 1, "n": 1, "presence_penalty": 0, "frequency_penalty": 0}
    for field in fields(Parameters):
        value = getattr(wanted, field.name)
        sent = fitted.body.keys() & SPELLINGS.get(field.name, {field.name})
        if value in (None, ()):
            assert not sent
            assert field.name not in told
        elif not sent:
            assert field.name in told or neutral.get(field.name) == value
        else:
            assert len(sent) == 1
            assert field.name not in told or told[field.name].sent is not None


@given(wanted=parameters, data=st.data())
def test_what_was_fitted_once_fits_for_good(wanted: Parameters, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(load_catalogue().models)))
    fitted = fit(wanted, row(name), endpoint="chat", openai=True)
    again = fit(from_keywords(fitted.body), row(name), endpoint="chat", openai=True, strict=True)
    assert again == Fitted(fitted.body)


# warnings


def test_each_dropped_parameter_is_one_warning() -> None:
    fitted = at_openai("gpt-5", temperature=0.5, stop=("END",))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_dropped(fitted.dropped, "gpt-5")
    assert [warning.category for warning in caught] == [ParameterDroppedWarning] * 2
    assert str(caught[0].message) == "temperature was left out: gpt-5 does not take it."


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "reason",
    ["model", "effort", "value", "endpoint", "unknown_model", "raised", "lowered", "refused_by_server"],
)
def test_every_reason_reads_in_both_languages(reason: Any, language: str) -> None:
    text = Dropped("max_tokens", reason, 16).text("gpt-5", language)
    assert text.startswith("max_tokens")
    assert "gpt-5" in text


def test_the_warning_speaks_the_persons_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    with pytest.warns(ParameterDroppedWarning, match="n'a pas été envoyé"):
        warn_dropped((Dropped("seed", "endpoint"),), "gpt-6-luna")

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt import history
from livetechno.mock import brain
from livetechno.mock.arithmetic import calculate
from livetechno.mock.asked import Asked, read_chat
from livetechno.mock.topics import TOPICS


def asked(*said: str) -> Asked:
    """A conversation: what the person and the model said in turn."""
    roles = ("user", "assistant")
    messages = [{"role": roles[place % 2], "content": text} for place, text in enumerate(said)]
    return read_chat({"model": "gpt-4.1", "messages": messages})


def reply(*said: str, seed: int = 1) -> str:
    return brain.reply(asked(*said), random.Random(seed))


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("How do I store my API key?", "livetechno key set"),
        ("Comment enregistrer une clé ?", "livetechno key set"),
        ("How much does it cost?", "per million"),
        ("Combien ça coûte ?", "par million"),
        ("Which models are there?", "livetechno models"),
        ("Quels modèles ?", "livetechno models"),
        ("What is Mock AI?", "LIVETECHNO_MOCK"),
        ("Does it run on my iPhone?", "Python 3.10"),
        ("Which commands are there?", "livetechno doctor"),
        ("Peux-tu composer un morceau ?", "ne fait pas partie"),
        ("Can it compose a track?", "not part of this version"),
        ("How does streaming work?", ".stream("),
        ("What are the limits?", "429"),
        ("Show me a script", "from livetechno import"),
        ("Why does a 303 squelch?", "resonant"),
        ("Who are you?", "Mock AI"),
        ("Qui es-tu ?", "Mock AI"),
        ("Is my data private?", "your machine"),
    ],
)
def test_it_knows_livetechno_in_the_language_of_the_question(question: str, part: str) -> None:
    assert part in reply(question)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("How much does gpt-5 cost?", "en"),
        ("Combien coûte gpt-5 ?", "fr"),
        ("Bonjour", "fr"),
        ("Hello", "en"),
        ("clé", "fr"),
        ("303", "en"),
        ("", "en"),
    ],
)
def test_it_tells_the_language(question: str, language: str) -> None:
    assert brain.language_of(asked(question or " ").messages) == language


def test_a_short_question_keeps_the_language_of_the_conversation() -> None:
    assert brain.language_of(asked("Comment ça marche ?", "…", "gpt-5 ?").messages) == "fr"


@given(st.text(max_size=60), st.integers(0, 99))
def test_the_first_answer_always_says_that_it_is_a_mock(question: str, seed: int) -> None:
    said = reply(question, seed=seed)
    assert "Mock AI" in said
    assert said.strip() != question.strip()


def test_it_says_so_once_in_a_conversation() -> None:
    first = reply("What is 2 + 2?")
    assert "Mock AI" in first
    assert "Mock AI" not in reply("What is 2 + 2?", first, "What is 3 + 3?")


def test_it_repeats_what_was_said_before() -> None:
    assert "nothing before" in reply("What did I say before?")
    assert "“I like acid”" in reply("I like acid", "Fine.", "What did I say before?")
    assert "« J'aime l'acid »" in reply("J'aime l'acid", "Bien.", "Qu'est-ce que j'ai dit ?")
    told = reply("one", "-", "two", "-", "what did I say?")
    assert "1. one" in told
    assert "2. two" in told


def test_it_counts_and_sums_up() -> None:
    assert reply("count to 5").startswith("1, 2, 3, 4, 5.")
    told = reply(
        "Summarize: Techno began in Detroit. It travelled to Berlin. Then it went everywhere in the world."
    )
    assert "- Techno began in Detroit." in told


def test_unknown_questions_get_an_honest_answer_that_helps() -> None:
    for seed in range(4):
        told = reply("Who won the football match yesterday evening?", seed=seed)
        assert "not a language model" in told or "no model behind me" in told
        assert "livetechno key set" in told


def test_code_is_given_in_a_block() -> None:
    for question in TOPICS:
        told = reply(f"{question} python code")
        assert told.count("```") % 2 == 0
    assert "```python" in reply("python code for the models")


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("what is 2+2?", "4"),
        ("combien font 3 fois 4 ?", "12"),
        ("7/2", "3.5"),
        ("(1 + 2) * -3", "-9"),
        ("1,5 plus 1,5", "3"),
        ("0.1 + 0.2", "0.3"),
        ("12 x 12", "144"),
    ],
)
def test_it_calculates(text: str, result: str) -> None:
    found = calculate(text)
    assert found is not None
    assert found[1] == result


@pytest.mark.parametrize(
    "text", ["1/0", "on 2026-11-23", "gpt-5", "303 and 909", "5 +", "9" * 500 + "+1", "((((1", ""]
)
def test_what_is_no_sum_is_left_alone(text: str) -> None:
    assert calculate(text) is None


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.sampled_from("+-*"))
def test_sums_are_right(left: int, right: int, sign: str) -> None:
    found = calculate(f"what is {left} {sign} {right} ?")
    assert found is not None
    assert int(found[1]) == {"+": left + right, "-": left - right, "*": left * right}[sign]


@given(st.text(alphabet="0123456789+-*/()x., ", max_size=40))
def test_no_sum_is_a_crash(text: str) -> None:
    calculate(text)


def condensed(*material: object) -> str:
    messages = [
        {"role": "system", "content": history.INSTRUCTIONS},
        {"role": "user", "content": json.dumps(list(material))},
    ]
    return brain.reply(read_chat({"model": "gpt-4.1", "messages": messages}), random.Random(1))


def test_a_summary_for_our_own_history_holds_what_was_said_and_nothing_of_the_mock() -> None:
    said = condensed(
        {"role": "user", "content": "What does a TR-909 kick sound like? I build one."},
        {"role": "assistant", "content": "Hi, Mock AI here."},
        {"role": "user", "content": "Ma caisse claire est trop forte."},
    )
    assert said == "- What does a TR-909 kick sound like?\n- Ma caisse claire est trop forte."


def test_where_nobody_said_anything_the_summary_says_so() -> None:
    assert "Mock AI" not in condensed({"role": "assistant", "content": "Hello, Mock AI here."})


@pytest.mark.parametrize("material", ["no JSON", "[1, 2]", '{"role": "user"}', "[" * 100_000])
def test_other_material_under_the_same_instructions_is_an_ordinary_question(material: str) -> None:
    messages = [{"role": "system", "content": history.INSTRUCTIONS}, {"role": "user", "content": material}]
    told = brain.reply(read_chat({"model": "gpt-4.1", "messages": messages}), random.Random(1))
    assert "Mock AI" in told

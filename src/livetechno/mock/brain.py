"""What Mock AI says: helpful about livetechno, in the question's language, open about being a mock."""

from __future__ import annotations

import json
import random
import re

from livetechno import words
from livetechno.gpt import history
from livetechno.gpt.messages import Message
from livetechno.mock.arithmetic import calculate
from livetechno.mock.asked import Asked
from livetechno.mock.hints import plain, plain_words, word_set
from livetechno.mock.topics import topic_of

_FRENCH = word_set("""
    le la les un une des du de et est que qui quoi quel quelle quels quelles comment combien
    pourquoi je tu il elle nous vous on mon ma mes ton ta tes votre vos notre avec sans pour dans
    sur au aux ce cette ces ne pas plus oui non bonjour salut bonsoir merci bonne peux peut fais
    faire dis donne moi toi suis cle ecris avant dire font compte jusqu resume ai avez parle parlez
    francais marche
""")
_ENGLISH = word_set("""
    the a an and is are was what which who how why where when i you he she it we they my your our
    with without for in on to of this that these do does did not no yes hello hi hey thanks thank
    please can could would make write give tell me about say said count much many before english
    works
""")
_GREETINGS = word_set("""
    hello hi hey good morning evening bonjour salut bonsoir coucou hola yo
""")
_THANKS = word_set("""
    thanks thank merci thx cheers
""")
_GOODBYES = word_set("""
    bye goodbye ciao adieu revoir
""")
_RECALL = re.compile(
    r"(what|which).{0,30}\b(i|we)\b.{0,20}\b(say|said|ask|asked|tell|told|write|wrote)\b"
    r"|\b(repeat|remember)\b.{0,40}\b(i|my|we)\b"
    r"|qu.{0,3}est.ce que (je|j.ai|nous).{0,30}\b(dit|demande|ecrit)\b"
    r"|\b(ai.je|je t.ai|je vous ai) (dit|demande)"
    r"|\b(repete|repetez|rappelle|rappelez)\b"
)
_SUMMARY = re.compile(r"\b(summar(y|ise|ize|ies)\w*|resum(e|es|er|ez)\b)")
_COUNT = re.compile(r"\b(?:count|compte|comptez|compter)\b(?:.{0,20}\b(?:to|a|jusqu.a)\b)\D{0,5}(\d{1,5})\b")
_CODE = word_set("""
    code script snippet program programme python
""")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")

MOST_COUNTED = 5000
LONGEST_QUOTE = 300
"""Characters of earlier words that an answer repeats."""


def reply(asked: Asked, dice: random.Random) -> str:
    """The answer in words, Markdown. The first one of a conversation says that it is a mock.

    The summary that `livetechno.gpt.history` asks for says nothing else: it becomes part of a conversation.
    """
    if (summary := _condensed(asked.messages)) is not None:
        return summary
    language = language_of(asked.messages)
    body = _body(asked, language, dice)
    known = any("Mock AI" in message.text for message in asked.messages if message.role == "assistant")
    if known or "Mock AI" in body:
        return body
    return f"{body}\n\n{words.say('mock.sign', language)}"


def _condensed(messages: tuple[Message, ...]) -> str | None:
    """What was said in the messages given as data, when our own instructions ask for that."""
    if len(messages) != 2 or messages[0].text != history.INSTRUCTIONS:
        return None
    try:
        material = json.loads(messages[1].text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(material, list) or not all(isinstance(one, dict) for one in material):
        return None
    return history.extract(material) or words.say("mock.nothing_before", language_of(messages[1:]))


def thoughts(asked: Asked) -> str:
    """A summary of reasoning, which is none: it says so."""
    return words.say("mock.thoughts", language_of(asked.messages))


def language_of(messages: tuple[Message, ...]) -> str:
    """`fr` or `en`: the language of the last message that shows one; English where none does."""
    for message in reversed(messages):
        if message.role not in ("user", "system"):
            continue
        said = plain_words(message.text)
        french, english = (sum(word in known for word in said) for known in (_FRENCH, _ENGLISH))
        if french == english and any(sign in message.text for sign in "éèêàçùôîœ"):
            return "fr"
        if french != english:
            return "fr" if french > english else "en"
    return "en"


def _body(asked: Asked, language: str, dice: random.Random) -> str:
    last = asked.messages[-1]
    if last.role == "tool":
        return _after_tools(asked.messages, language)
    said = next((message for message in reversed(asked.messages) if message.role == "user"), last)
    text = plain(said.text)
    for attempt in (_recalled, _counted, _calculated, _summarised, _seen, _courtesy):
        found = attempt(said, text, asked.messages, language, dice)
        if found:
            return found
    return _explained(said, language, dice)


def _after_tools(messages: tuple[Message, ...], language: str) -> str:
    """What the functions returned since the last call, each under its name."""
    names = {call.id: call.name for message in messages for call in message.tool_calls}
    results: list[str] = []
    for message in reversed(messages):
        if message.role != "tool":
            break
        name = names.get(message.tool_call_id or "", "?")
        results.insert(0, f"- `{name}`: {_short(message.text)}")
    return words.say("mock.tool_results", language, results="\n".join(results))


def _recalled(
    said: Message, text: str, messages: tuple[Message, ...], language: str, _dice: random.Random
) -> str:
    if not _RECALL.search(text):
        return ""
    earlier = [message.text for message in messages if message.role == "user" and message is not said]
    if not earlier:
        return words.say("mock.nothing_before", language)
    if len(earlier) == 1:
        return words.say("mock.said_before", language, said=_short(earlier[-1]))
    listed = "\n".join(f"{number}. {_short(one)}" for number, one in enumerate(earlier, 1))
    return words.say("mock.said_before_many", language, said=_short(earlier[-1]), listed=listed)


def _counted(_said: Message, text: str, _m: tuple[Message, ...], _language: str, _dice: random.Random) -> str:
    found = _COUNT.search(text)
    return ", ".join(map(str, range(1, min(int(found[1]), MOST_COUNTED) + 1))) + "." if found else ""


def _calculated(said: Message, _t: str, _m: tuple[Message, ...], language: str, _dice: random.Random) -> str:
    result = calculate(said.text)
    if result is None:
        return ""
    return words.say("mock.calculated", language, sum=result[0], result=result[1])


def _summarised(
    said: Message, text: str, messages: tuple[Message, ...], language: str, _dice: random.Random
) -> str:
    if not _SUMMARY.search(text):
        return ""
    _, _, inside = said.text.partition(":")
    sources = [inside] if len(inside.split()) > 8 else [m.text for m in messages if m is not said and m.text]
    points = [
        sentence.strip()
        for source in sources
        for sentence in _SENTENCE.findall(source)[:2]
        if sentence.strip()
    ]
    if not points:
        return words.say("mock.nothing_before", language)
    listed = "\n".join(f"- {_short(point, 120)}" for point in points[:12])
    return words.say("mock.summary", language, listed=listed)


def _seen(said: Message, _t: str, _m: tuple[Message, ...], language: str, _dice: random.Random) -> str:
    if not said.images:
        return ""
    return words.say("mock.images", language, count=len(said.images))


def _courtesy(_said: Message, text: str, _m: tuple[Message, ...], language: str, dice: random.Random) -> str:
    spoken = set(plain_words(text))
    if len(spoken) > 6:
        return ""
    if spoken & _GOODBYES:
        return words.say("mock.goodbye", language)
    if spoken & _THANKS:
        return words.say("mock.thanks", language)
    if spoken & _GREETINGS and topic_of(text) is None:
        return words.say(f"mock.greeting.{dice.randint(1, 3)}", language)
    return ""


def _explained(said: Message, language: str, dice: random.Random) -> str:
    topic = topic_of(said.text)
    if topic is None:
        quoted = _short(said.text, 80).replace("`", "'") or "…"
        return words.say(f"mock.unknown.{dice.randint(1, 2)}", language, said=quoted)
    opening = dice.randint(0, 4)
    answer = words.say(f"mock.topic.{topic}", language)
    if topic not in ("script", "legacy", "pythonista") and set(plain_words(said.text)) & _CODE:
        answer += "\n\n" + words.say("mock.code", language)
    return f"{words.say(f'mock.opening.{opening}', language)} {answer}" if opening else answer


def _short(text: str, longest: int = LONGEST_QUOTE) -> str:
    """The text on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"

"""At the end of a run, a table: which journey went well in which engine."""

from __future__ import annotations

import pytest

WORDS = {"passed": "ok", "failed": "FAILED", "skipped": "absent"}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    table: dict[str, dict[str, str]] = {}
    for outcome, word in WORDS.items():
        for report in terminalreporter.getreports(outcome):
            known = dict(report.user_properties)
            if "journey" in known:
                again = " (2nd try)" if known.get("tries") == 2 else ""
                table.setdefault(str(known["journey"]), {})[str(known["engine"])] = word + again
    engines = list(next(iter(table.values()), {}))
    if engines:
        terminalreporter.section("journeys")
        for journey, told in [("", {engine: engine for engine in engines}), *table.items()]:
            terminalreporter.line(
                f"{journey:22}" + "".join(f"{told.get(engine, '-'):18}" for engine in engines)
            )

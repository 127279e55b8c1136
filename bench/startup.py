"""How much CPU a command takes to say who it is: ours, simonw's llm, and bare Python.

python bench/startup.py [RUNS]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

SCRIPTS = Path(sys.executable).parent
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "livetechno --help": [str(SCRIPTS / "livetechno"), "--help"],
    "llm --version": [str(SCRIPTS / "llm"), "--version"],
}
BARE, OURS, RIVAL = COMMANDS
GOAL_MS = 80


def cpu_ms(command: list[str]) -> float:
    """User and system CPU of one run, in milliseconds."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}")
    return (used.ru_utime + used.ru_stime) * 1000


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    for command in COMMANDS.values():
        cpu_ms(command)  # so that no file is read from a cold disk
    measured: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs):
        for name, command in COMMANDS.items():
            measured[name].append(cpu_ms(command))
    median = {name: statistics.median(times) for name, times in measured.items()}

    print(f"Start: CPU in ms, median of {runs} interleaved runs, Python {sys.version.split()[0]}")
    for name, value in median.items():
        print(f"  {name:18} {value:6.0f}   {value / median[BARE]:5.1f} x bare Python")
    over = median[OURS] - median[BARE]
    print(f"  ours is {median[OURS] / median[RIVAL]:.2f} of llm")
    print(f"  {over:.0f} ms over bare Python (goal: {GOAL_MS} at most)")


if __name__ == "__main__":
    main()

"""Stand-in for Pythonista's `sound`: a MIDIPlayer without pause, without a callback at its end."""

from __future__ import annotations

from pathlib import Path

from _app import app


class MIDIPlayer:
    """Plays a file; its end is only seen in `current_time`."""

    def __init__(self, file_path: str, sound_bank_path: str | None = None) -> None:
        if not Path(file_path).is_file():
            raise OSError(f"no such file: {file_path}")
        self._begun: float | None = None
        self._from = 0.0
        self.duration = 1.0
        self.rate = 1.0

    @property
    def current_time(self) -> float:
        """Seconds played."""
        played = 0.0 if self._begun is None else app().played - self._begun
        return min(self.duration, self._from + played)

    @current_time.setter
    def current_time(self, seconds: float) -> None:
        self._from = seconds
        if self._begun is not None:
            self._begun = app().played

    def play(self) -> None:
        """Begin."""
        self._begun = app().played

    def stop(self) -> None:
        """End."""
        self._begun = None


def set_honors_silent_switch(flag: bool) -> None:
    """Whether the mute switch mutes."""

"""Starts what bench/gateway.py measures: each a process of its own, on one core, on a free port."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from load import Target

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).parent
LITELLM = ROOT / "build" / "litellm-proxy"
LITELLM_LOCK = ROOT / "requirements" / "litellm.txt"
MODEL = "gpt-6-luna"
KEY = "sk-" + "test-bench"
PATIENCE = 120.0
"""Seconds that a proxy may take until it listens."""
Command = Sequence[str | Path]
HERTZ = os.sysconf("SC_CLK_TCK")


class AbsentError(Exception):
    """What is missing here for this proxy."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """One that is measured: where it listens, and its process."""

    name: str
    target: Target
    pid: int

    def cpu(self) -> float:
        """Seconds of CPU that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / HERTZ

    def memory(self) -> float:
        """Kilobytes that it holds."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return float(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")))


@contextmanager
def running(
    command: Command, *, core: int, log: Path, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A process on that core, with its errors in the log, ended at the end."""
    pinned = ["taskset", "-c", str(core), *map(str, command)]
    with (
        log.open("w") as errors,
        subprocess.Popen(
            pinned, stdout=subprocess.PIPE, stderr=errors, text=True, env={**os.environ, **(env or {})}
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def told_address(process: subprocess.Popen[str], log: Path) -> str:
    """The address that it prints in its first line. Raises AbsentError, with the end of its log."""
    assert process.stdout is not None
    address = process.stdout.readline().strip().removeprefix("READY ")
    if not address:
        raise AbsentError(f"it does not start: {log.read_text().strip()[-300:]}")
    return address


@contextmanager
def upstream(folder: Path, core: int) -> Iterator[Target]:
    log = folder / "upstream.log"
    with running([sys.executable, HERE / "upstream.py"], core=core, log=log) as process:
        yield Target(told_address(process, log), KEY)


@contextmanager
def nginx(folder: Path, core: int, behind: Target) -> Iterator[Proxy]:
    log = folder / "nginx.log"
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        raise AbsentError("nginx is not installed")
    port = free_port()
    server = behind.url.removeprefix("http://").removesuffix("/v1")
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(f"""
        daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr;
        events {{ worker_connections 16384; }}
        http {{
            access_log off; {temporary}
            keepalive_requests 1000000000;
            upstream fake {{ server {server}; keepalive 128; keepalive_requests 1000000000; }}
            server {{
                listen 127.0.0.1:{port} backlog=4096;
                location / {{
                    proxy_pass http://fake; proxy_http_version 1.1; proxy_set_header Connection "";
                    proxy_buffering off; proxy_read_timeout 300s;
                }}
            }}
        }}
    """)
    command: Command = [program, "-e", "stderr", "-p", folder, "-c", configuration]
    with running(command, core=core, log=log) as process:
        wait_until_it_listens(process, port, log)
        yield Proxy("nginx", Target(f"http://127.0.0.1:{port}/v1", KEY), process.pid)


@contextmanager
def bare(folder: Path, core: int, behind: Target) -> Iterator[Proxy]:
    log = folder / "bare.log"
    command: Command = [sys.executable, HERE / "bare.py", behind.url]
    with running(command, core=core, log=log) as process:
        yield Proxy("bare aiohttp", Target(told_address(process, log), KEY), process.pid)


@contextmanager
def litellm(folder: Path, core: int, behind: Target) -> Iterator[Proxy]:
    log = folder / "litellm.log"
    program = LITELLM / "bin" / "litellm"
    if not program.exists():
        install_litellm()
    port = free_port()
    configuration = folder / "litellm.yaml"
    configuration.write_text(f"""
model_list:
  - model_name: {MODEL}
    litellm_params: {{model: openai/{MODEL}, api_base: "{behind.url}", api_key: {KEY}}}
""")
    key = f"sk-{secrets.token_hex(32)}"
    env = {"LITELLM_MASTER_KEY": key, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    command: Command = [program, "--config", configuration, "--host", "127.0.0.1", "--port", str(port)]
    with running(command, core=core, log=log, env=env) as process:
        wait_until_it_listens(process, port, log)
        yield Proxy("LiteLLM", Target(f"http://127.0.0.1:{port}/v1", key), process.pid)


def install_litellm() -> None:
    """Its proxy, in an environment of its own: the release that our lock names, or the newest before it.

    Raises AbsentError.
    """
    release = next(
        line.split()[0].removeprefix("litellm==")
        for line in LITELLM_LOCK.read_text().splitlines()
        if line.startswith("litellm==")
    )
    print(f"Installing LiteLLM's proxy into {LITELLM.relative_to(ROOT)}: some minutes, once", flush=True)
    venv: Command = [sys.executable, "-m", "venv", LITELLM]
    pip: Command = [
        LITELLM / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        f"litellm[proxy]<={release}",
    ]
    for command in (venv, pip):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise AbsentError(f"LiteLLM's proxy cannot be installed: {done.stderr.strip()[-200:]}")


@contextmanager
def ours(folder: Path, core: int, behind: Target) -> Iterator[Proxy]:
    """`livetechno serve` with all it does: an access key with a budget and limits, the books, the log."""
    log = folder / "ours.log"
    home = folder / "home"
    home.mkdir(exist_ok=True)
    env = {"LIVETECHNO_HOME": str(home), "OPENAI_BASE_URL": behind.url, "OPENAI_API_KEY": KEY}
    livetechno = Path(sys.executable).with_name("livetechno")
    create: Command = [
        livetechno,
        "access",
        "create",
        "bench",
        "--models",
        MODEL,
        "--budget",
        "1000000/month",
    ]
    limits = ["--rpm", "10000000", "--at-once", "10000"]
    made = subprocess.run(
        [*create, *limits], capture_output=True, text=True, check=False, env={**os.environ, **env}
    )
    if made.returncode:
        raise AbsentError(f"livetechno access create: {made.stderr.strip()[-500:]}")
    serve: Command = [livetechno, "serve", "--port", "0", "--no-open", "--log", folder / "ours.jsonl"]
    with running(serve, core=core, log=log, env=env) as process:
        address = told_address(process, log)
        yield Proxy("ours", Target(f"{address}v1", made.stdout.strip()), process.pid)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_it_listens(process: subprocess.Popen[str], port: int, log: Path) -> None:
    """Raises AbsentError with the end of its log when it does not."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AbsentError(f"it does not listen: {log.read_text().strip()[-300:]}")

"""Walk docs/deployment.md in a bare Debian: its commands in their order, as far as a container without systemd can.

    debootstrap --variant=minbase --include=ca-certificates bookworm ROOT
    python3 deploy/walk.py ROOT

Run as root from a checkout; ROOT is changed. What systemd would do (start, stop, restart) is done by hand with the
command of the unit; the certificate is made on the spot. Ends with code 1 and the words of the command that failed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
GUIDE = HERE / "docs" / "deployment.md"
NAME = "patronat.example.ru"
STATE, COPIES = "var/lib/patronat", "srv/patronat-copies"
# Headings of the page, by the words they begin with.
INSTALLED = ("1.", "2.", "3. ", "4.")
SERVED, SECURED, CHECKED = "5.", "6.", "7."
LOST, UPDATED = "Сервер погиб", "Обновление"
# What the machine is told of the way to the packages.
PASSED = ("PIP_CERT", "PIP_INDEX_URL", "SSL_CERT_FILE", "http_proxy", "https_proxy")
CLEAN = {"PATH": "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8",
         "DEBIAN_FRONTEND": "noninteractive"}  # fmt: skip


class Machine:
    """A bare Debian in a folder, and the server that runs in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.server: subprocess.Popen[bytes] | None = None

    def run(self, commands: str, *, said: str | None = None, accepted: tuple[int, ...] = (0,)) -> None:
        """Run commands in a shell of the machine; `said` is typed into it. Raises SystemExit."""
        print(commands, flush=True)
        shell = f"cd /opt/patronat 2>/dev/null || cd /\n{commands}"  # where the page has left its reader
        env = CLEAN | {name: os.environ[name] for name in PASSED if name in os.environ}
        command = ["chroot", self.root, "sh", "-eu", "-c", shell]
        done = subprocess.run(command, input=(said or "").encode(), env=env, check=False)
        if done.returncode not in accepted:
            raise SystemExit(f"Код {done.returncode}: {commands}")

    def start(self) -> None:
        """Start the server as its unit says, and wait until it can serve."""
        unit = (self.root / "opt/patronat/deploy/patronat.service").read_text()
        command = re.search(r"^ExecStart=(.+)$", unit, re.MULTILINE)[1]
        shell = (
            f"set -a; . /etc/patronat/patronat.env; cd /opt/patronat; umask 077; exec runuser -u patronat -- {command}"
        )
        self.server = subprocess.Popen(["chroot", self.root, "sh", "-c", shell], env=CLEAN)
        for _ in range(60):
            time.sleep(1)
            if self.asked("http://127.0.0.1:8000/health", NAME) == "ok":
                return
        raise SystemExit("Служба не отвечает.")

    def stop(self) -> None:
        """Stop the server and wait until it is gone."""
        if self.server is not None:
            self.server.terminate()
            self.server.wait(timeout=60)
            self.server = None

    @staticmethod
    def asked(address: str, host: str) -> str:
        """What an address answers; empty if nothing does."""
        command = ["curl", "-sk", "--noproxy", "*", "-H", f"Host: {host}", address]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def blocks() -> list[tuple[str, str]]:
    """The commands of the page, each block with the heading above it."""
    found, heading = [], ""
    for part in re.finditer(
        r"^#+ (?P<heading>[^\n]+)$|^```sh\n(?P<code>.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL
    ):
        heading = part["heading"] or heading
        if part["code"]:
            found.append((heading, part["code"]))
    if not found:
        raise SystemExit("На странице нет команд.")
    return found


def of_container(code: str, source: str) -> str:
    """The commands with the reader's own names filled in, and without what only systemd can do."""
    code = code.replace("/ВАШ/ИСТОЧНИК/patronat", source).replace("ВАШЕ.ИМЯ", NAME)
    code = re.sub(r" && systemctl reload nginx", "", code)
    return "\n".join(line for line in code.splitlines() if not line.startswith("systemctl")) + "\n"


def main(root: Path) -> None:
    """Walk the page. Raises SystemExit at the first command that fails."""
    machine = Machine(root)
    source = "/root/source"
    subprocess.run(["rm", "-rf", f"{root}{source}"], check=True)
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", HERE, f"{root}{source}"], check=True)
    machine.run("git config --global --add safe.directory '*' 2>/dev/null || true")
    try:
        for heading, code in blocks():
            print(f"== {heading}", flush=True)
            commands = of_container(code, source)
            if heading.startswith(INSTALLED):
                machine.run(commands)
            elif heading.startswith(SERVED):
                machine.run(commands)
                machine.start()
            elif heading.startswith(SECURED):
                machine.run(
                    "install -d -m 0700 /etc/patronat/tls; cd /etc/patronat/tls; openssl req -x509 -newkey rsa:2048 "
                    f"-nodes -days 2 -subj /CN={NAME} -keyout privkey.pem -out fullchain.pem 2>/dev/null"
                )
                machine.run(commands + "nginx\n")
                page = machine.asked("https://127.0.0.1/login/", NAME)
                assert "Патронат" in page, page[:300]
                assert not machine.asked("https://127.0.0.1/login/", "another.example.ru")
            elif heading.startswith(CHECKED):
                machine.run(commands.replace("bank doctor", "bank doctor || true"))
            elif heading.startswith(LOST):
                lose_and_restore(machine, commands)
            elif heading.startswith(UPDATED):
                machine.stop()
                machine.run(commands)
                machine.start()
    finally:
        machine.stop()
        subprocess.run(["chroot", root, "nginx", "-s", "quit"], check=False)
    print("Пройдено.")


def lose_and_restore(machine: Machine, commands: str) -> None:
    """The bank is gone with its machine; the copy gives it back."""
    machine.stop()
    subprocess.run(["rm", "-rf", *(machine.root / STATE).iterdir()], check=True)
    copy = max((machine.root / COPIES).glob("*.patronat"))
    machine.run(re.sub(r"/\S+\.patronat", f"/{COPIES}/{copy.name}", commands), said="да\n")
    machine.start()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]).resolve())

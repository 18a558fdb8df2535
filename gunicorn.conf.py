"""How gunicorn serves Патронат: two processes that share one loaded application, and one beside them for long jobs."""

import fcntl
import gc
import os
import subprocess
import sys
import threading
from pathlib import Path

# Threads keep an idle browser connection from holding a whole worker; filters, scope and sessions live per request.
worker_class = "gthread"
workers = 2
threads = 4
preload_app = True
timeout = 120
graceful_timeout = 30
max_requests = 2000
max_requests_jitter = 200
# No query string in the log: it may hold a surname.
access_log_format = '%(h)s %(l)s %(t)s "%(m)s %(U)s" %(s)s %(b)s %(L)s'
control_socket_disable = True  # the service manager stops and restarts the server

REST = 1  # seconds before a worker of jobs that has died is started again
_jobs: subprocess.Popen[bytes] | None = None
_stopping = threading.Event()
_starting = threading.Lock()  # a process forked meanwhile would hold the pipe that tells of the start, for ever
_serving = None


def on_starting(server):
    """Hold what a restoring asks for: while the server lives, nobody takes the bank from under it."""
    global _serving
    instance = Path(os.environ.get("INSTANCE_PATH", Path(__file__).parent / "instance"))
    instance.mkdir(parents=True, exist_ok=True)
    _serving = (instance / "serving.lock").open("a")
    try:
        fcntl.flock(_serving, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SystemExit("Банк восстанавливают из копии: дождитесь конца и запустите сервер снова.") from None


def when_ready(server):
    """Keep one worker of jobs running beside the server, whatever ends it.

    The program itself is no garbage: the processes share it, and none looks through it again while it counts.
    """
    gc.collect()
    gc.freeze()
    os.register_at_fork(before=_starting.acquire, after_in_parent=_starting.release, after_in_child=_starting.release)
    command = [sys.executable, "-m", "flask", "--app", "run", "bank", "work", "--beside", str(os.getpid())]

    def keep():
        global _jobs
        while not _stopping.is_set():
            with _starting:
                _jobs = subprocess.Popen(command)  # noqa: S603  our own command under our own interpreter
            _jobs.wait()
            _stopping.wait(REST)

    threading.Thread(target=keep, daemon=True).start()


def on_exit(server):
    """End the worker of jobs with the server; the job in hand goes back to the queue."""
    _stopping.set()
    if _jobs is not None:
        _jobs.terminate()

"""WSGI entry (`gunicorn run:app`) and a local start (`python run.py`)."""

from __future__ import annotations

import os
import sys


def serve() -> None:
    """Serve on this machine only, without https, with a key of its own."""
    os.environ.setdefault("PATRONAT_LOCAL", "1")
    from gunicorn.app.wsgiapp import run

    port = os.environ.get("PORT", "8000")
    sys.argv = ["gunicorn", "--config", "gunicorn.conf.py", "--bind", f"127.0.0.1:{port}", "run:app"]
    run()


if __name__ == "__main__":
    serve()
else:
    from app import create_app

    app = create_app()

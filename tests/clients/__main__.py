"""`python -m tests.clients`: see CONTRIBUTING.md.

Generates a TypeScript client from what a gateway serves, compiles it with a small program that uses it, and runs that
against the gateway. Exit code 0 only if all of it works. Needs node and npm, and a registry of npm.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.clients.served import Served, served

PROJECT = Path(__file__).with_name("typescript")
STEPS: Sequence[Sequence[str]] = (
    ("ci", "--no-audit", "--no-fund"),
    ("run", "generate"),
    ("run", "compile"),
    ("run", "smoke"),
)


def try_client(folder: Path, gateway: Served) -> int:
    """The exit code of the first step that fails, 0 where all do what they should."""
    project = Path(shutil.copytree(PROJECT, folder / "typescript"))
    (project / "openapi.json").write_text(json.dumps(gateway.get("/openapi.json")), "utf-8")
    environment = {**os.environ, "POINTSMAN_URL": gateway.url, "POINTSMAN_API_TOKEN": gateway.token}
    for step in STEPS:
        print("npm", *step, flush=True)
        if code := subprocess.run(("npm", *step), cwd=project, env=environment).returncode:  # noqa: S603, S607
            return code
    return 0


def main() -> int:
    """0 if the client works."""
    if shutil.which("npm") is None:
        print("npm is not there: install node 20 or later", file=sys.stderr)
        return 1
    with TemporaryDirectory(prefix="pointsman-clients-") as folder, served(Path(folder)) as gateway:
        return try_client(Path(folder), gateway)


if __name__ == "__main__":
    sys.exit(main())

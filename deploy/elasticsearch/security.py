"""TLS, a user and an API key for the server that `start --secure` runs."""

from __future__ import annotations

import base64
import json
import secrets
import shutil
import ssl
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

from distribution import missing

MAKE_SECRETS = Path(__file__).parents[1] / "make-secrets"
INDICES = {"names": ["hits", "hits-v*"], "privileges": ["read", "write", "maintenance", "manage"]}
RIGHTS: dict[str, Any] = {"cluster": ["monitor"], "indices": [INDICES]}
"""What the program needs, and no more; the README gives administrators the same."""


class Security:
    """A certificate as in production, and one user who may do what the search index needs and make API keys of that."""

    user = "luoitroi"

    def __init__(self, config: Path) -> None:
        self.password = secrets.token_urlsafe(24)
        if shutil.which("openssl") is None:
            missing("openssl, which makes the certificate, is missing: apt-get install openssl")
        subprocess.run([MAKE_SECRETS, config / "certs"], check=True, capture_output=True)
        self.ca_file = config / "certs" / "ca.crt"
        self.settings = [
            "xpack.security.http.ssl.enabled: true",
            "xpack.security.http.ssl.key: certs/elasticsearch.key",
            "xpack.security.http.ssl.certificate: certs/elasticsearch.crt",
        ]
        role = {**RIGHTS, "cluster": [*RIGHTS["cluster"], "manage_own_api_key"]}
        (config / "roles.yml").write_text(json.dumps({self.user: role}))  # JSON is YAML

    @property
    def context(self) -> ssl.SSLContext:
        """What trusts the certificate."""
        return ssl.create_default_context(cafile=str(self.ca_file))

    @property
    def login(self) -> str:
        """The user's Authorization header."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

    def add_user(self, home: Path, environment: dict[str, str], as_user: dict[str, Any]) -> None:
        """Write the user into the server's own files."""
        program = str(home / "bin" / "elasticsearch-users")
        order = [program, "useradd", self.user, "-p", self.password, "-r", self.user]
        subprocess.run(order, env=environment, check=True, capture_output=True, **as_user)

    def make_api_key(self, url: str) -> str:
        """A new API key with the rights that the program needs, as its setting `api_key` takes it."""
        body = {"name": "luoitroi", "role_descriptors": {"luoitroi": RIGHTS}}
        request = urllib.request.Request(f"{url}/_security/api_key", json.dumps(body).encode(), method="POST")
        request.add_header("Authorization", self.login)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=40, context=self.context) as answer:
            return str(json.load(answer)["encoded"])

"""Exits with 0 if the server in this container can do its work: what the Containerfile calls its HEALTHCHECK."""

import http.client
import os
import sys
from urllib.parse import urlsplit


def main() -> int:
    """Ask /healthz as the proxy would, by the public address's name; print why not."""
    port = int(os.environ.get("LATCHKEY_PORT") or 8000)
    public_url = os.environ.get("LATCHKEY_PUBLIC_URL") or f"http://127.0.0.1:{port}"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": urlsplit(public_url).netloc})
        answer = connection.getresponse()
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(answer.read().decode())
    return answer.status != 200


if __name__ == "__main__":
    sys.exit(main())

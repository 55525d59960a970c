"""The nginx under test: its configuration, and a context manager that runs it."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

from .certificates import Certificates
from .process import AddressTaken, find_server, free_ports, has_ipv6, running
from .site import Site

# @NAME@ is filled in by _configuration(); everything else is nginx's own language.
_CONFIGURATION = """
daemon off;
worker_processes 1;
pid @STATE@/nginx.pid;
error_log @STATE@/error.log warn;
@USER@
events { worker_connections 512; }

http {
    access_log off;
    client_body_temp_path @STATE@/client;
    proxy_temp_path @STATE@/proxy;
    fastcgi_temp_path @STATE@/fastcgi;
    uwsgi_temp_path @STATE@/uwsgi;
    scgi_temp_path @STATE@/scgi;
    types { text/plain txt; }
    default_type application/octet-stream;
    sendfile on;
    server_names_hash_bucket_size 128;
    keepalive_requests 10000;
    keepalive_timeout 60s;
    client_max_body_size 64m;
    proxy_http_version 1.1;

    server {
        @LISTEN_PLAIN@
        @LISTEN_TLS@
        ssl_certificate @CERTIFICATE@;
        ssl_certificate_key @KEY@;
        ssl_client_certificate @AUTHORITY@;
        ssl_verify_client optional;
        ssl_session_cache shared:tests:1m;
        root @ROOT@;

        location / { }
        location = /closes-soon { keepalive_requests 3; return 200 "counted"; }
        location = /closes-idle { keepalive_timeout 100ms; return 200 "brief"; }
        location /say/ { return 200 "$request_method $request_uri"; }
        location = /who { return 200 "$remote_addr $remote_port"; }
        location = /host { return 200 "$http_host"; }
        location = /seen { return 200 "$request\\n$http_x_one\\n$http_accept_encoding"; }
        location = /tls {
            add_header X-Client-Verify $ssl_client_verify;
            return 200 "$scheme $ssl_server_name $ssl_session_reused";
        }

        location = /cookies {
            add_header Set-Cookie "a=1; Path=/";
            add_header Set-Cookie "b=2; Path=/";
            return 200;
        }
        location = /nothing { return 204; }
        location = /moved { return 301 /small.txt; }
        location = /teapot { return 418 "short and stout"; }
        location = /broken { return 500; }
        location = /forbidden { deny all; }
        location = /dead { proxy_pass http://127.0.0.1:@DEAD@; }
        location = /narrow { client_max_body_size 1k; proxy_pass http://127.0.0.1:@UPSTREAM@; }

        location /gzip/ { alias @ROOT@/; gzip on; gzip_min_length 1; gzip_types *; }
        location /sub/ {
            alias @ROOT@/;
            sub_filter needle "a longer needle";
            sub_filter_once off;
            sub_filter_types *;
        }
        location /trailer/ { alias @ROOT@/; add_trailer X-Late "at last"; }
        location /streamed/ { proxy_buffering off; proxy_pass http://127.0.0.1:@UPSTREAM@; }
        location = /echo {
            proxy_request_buffering off;
            add_header X-Seen-Length $http_content_length;
            add_header X-Seen-Encoding $http_transfer_encoding;
            add_header X-Seen-Type $http_content_type;
            proxy_pass http://127.0.0.1:@UPSTREAM@;
        }
        location /dav/ { dav_methods PUT DELETE; }

        @HEADER_LOCATIONS@
    }

    server {
        listen 127.0.0.1:@WRONG_NAME_PORT@ ssl;
        ssl_certificate @WRONG_NAME_CERTIFICATE@;
        ssl_certificate_key @WRONG_NAME_KEY@;
        location / { return 200 "wrong name"; }
    }
}
"""

# A body from `return` comes with Server, Date, Content-Type, Content-Length and Connection.
OWN_HEADERS = 5
HEADER_COUNTS = (40, 100, 101, 150)


@dataclasses.dataclass(frozen=True)
class Nginx:
    """A running nginx: where it listens and what it serves."""

    host: str
    port: int
    tls_port: int
    wrong_name_port: int
    ipv6: bool
    site: Site


def _header_location(total: int) -> str:
    """A location whose answer has `total` header lines, nginx's own included."""
    lines = [f"add_header X-Number-{n} value-{n};" for n in range(total - OWN_HEADERS)]
    return f'location = /headers/{total} {{ {" ".join(lines)} return 200 "{total}"; }}'


def _configuration(nginx: Nginx, state: Path, upstream: int, certificates: Certificates) -> str:
    addresses = ["127.0.0.1", "[::1]"] if nginx.ipv6 else ["127.0.0.1"]
    values = {
        "STATE": state,
        "ROOT": nginx.site.root,
        # Started by root, workers would become "nobody", who may not read pytest's folders.
        "USER": "user root;" if hasattr(os, "geteuid") and os.geteuid() == 0 else "",
        "LISTEN_PLAIN": " ".join(f"listen {address}:{nginx.port};" for address in addresses),
        "LISTEN_TLS": " ".join(f"listen {address}:{nginx.tls_port} ssl;" for address in addresses),
        "WRONG_NAME_PORT": nginx.wrong_name_port,
        "CERTIFICATE": certificates.server.chain,
        "KEY": certificates.server.key,
        "AUTHORITY": certificates.authority,
        "WRONG_NAME_CERTIFICATE": certificates.wrong_name.chain,
        "WRONG_NAME_KEY": certificates.wrong_name.key,
        "UPSTREAM": upstream,
        "DEAD": 1,  # nothing listens on tcpmux
        "HEADER_LOCATIONS": "\n        ".join(map(_header_location, HEADER_COUNTS)),
    }
    text = _CONFIGURATION
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    return text


@contextlib.contextmanager
def run_nginx(
    folder: Path, site: Site, certificates: Certificates, upstream: int
) -> Iterator[Nginx]:
    """Run nginx in the foreground with everything it writes below `folder`."""
    program = find_server("nginx")
    for attempt in range(5):
        ports = free_ports(3)
        nginx = Nginx("127.0.0.1", ports[0], ports[1], ports[2], ipv6=has_ipv6(), site=site)
        state = folder / f"nginx-{attempt}"
        state.mkdir()
        configuration = state / "nginx.conf"
        configuration.write_text(_configuration(nginx, state, upstream, certificates))
        command = [program, "-p", str(state), "-c", str(configuration)]
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(
                    running(command, ports, state / "output.log", state / "error.log")
                )
            except AddressTaken:
                continue
            yield nginx
            return
    raise RuntimeError("nginx: found no free ports in five attempts")

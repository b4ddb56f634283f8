"""Paths that lead out of the folders: nothing is there, and no mistake of the server's."""

from __future__ import annotations

import pytest

from tests.attacks.target import Target, answer

PATHS = [
    "/static/../x",
    "/static/%2e%2e/x",
    "/static/%252e%252e/x",
    "/static/..%2fx",
    "/static/..%5cx",
    "/static/..\\x",
    "/static/x%00y",
    "/static/%00",
    "/static//etc/passwd",
    "/static/" + "../" * 30 + "etc/passwd",
    "/static/admin/../../x",
    "/static/admin/%2e%2e/%2e%2e/x",
    "/static/admin/css/" + "%2e%2e/" * 20 + "etc/passwd",
    "/static/admin/x%00y",
    "/static/admin/%ff",
    "/static/admin/css",
    "/static/" + "a" * 3000,
    "/../x",
    "/%00",
    "/api/../x",
    "/v1/../x",
    "/v1/%2e%2e/x",
    "/v1/%00",
]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_there(target: Target, path: str, method: str) -> None:
    with target.connect() as line:
        head = "Host: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        line.sendall(f"{method} {path} HTTP/1.1\r\n{head}".encode())
        told = answer(line)
    assert 400 <= int(told.split(b" ")[1]) < 500
    assert b"root:" not in told


def test_a_file_of_the_folders_is_there(target: Target) -> None:
    with target.connect() as line:
        line.sendall(
            b"GET /static/admin/css/base.css HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        assert b" 200 " in answer(line).partition(b"\r\n")[0]

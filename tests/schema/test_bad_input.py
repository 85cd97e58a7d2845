"""Manifests made to exhaust us: each is judged in bounded time and memory, by itself and among others."""

import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from schema.manifest_set import load
from tests.support.manifests import GOOD

MOST_CPU_S = 6.0  # these take 0.1 to 1.5 s on the machine they were written on; what is quadratic takes longer
MOST_BYTES = 160 * 1024 * 1024


def resources(kind: str, spec: str, count: int, metadata: str = "name: n{n}") -> str:
    line = f"apiVersion: trunkline/v1\nkind: {kind}\nmetadata: {{{metadata}}}\nspec: {{{spec}}}\n"
    return "---\n".join(line.replace("{n}", str(n)) for n in range(count))


def one(kind: str, spec: str, metadata: str = "{name: x}") -> str:
    return f"apiVersion: trunkline/v1\nkind: {kind}\nmetadata: {metadata}\nspec: {spec}\n"


def block(key: str, count: int) -> str:
    return "\n" + "".join(f"    {key}{n}: v\n" for n in range(count))


# What it is, the text, and the rule that speaks of it first; None: it is fine, if large.
CASES = [
    ("one-domain", resources("Tenant", "domain: t.example", 8_000), "duplicate-domain"),
    ("one-number", resources("Extension", "number: 5, password: {env: P}", 8_000, "tenant: acme, name: n{n}"), "duplicate-auth-user"),
    ("one-name", resources("Extension", "password: {env: P}", 8_000, "tenant: acme, name: same"), "duplicate-resource"),
    ("one-socket", resources("Listener", "transport: udp", 8_000), "duplicate-listener"),
    ("one-port", resources("Listener", "transport: udp, address: '2a00::{n}'", 9_000), None),
    ("no-such-tenant", resources("Extension", "password: {env: P}", 8_000, "tenant: acmee, name: n{n}"), "tenant-exists"),
    ("tenants-nobody-knows", resources("Extension", "password: {env: P}", 5_000, "tenant: t{n}, name: x"), "tenant-exists"),
    ("unknown-fields", one("Tenant", block("f", 40_000)), "missing-field"),
    ("labels", one("Tenant", "{domain: x.example}", "\n  name: x\n  labels:" + block("k", 40_000)), None),
    ("faulty-documents", "---\n".join(["kind: x\n"] * 50_000), "api-version"),
    ("one-key", "k: 1\n" * 900_000, "duplicate-key"),
    ("anchors", "".join(f"- &a{n} x\n" for n in range(60_000)), "not-a-resource"),
    ("lines", "a: '" + "\n" * 4_900_000 + "'", "yaml-size"),
    ("digits", one("Listener", f"{{transport: udp, port: {'9' * 900_000}}}"), "type"),
    ("exponent", one("Listener", "{transport: udp, port: 1e999999999}"), "type"),
    ("labels-of-a-domain", one("Tenant", f"{{domain: {'a-' * 400_000}}}"), "domain"),
]  # fmt: skip


@contextmanager
def bounded() -> Iterator[None]:
    began = time.process_time()
    yield
    assert time.process_time() - began < MOST_CPU_S


@pytest.mark.parametrize(("text", "rule"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_time_is_bounded(text: str, rule: str | None) -> None:
    with bounded():
        report = load((GOOD | {"zzz.yaml": text}).items()).report
        shown = report.as_text()
    if rule is None:
        assert shown == ""
    else:
        assert rule in {problem.rule for problem in report}
        assert max(map(len, shown.splitlines())) < 1000


def test_memory_is_bounded() -> None:
    text = resources("Extension", "number: 5, password: {env: P}", 4_000, "tenant: acme, name: n{n}")
    tracemalloc.start()
    try:
        load((GOOD | {"zzz.yaml": text}).items())
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < MOST_BYTES

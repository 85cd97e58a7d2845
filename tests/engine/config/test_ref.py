"""Keys and places, as people read them."""

import pytest

from engine.config.extension import ExtensionConfig
from engine.config.listener import ListenerConfig
from engine.config.ref import ConfigRef, Origin
from engine.config.secret import SecretRef
from engine.config.system import SYSTEM_REF, SystemConfig
from engine.config.tenant import TenantConfig

ANN = ExtensionConfig(tenant="acme", name="ann", number="101", auth_user="101", password=SecretRef("env:P"))


@pytest.mark.parametrize(
    ("ref", "text"),
    [
        (ANN.ref, "Extension acme/ann"),
        (TenantConfig(name="acme", domain="d").ref, "Tenant acme"),
        (ListenerConfig(name="udp", transport="udp", port=1).ref, "Listener udp"),
        (SystemConfig().ref, "System system"),
        (Origin("a/b.yaml", 7), "a/b.yaml:7"),
    ],
)
def test_as_text(ref: ConfigRef | Origin, text: str) -> None:
    assert str(ref) == text


def test_sorted_by_tenant_kind_and_name() -> None:
    refs = [ANN.ref, ConfigRef("acme", "Extension", "aaa"), ConfigRef("aaa", "Tenant", "zzz"), SYSTEM_REF]
    assert sorted(refs) == [SYSTEM_REF, refs[2], refs[1], refs[0]]

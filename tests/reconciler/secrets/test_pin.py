"""PINs: what is too short, can't be pressed, or is tried first."""

import pytest

from reconciler.secrets.pin import PinFault, pin_fault

CASES = [
    ("4938", None),
    ("830174", None),
    ("$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", None),
    ("", PinFault.NO_DIGITS),
    ("12a4", PinFault.NO_DIGITS),
    ("４９３８", PinFault.NO_DIGITS),
    ("493", PinFault.SHORT),
    ("493801726493", None),
    ("4938017264938", PinFault.LONG),
    ("0000", PinFault.TRIVIAL),
    ("1234", PinFault.TRIVIAL),
    ("98765", PinFault.TRIVIAL),
    ("7890", PinFault.TRIVIAL),
    ("4949", PinFault.TRIVIAL),
    ("493493", PinFault.TRIVIAL),
    ("2580", PinFault.TRIVIAL),
    ("1984", PinFault.TRIVIAL),
    ("8008", PinFault.TRIVIAL),
    ("18008", PinFault.TRIVIAL),
    ("4800", None),
]


@pytest.mark.parametrize(("pin", "fault"), CASES)
def test_a_pin_of_the_conference_8008(pin: str, fault: PinFault | None) -> None:
    assert pin_fault(pin, ("weekly", "8008")) is fault

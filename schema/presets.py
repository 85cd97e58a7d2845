"""The carriers that have a preset, by country: hosts, transports and ways to log in as they publish them.

Facts of 2026, of the pages that each entry names. Only what is the same for all customers stands here; a host that each account has its
own of is left to the manifest. TLS and SRTP are left out, as in `Trunk`.
"""

from types import MappingProxyType
from typing import Final

from schema.preset import GENERIC, Preset

_TWILIO_SIGNALLING: Final = (
    "54.172.60.0/30",
    "54.244.51.0/30",
    "54.171.127.192/30",
    "35.156.191.128/30",
    "54.65.63.192/30",
    "54.169.127.128/30",
    "54.252.254.64/30",
    "177.71.206.192/30",
)
"""Virginia, Oregon, Ireland, Frankfurt, Tokyo, Singapore, Sydney, Sao Paulo."""


def _registering(
    name: str, title: str, country: str, host: str, page: str, *, expires: str = "", **fills: object
) -> Preset:
    """A carrier that one registers with, at one server for all its customers."""
    told = {"host": host, **fills}
    return Preset(
        name=name,
        title=title,
        country=country,
        registers="always",
        fills=MappingProxyType(told),
        open=frozenset({"numberFormat", "callerId"}),
        expires=expires,
        page=page,
    )


_ALL: Final = (
    Preset(name=GENERIC, title="Any other carrier, gateway or PBX", country="", registers="either", page=""),
    _registering("peoplefone-at", "peoplefone Austria", "AT", "sip.peoplefone.at", "https://www.peoplefone.at"),
    _registering("faktortel", "FaktorTel", "AU", "sip.faktortel.com.au", "https://www.faktortel.com.au", expires="2m"),
    Preset(
        name="voip-ms",
        title="VoIP.ms",
        country="CA",
        registers="either",
        fills=MappingProxyType({"numberFormat": "plain"}),
        open=frozenset({"numberFormat"}),
        host_form="CITY.voip.ms, the server that the numbers are routed to: toronto1.voip.ms",
        page="https://wiki.voip.ms/article/Servers",
    ),
    _registering("peoplefone-ch", "peoplefone Switzerland", "CH", "sips.peoplefone.ch", "https://www.peoplefone.ch"),
    _registering("dus-net", "dus.net", "DE", "proxy.dus.net", "https://www.dus.net"),
    _registering("easybell", "easybell", "DE", "sip.easybell.de", "https://www.easybell.de", expires="5m"),
    _registering("peoplefone-de", "peoplefone Germany", "DE", "sip.peoplefone.de", "https://www.peoplefone.de"),
    _registering("plusnet-ipfonie", "Plusnet IPfonie extended", "DE", "sip.ipfonie.de", "https://www.plusnet.de"),
    _registering(
        "sipgate-trunking",
        "sipgate trunking",
        "DE",
        "sipconnect.sipgate.de",
        "https://www.sipgate.de/trunking",
        expires="10m",
    ),
    _registering(
        "telekom-sip-trunk",
        "Deutsche Telekom DeutschlandLAN SIP-Trunk",
        "DE",
        "reg.sip-trunk.telekom.de",
        "https://geschaeftskunden.telekom.de",
        transport="tcp",
        domain="sip-trunk.telekom.de",
    ),
    _registering("netelip", "netelip", "ES", "sip.netelip.com", "https://www.netelip.com"),
    _registering(
        "ovh-trunk",
        "OVHcloud SIP trunk",
        "FR",
        "siptrunk.ovh.net",
        "https://www.ovhtelecom.fr",
        expires="5m",
        numberFormat="international",
    ),
    _registering("aaisp", "Andrews & Arnold", "GB", "voiceless.aa.net.uk", "https://support.aa.net.uk/VoIP"),
    _registering("voip-unlimited", "VoIP Unlimited", "GB", "sip.voip-unlimited.net", "https://www.voip-unlimited.net"),
    _registering("voipfone", "Voipfone", "GB", "sip.voipfone.net", "https://www.voipfone.co.uk", expires="1m"),
    _registering("blueface", "Blueface", "IE", "sip.blueface.ie", "https://www.blueface.com"),
    _registering("messagenet", "Messagenet", "IT", "sip.messagenet.it:5061", "https://www.messagenet.com"),
    _registering("2talk", "2talk", "NZ", "sip.2talk.co.nz", "https://www.2talk.co.nz"),
    _registering("actio", "Actio", "PL", "sip.actio.pl", "https://www.actio.pl", expires="3m"),
    _registering("sipnet", "SIPNET", "RU", "sipnet.ru", "https://www.sipnet.ru", numberFormat="plain"),
    _registering(
        "callcentric",
        "Callcentric",
        "US",
        "callcentric.com",
        "https://www.callcentric.com/support",
        expires="10m",
        numberFormat="plain",
    ),
    _registering(
        "flowroute", "Flowroute", "US", "sip.flowroute.com", "https://www.flowroute.com", numberFormat="plain"
    ),
    Preset(
        name="twilio",
        title="Twilio Elastic SIP Trunking",
        country="US",
        registers="never",
        fills=MappingProxyType({"addresses": list(_TWILIO_SIGNALLING), "numberFormat": "e164"}),
        host_form="NAME.pstn.twilio.com, the termination URI of the trunk",
        page="https://www.twilio.com/docs/sip-trunking/ip-addresses",
    ),
    Preset(
        name="telnyx",
        title="Telnyx",
        country="US",
        registers="either",
        fills=MappingProxyType(
            {"host": "sip.telnyx.com", "addresses": ["192.76.120.10", "64.16.250.10"], "numberFormat": "e164"}
        ),
        open=frozenset({"transport", "addresses"}),
        page="https://sip.telnyx.com",
    ),
    Preset(
        name="vonage",
        title="Vonage (Nexmo) SIP",
        country="US",
        registers="never",
        fills=MappingProxyType({"host": "sip.nexmo.com", "numberFormat": "plain"}),
        open=frozenset({"transport"}),
        page="https://developer.vonage.com/en/voice/sip/overview",
    ),
    _registering("didlogic", "DID Logic", "", "sip.didlogic.net", "https://didlogic.com", expires="2m"),
    _registering("zadarma", "Zadarma", "", "sip.zadarma.com", "https://zadarma.com"),
)

PRESETS: Final[MappingProxyType[str, Preset]] = MappingProxyType({preset.name: preset for preset in _ALL})

"""`CallFeatures`: what the people of a tenant can do by dialling a prefix, and how phones answer by themselves. A tenant has one."""

from typing import Annotated, Literal

from pydantic import Field

from schema.auto_answer import AutoAnswer
from schema.resource import Manifest, Part, Spec, TenantMetadata
from schema.text import Text

FeaturePrefix = Annotated[
    str,
    Text(
        pattern="[*#][0-9*#]{0,5}",
        form="a prefix of up to 6 of 0-9, * and #, that begins with * or #",
        example="*11",
        rule="feature-prefix",
    ),
]


class Pickup(Part):
    """Taking a call that is somebody else's: the prefix, then their number."""

    enabled: Annotated[bool, Field(description="false: nobody can.")] = True
    ringing: Annotated[FeaturePrefix, Field(description="The prefix that takes a call which rings there: **101.")] = (
        "**"
    )
    held: Annotated[FeaturePrefix, Field(description="The prefix that takes a call which is held there: ##101.")] = "##"


class Intercom(Part):
    """Speaking to somebody whose phone answers by itself: the prefix, then their number. Who may, groups say."""

    enabled: Annotated[
        bool, Field(description="false: nobody can, and ring groups of type paging can't be reached.")
    ] = True
    prefix: Annotated[FeaturePrefix, Field(description="The prefix: *11101 speaks to 101.")] = "*11"
    auto_answer: Annotated[
        AutoAnswer,
        Field(
            description="How phones are asked to answer by themselves. alertInfo: Alert-Info: info=alert-autoanswer; callInfo: Call-Info "
            "with answer-after=0; answerMode: Answer-Mode: Auto (RFC 5373). Which of them a phone knows, its handbook says."
        ),
    ] = "alertInfo"


class Messages(Part):
    """SIP messages between people."""

    enabled: Annotated[bool, Field(description="false: none are passed on.")] = True
    keep_for_offline: Annotated[
        bool, Field(description="true: what is sent to somebody without a registered phone waits for one.")
    ] = True


class Fax(Part):
    """What is done about fax machines."""

    recognise: Annotated[
        bool, Field(description="true: the tone of a calling fax machine (CNG) counts as the key F in receptionists.")
    ] = True
    t38: Annotated[bool, Field(description="true: T.38 is passed through; false: faxes are sound.")] = True


class CallFeaturesSpec(Spec):
    """What the people of a tenant can do."""

    pickup: Annotated[Pickup, Field(description="Taking a call that is somebody else's.", default_factory=Pickup)]
    intercom: Annotated[
        Intercom, Field(description="Speaking to somebody whose phone answers by itself.", default_factory=Intercom)
    ]
    messages: Annotated[Messages, Field(description="SIP messages between people.", default_factory=Messages)]
    fax: Annotated[Fax, Field(description="What is done about fax machines.", default_factory=Fax)]


class CallFeatures(Manifest):
    """What the people of a tenant can do by dialling a prefix, and how phones answer by themselves. A tenant has one."""

    kind: Annotated[Literal["CallFeatures"], Field(description="What sort of resource it is.")]
    metadata: TenantMetadata
    spec: CallFeaturesSpec

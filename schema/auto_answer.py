"""How a phone is asked to answer by itself: one header field of the INVITE, by what the phone understands (feature D2).

`alertInfo`: `Alert-Info: info=alert-autoanswer`; `callInfo`: `Call-Info: <sip:DOMAIN>;answer-after=0`; `answerMode`:
`Answer-Mode: Auto` (RFC 5373 §4.1), which a phone that does not know it ignores.
"""

from typing import Literal

AutoAnswer = Literal["alertInfo", "callInfo", "answerMode"]

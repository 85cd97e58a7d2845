"""`trunkline events`: what happens, line by line, as it happens. Comes again by itself when the server restarts, and says so."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from cli.client import ClientError
from cli.exit_code import Exit
from cli.follow import Broken, Lists, follow
from cli.output import Output
from cli.preference_words import set_words
from cli.sse import Event
from cli.whom import Whom
from reconciler.render.checked import counted
from schema.problem import printable

Json = Mapping[str, object]


def events(types: str | None, tenant: str | None, server: Whom, output: Output) -> Exit:
    query = {name: value for name, value in (("types", types), ("tenant", tenant)) if value is not None}
    was_broken = False
    try:
        for told in follow(server, query):
            match told:
                case Broken(why):
                    if not was_broken:
                        _say(f"{why}; trying again")
                    was_broken = True
                case Event("hello", found):
                    if was_broken:
                        missed = "nothing was missed" if found.get("resumed") else "what happened meanwhile is not told"
                        _say(f"connected again: {missed}")
                    was_broken = False
                case Event():
                    sys.stdout.write(f"{json_line(told) if output is Output.JSON else text_line(told)}\n")
                    sys.stdout.flush()
                case Lists():
                    pass
    except ClientError as error:
        _say(str(error))
        return Exit.PROBLEMS
    except KeyboardInterrupt:
        pass
    return Exit.FINE


def json_line(event: Event) -> str:
    return f'{{"event":"{event.name}","data":{event.text}}}'


def text_line(event: Event) -> str:
    """What happened, in one line; without what a terminal would act on."""
    return printable(f"{event.name:<17} {_words(event.name, event.data)}".rstrip())


def _words(name: str, body: Json) -> str:
    match name:
        case "call":
            via = f"  {body['decided_by']}" if body.get("decided_by") else ""
            return f"{body['tenant']}  {body['caller']} -> {body['callee']}  {body['state']}{_media(body)}{via}"
        case "call-ended":
            cause = body.get("cause")
            outcome = f"{cause.get('outcome')}: {cause.get('reason')}" if isinstance(cause, dict) else ""
            return f"{body['tenant']}  {body['caller']} -> {body['callee']}  {outcome}  talked {body['talk_s']} s"
        case "registration":
            return f"{body['tenant']}  {body['number']}  {body['contact']}  until {body['expires_at']}"
        case "registration-gone":
            return f"{body['tenant']}  {body['number']}  {body['contact']}  {body['reason']}"
        case "preferences":
            return f"{body['tenant']}  {body['extension']}  {body['status']}  {set_words(body)}"
        case "trunk":
            calls = counted(int(str(body["channels"])), "call")
            return f"{body['tenant'] or '-'}  {body['name']}  {body['state']}: {body['reason']}  {calls}"
        case "listener":
            return f"{body['name']}  {body['transport']} {body['bound']}  {body['problem'] or 'listens'}"
        case "ban":
            return f"{body['source']}  {body['reason']}  until {body['until']}  {body['dropped']} dropped"
        case "reconcile":
            return f"revision {str(body['revision'])[:12]}  {body['source_problem'] or _problems(body)}"
        case "rates":
            return "  ".join(f"{key} {value}" for key, value in body.items() if key != "at")
        case _:
            return "  ".join(f"{key} {value}" for key, value in body.items())


def _media(body: Json) -> str:
    legs = body.get("legs")
    if body["state"] != "answered" or not isinstance(legs, list):
        return ""
    return "  in " + "/".join(str(leg["packets_in"]) for leg in legs if isinstance(leg, dict))


def _problems(body: Json) -> str:
    units = body.get("units")
    count = sum(unit["problem_count"] for unit in units) if isinstance(units, list) else 0
    return counted(int(str(count)), "problem") if count else "no problems"


def _say(what: str) -> None:
    sys.stderr.write(f"trunkline events: {what}\n")
    sys.stderr.flush()

"""The child's answers to questions besides rounds: plans, revisions, manifests, one resource; as the JSON that clients get."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice

from engine.config.ref import ConfigRef
from reconciler.errors import SourceUnavailable, StateCorrupt
from reconciler.plan_json import plan_to_text
from reconciler.render.effective import effective_shape, sources_shape
from reconciler.source.commit import GitCommit
from reconciler.worker.declared import KeptDeclarations
from reconciler.worker.export import as_written
from reconciler.worker.frames import (
    DeclarationsAsked,
    ManifestsAsked,
    NotTold,
    PlanAsked,
    PlanTold,
    Question,
    ResourceAsked,
    RevisionsAsked,
    Told,
)
from reconciler.worker.look import Found, Look
from reconciler.worker.store import Applied

MOST_REFS = 5000
MANIFESTS_FORMAT = 1


def answer(look: Look, question: PlanAsked | Question) -> PlanTold | Told | NotTold:
    try:
        match question:
            case PlanAsked(sequence):
                return _plan(look, sequence)
            case RevisionsAsked(before, limit):
                return _told(_revisions(look, before, limit))
            case ManifestsAsked(sequence):
                revision, files = look.manifests(sequence)
                texts = {path: content.decode(errors="replace") for path, content in files.items()}
                return _told({"format": MANIFESTS_FORMAT, "revision": revision, "files": texts})
            case ResourceAsked(ref):
                found = look.find(ref)
                if found is None:
                    return NotTold(f"no manifest declares {ref}; `trunkline get resources` lists all", is_unknown=True)
                return _told(_resource(ref, found))
            case DeclarationsAsked(tenant, revision, refs, at):
                kept = look.declarations(tenant, revision, refs, at)
                return _told(_kept(kept))
    except SourceUnavailable as error:
        return NotTold(f"the manifests can't be read: {error}")
    except StateCorrupt as error:
        return NotTold(str(error), is_unknown=True)


def _told(shape: Mapping[str, object]) -> Told:
    return Told(json.dumps(shape, ensure_ascii=False).encode())


def _plan(look: Look, sequence: int | None) -> PlanTold:
    plan = look.plan(sequence)
    proposal = look.waiting
    waits = sequence is None and proposal is not None and proposal.digest == plan.digest
    commits = () if plan.is_empty else look.commits_of(sequence)
    return PlanTold(
        plan=plan_to_text(plan).encode(),
        refs=plan.disturbed[:MOST_REFS],
        mode=look.mode,
        waiting=proposal.what if waits and proposal is not None else None,
        hold=look.held_by,
        commit=next(iter(commits), None),
        more_commits=commits[1:],
    )


def _revisions(look: Look, before: int | None, limit: int) -> Mapping[str, object]:
    older = (one for one in look.revisions() if before is None or one.sequence < before)
    page = list(islice(older, limit + 1))
    following = str(page[limit - 1].sequence) if len(page) > limit else None
    return {"items": [_revision(look, applied) for applied in page[:limit]], "next": following}


def _revision(look: Look, applied: Applied) -> Mapping[str, object]:
    account = applied.account
    return {
        "sequence": applied.sequence,
        "revision": applied.revision,
        "at": applied.at,
        "trigger": account.trigger.value if account is not None else None,
        "author": (account.author or None) if account is not None else None,
        "digest": (account.digest or None) if account is not None else None,
        "changes": (
            {"create": account.created, "update": account.updated, "delete": account.deleted}
            if account is not None
            else None
        ),
        "disruption": (account.disruption or None) if account is not None else None,
        "duration_s": account.duration_s if account is not None else None,
        "source": (account.source or None) if account is not None else None,
        "result": "running" if applied.sequence == look.sequence else "superseded",
        "note": account.note if account is not None else "",
        "commit": _commit(account.commit if account is not None else None),
    }


def _commit(commit: GitCommit | None) -> Mapping[str, str] | None:
    return None if commit is None else commit.to_json()


def _resource(ref: ConfigRef, found: Found) -> Mapping[str, object]:
    origin = found.resource.origin
    return {
        "tenant": ref.tenant or None,
        "kind": ref.kind,
        "name": ref.name,
        "origin": {"file": origin.file, "line": origin.line},
        "manifest": as_written(found.content, origin.line),
        "effective": effective_shape(found.resource),
        "sources": sources_shape(found.resource),
        "applied": found.is_applied,
        "revision": found.revision,
        "commit": _commit(found.commit),
    }


def _kept(kept: KeptDeclarations | None) -> Mapping[str, object]:
    if kept is None:
        return {"sequence": None, "declarations": [], "commit": None}
    declarations = [
        {
            "tenant": one.ref.tenant,
            "kind": one.ref.kind,
            "name": one.ref.name,
            "file": one.file,
            "line": one.line,
            "manifest": one.text,
        }
        for one in kept.declarations
    ]
    return {"sequence": kept.sequence, "declarations": declarations, "commit": _commit(kept.commit)}

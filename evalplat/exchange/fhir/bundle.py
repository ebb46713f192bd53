"""An export as a FHIR Bundle (R4 or R5, JSON), written resource by resource so that it need not be held."""

import json
from collections.abc import Iterable, Iterator
from typing import IO, Any

from evalplat.exchange.export.outline import Outline
from evalplat.exchange.export.records import EpisodeRecord, State
from evalplat.exchange.fhir.codes import Release
from evalplat.exchange.fhir.goals import make_goal, make_ratings
from evalplat.exchange.fhir.questionnaires import make_questionnaire
from evalplat.exchange.fhir.responses import make_response, make_scores


def write_bundle(
    outline: Outline,
    episodes: Iterable[EpisodeRecord],
    stream: IO[bytes],
    language: str,
    release: Release = "R4",
) -> int:
    """Write every resource of an export and give their number. Needs answers: scores alone make no responses."""
    if not outline.contents.answers:
        raise ValueError("a bundle without answers")
    stream.write(b'{"resourceType": "Bundle", "type": "collection", "entry": [')
    count = 0
    for resource in list_resources(outline, episodes, language, release):
        entry = {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}
        stream.write(b",\n" if count else b"\n")
        stream.write(json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace"))
        count += 1
    stream.write(b"\n]}\n")
    return count


def list_resources(
    outline: Outline, episodes: Iterable[EpisodeRecord], language: str, release: Release
) -> Iterator[dict[str, Any]]:
    """The questionnaires of every version, then each episode's goals, responses, ratings and scores."""
    for versions in outline.instruments.values():
        for definition in versions:
            if definition.asks:
                yield make_questionnaire(definition, language, release)
    for episode in episodes:
        yield from _list_of_episode(outline, episode, language, release)


def _list_of_episode(
    outline: Outline, episode: EpisodeRecord, language: str, release: Release
) -> Iterator[dict[str, Any]]:
    contents = outline.contents
    for goal in episode.goals:
        yield make_goal(episode, goal, contents, language)
    for sheet in episode.sheets:
        if sheet.state is not State.ANSWERED:
            continue
        definition = outline.definition(sheet)
        if definition.kind == "goals":
            found = list(make_ratings(episode, sheet, contents))
        elif definition.kind == "external":
            found = []
        else:
            found = [make_response(episode, sheet, definition, contents, language, release)]
        yield from found
        sources = [resource["id"] for resource in found]
        yield from make_scores(episode, sheet, definition, language, sources)

"""The county's municipalities and the sub-regions they are counted in."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from evalplat.errors import Fault, InputRejected, Message
from evalplat.services.actors import Actor, demand
from evalplat.services.views import MunicipalityView as MunicipalityView
from evalplat.storage import audit
from evalplat.storage.tables import Client, Episode, Municipality, Voucher
from evalplat.vocabulary import Role

LONGEST = 80
CODE = 8
MOST = 400
"""More than there are municipalities in Finland."""


@dataclass(frozen=True, slots=True)
class Changed:
    """How many municipalities are new, and how many have another name or sub-region."""

    added: int
    changed: int


def list_municipalities(session: Session, actor: Actor) -> tuple[MunicipalityView, ...]:
    """The county's municipalities by name."""
    demand(session, actor, *Role)
    found = session.scalars(select(Municipality).order_by(Municipality.name))
    return tuple(MunicipalityView(m.code, m.name, m.sub_region, m.county) for m in found)


def change_municipalities(session: Session, actor: Actor, lines: Sequence[str]) -> Changed:
    """Add municipalities, or change their names and sub-regions: one `code; name; sub-region` in each line.

    Administrators. A sub-region stays as it is once somebody is served there: clients are compared within it, and
    figures of the past would change unseen. Raises InputRejected with every faulty line; then nothing is changed.
    """
    demand(session, actor, Role.ADMINISTRATOR)
    known = {one.code: one for one in session.scalars(select(Municipality))}
    faults: list[Fault] = []
    rows: dict[str, tuple[str, str]] = {}
    for place, line in enumerate(lines, start=1):
        if line.strip():
            read = _read(line, place, rows, faults)
            if read is not None:
                code, name, region = read
                rows[code] = (name, region)
                if (
                    code in known
                    and known[code].sub_region != region
                    and _is_lived_in(session, code)
                ):
                    faults.append(_fault(place, _stays(known[code])))
    if not rows and not faults:
        faults.append(_fault(1, Message("Write at least one municipality.")))
    if len(rows) > MOST:
        faults.append(_fault(1, Message("At most %(most)d municipalities at a time.", most=MOST)))
    if faults:
        raise InputRejected(Message("No municipality was changed."), faults)
    new = [code for code in rows if code not in known]
    county = str(session.info["county"])
    if new:
        session.execute(
            insert(Municipality),
            [
                {"code": c, "name": rows[c][0], "sub_region": rows[c][1], "county": county}
                for c in new
            ],
        )
    changed = 0
    for code in rows.keys() & known.keys():
        one = known[code]
        if (one.name, one.sub_region) != rows[code]:
            one.name, one.sub_region = rows[code]
            changed += 1
    session.flush()
    if new or changed:
        audit.record(session, "change_municipalities", "municipalities", f"{len(new)} {changed}")
    return Changed(len(new), changed)


def _read(
    line: str, place: int, rows: dict[str, tuple[str, str]], faults: list[Fault]
) -> tuple[str, str, str] | None:
    parts = [" ".join(part.split()) for part in line.replace("\t", ";").split(";")]
    if len(parts) != 3 or not all(parts):
        faults.append(
            _fault(place, Message("Write code, name and sub-region with semicolons between them."))
        )
        return None
    code, name, region = parts
    if not (code.isascii() and code.isalnum() and len(code) <= CODE):
        text = Message("%(code)s is no code: digits or letters, at most 8.", code=f"“{code[:20]}”")
        faults.append(_fault(place, text))
        return None
    if max(len(name), len(region)) > LONGEST or not (name + region).isprintable():
        text = Message("Name and sub-region have at most %(most)d characters.", most=LONGEST)
        faults.append(_fault(place, text))
        return None
    if code in rows:
        faults.append(_fault(place, Message("The code %(code)s stands here twice.", code=code)))
        return None
    return code, name, region


def _fault(place: int, message: Message) -> Fault:
    return Fault(f"line {place}", message)


def _stays(one: Municipality) -> Message:
    return Message(
        "%(name)s stays in the sub-region %(region)s: clients have been served there, and figures of the past would "
        "change.",
        name=one.name,
        region=one.sub_region,
    )


def _is_lived_in(session: Session, code: str) -> bool:
    return any(
        session.scalar(select(model.municipality).where(model.municipality == code).limit(1))
        is not None
        for model in (Episode, Voucher, Client)
    )

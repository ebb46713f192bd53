"""A client's own copy on paper: the same data as in the file for programs, in the client's language, for reading."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from evalplat.episodes.local_time import local_day
from evalplat.language import get_translator, say, write_date, write_number
from evalplat.reports.copy_words import FACTS, WORDS
from evalplat.reports.words import DASH, point_word, signed, tidy

Copy = Mapping[str, Any]
Story = list[Any]


def write_copy(copy: Copy, language: str) -> bytes:
    """The copy as PDF; the same bytes for the same copy."""
    from evalplat.reports.paper import PaperWords, write_paper

    _ = get_translator(language)
    made_on = write_date(date.fromisoformat(copy["made_on"]), language)
    words = PaperWords(
        title=_("A copy of my data"),
        head=tidy(copy["person"].get("name", "")),
        foot=_("Printed %(day)s") % {"day": made_on},
        language=language,
        subject=_("Everything that is kept about me"),
    )
    return write_paper(words, lambda: _Teller(copy, language).tell(words.title, made_on))


class _Teller:
    """Puts the parts of a copy into words, one after the other."""

    def __init__(self, copy: Copy, language: str) -> None:
        self.copy, self.language = copy, language
        self._ = get_translator(language)

    def tell(self, title: str, made_on: str) -> Story:
        """The whole paper."""
        from evalplat.reports.paper import say as paragraph
        from evalplat.reports.paper import title_band

        _ = self._
        name = tidy(self.copy["person"].get("name", ""))
        story: Story = [
            *title_band(title, [name, made_on]),
            paragraph(_("This paper is yours. It tells everything that evalplat keeps about you.")),
            paragraph(
                _(
                    "Staff stand in it by their work and organisation. Feedback that you gave without your name is "
                    "not in it, because nobody can tell that it is yours."
                )
            ),
        ]
        parts: tuple[Callable[[], Story], ...] = (
            *(self.person, self.corrections, self.wishes, self.plan, self.vouchers),
            *(self.services, self.looked),
        )
        for part in parts:
            story += part()
        return story

    def person(self) -> Story:
        """Who the client is, and how they can be reached."""
        _, who = self._, self.copy["person"]
        rows = [
            (say(label, self.language), self.value(fact, who.get(fact)))
            for fact, label in FACTS.items()
            if fact != "municipality"
        ]
        rows.append((_("Municipality"), who["municipality_name"] or who["municipality"]))
        rows.append((_("Personal identity code"), who.get("personal_identity_code") or DASH))
        contact = self.copy["contact"] or {}
        rows += [
            (_("E-mail address"), contact.get("email") or DASH),
            (_("Telephone"), contact.get("phone") or DASH),
            (_("Reminders"), self.value("channel", contact.get("channel", "none"))),
        ]
        return self.part(_("Basic details"), [self.pairs(rows)])

    def corrections(self) -> Story:
        """What was corrected, and what stood there before."""
        _ = self._
        rows = [
            (
                self.day(one["corrected_at"]),
                say(FACTS[one["fact"]], self.language),
                self.value(one["fact"], one["earlier"]),
                self.value(one["fact"], one["later"]),
                one["reason"],
            )
            for one in self.copy["corrections"]
        ]
        heads = (_("Day"), _("Detail"), _("Before"), _("After"), _("Why"))
        return self.table(_("Corrections"), heads, rows, (0.13, 0.2, 0.2, 0.2, 0.27))

    def wishes(self) -> Story:
        """What was asked about the data, and what was restricted or objected to."""
        _ = self._
        asked = [
            (
                self.day(one["asked_at"]),
                self.value("kind", one["kind"]),
                one["message"],
                f"{self.value('outcome', one['outcome'])} {one['answer']}".strip(),
            )
            for one in self.copy["requests_about_data"]
        ]
        heads = (_("Asked on"), _("What is asked for"), _("In the client’s own words"), _("Answer"))
        done = [
            (self.day(one["done_at"]), self.value("act", one["act"]), one["reason"])
            for one in self.copy["restrictions_and_objections"]
        ]
        return [
            *self.table(_("Requests about own data"), heads, asked, (0.14, 0.22, 0.32, 0.32)),
            *self.table(
                _("What has been done"), (_("Day"), _("What"), _("Why")), done, (0.14, 0.36, 0.5)
            ),
        ]

    def plan(self) -> Story:
        """The client's one plan, every version of it."""
        _, plan = self._, self.copy["plan"]
        goals = [
            (self.day(one["planned_on"]), one["title"], one["own_words"], one["indicator"])
            for one in plan["goals"]
        ]
        heads = (
            _("Day"),
            _("Name of the goal"),
            _("In the client’s own words"),
            _("What is looked at"),
        )
        records = [
            (
                self.day(one["made_at"]),
                "; ".join(one["situational_factors"]),
                "; ".join((*one["services"], *one["methods"])),
                one["summary"],
            )
            for one in plan["records"]
        ]
        names = (
            _("Day"),
            _("What weighs on the situation"),
            _("Services and support"),
            _("Summary"),
        )
        return [
            *self.table(_("Client’s plan"), heads, goals, (0.13, 0.27, 0.33, 0.27)),
            *self.table(_("Beside the goals"), names, records, (0.13, 0.27, 0.3, 0.3)),
        ]

    def vouchers(self) -> Story:
        """The vouchers."""
        _ = self._
        rows = [
            (
                one["number"],
                one["service"],
                write_number(one["value_cents"] / 100, self.language, 2),
                str(one["hours"]),
                f"{self.day(one['valid_from'])} – {self.day(one['valid_until'])}",
            )
            for one in self.copy["vouchers"]
        ]
        heads = (_("Number of the voucher"), _("Service"), _("Value, €"), _("Hours"), _("Valid"))
        return self.table(_("Vouchers"), heads, rows, (0.22, 0.26, 0.14, 0.1, 0.28), numbers=(2, 3))

    def services(self) -> Story:
        """Each service with its goals, meetings, reminders and measurements."""
        story: Story = []
        for one in self.copy["services"]:
            story += self.service(one)
        return story

    def service(self, one: Copy) -> Story:
        """One service."""
        _ = self._
        end = self.day(one["closed_on"]) if one["closed_on"] else _("under way")
        rows = [
            (_("Service"), f"{self.day(one['opened_on'])} – {end}"),
            (_("How it ended"), self.value("closing", one["closing_reason"])),
            (_("Municipality"), one["municipality_name"] or one["municipality"]),
            (_("Living situation"), self.value("living_situation", one["living_situation"])),
            (_("Employment"), self.value("employment", one["employment"])),
        ]
        rows += [
            (self.day(event["done_at"]), event["note"]) for event in one["events"] if event["note"]
        ]
        story = self.part(tidy(one["provider"]), [self.pairs(rows)], level=0)
        for goal in one["goals"]:
            levels = zip(range(-2, 3), goal["levels"], strict=True)
            details = [(signed(level, self.language, 0), text) for level, text in levels]
            story += self.part(
                tidy(goal["title"]), [self.pairs([("", goal["own_words"]), *details])]
            )
        meetings = [
            (
                self.day(m["held_on"]),
                str(m["minutes"]),
                self.value("place", m["place"]),
                self.value("outcome", m["outcome"]),
            )
            for m in one["meetings"]
        ]
        heads = (_("Day"), _("Minutes"), _("Place"), _("State"))
        story += self.table(_("Meetings"), heads, meetings, (0.2, 0.14, 0.33, 0.33), numbers=(1,))
        sent = [
            (
                self.day(r["local_day"]),
                self.value("channel", r["channel"]),
                self.value("state", r["state"]),
            )
            for r in one["reminders"]
        ]
        story += self.table(
            _("Reminders"), (_("Day"), _("How"), _("State")), sent, (0.3, 0.35, 0.35)
        )
        for measurement in one["measurements"]:
            story += self.measurement(measurement)
        return story

    def measurement(self, one: Copy) -> Story:
        """One measurement with every revision of its sheet."""
        _ = self._
        title = f"{tidy(one['title'])}, {point_word(one['point'], self.language).lower()}"
        story: Story = []
        for sheet in one["sheets"]:
            heading = f"{title} ({self.day(sheet['measured_on'])})"
            if sheet["revision"] > 1:
                heading += f", {_('version %(number)s') % {'number': sheet['revision']}}"
            if sheet["reason"]:
                heading += f": {tidy(sheet['reason'])}"
            story += self.answers(heading, sheet["answers"])
            scores = [
                (
                    s["title"],
                    DASH if s["value"] is None else write_number(s["value"], self.language, 1),
                )
                for s in sheet["scores"]
            ]
            story += self.bare((_("Scale"), _("Score")), scores, (0.75, 0.25), numbers=(1,))
            ratings = [
                (r["goal"], signed(r["level"], self.language, 0), r["comment"])
                for r in sheet["goal_ratings"]
            ]
            story += self.bare((_("Goal"), _("Level"), _("Comment")), ratings, (0.45, 0.12, 0.43))
        aside, begun = _("put aside"), _("begun and not sent")
        for sheet in one["put_aside"]:
            story += self.answers(f"{title}: {aside}", sheet["answers"])
        if one["begun_and_not_sent"]:
            story += self.answers(f"{title}: {begun}", one["begun_and_not_sent"])
        asked = [
            (self.day(r["asked_at"]), r["message"], r["answer"])
            for r in one["requests_to_be_contacted"]
        ]
        heads = (_("Asked on"), _("What it is about"), _("What was done"))
        story += self.table(_("Requests to be contacted"), heads, asked, (0.15, 0.42, 0.43))
        notes = [(self.day(n["seen_at"]), n["done"]) for n in one["notes_on_alerts"]]
        return [*story, *self.table(_("Alerts"), (_("Day"), _("What was done")), notes, (0.2, 0.8))]

    def answers(self, heading: str, answers: Iterable[Copy]) -> Story:
        """Questions with the answers given."""
        _ = self._
        rows = [(one["question"] or one["code"], self.answer(one)) for one in answers]
        return self.table(heading, (_("Question"), _("Answer")), rows, (0.68, 0.32))

    def answer(self, one: Copy) -> str:
        """An answer in words; what was not wanted to be answered is said so."""
        if one["value"] == "declined":
            return self._("I do not want to answer")
        return str(one["answer"] or (DASH if one["value"] is None else one["value"]))

    def looked(self) -> Story:
        """Who has looked."""
        _ = self._
        rows = [
            (self.day(one["day"]), one["who"], one["what"], one["reason"], str(one["times"]))
            for one in self.copy["looked"]
        ]
        heads = (_("Day"), _("Who"), _("What"), _("Why"), _("Times"))
        return self.table(
            _("Who has looked at my data"), heads, rows, (0.13, 0.27, 0.27, 0.23, 0.1), level=0,
            numbers=(4,),
        )  # fmt: skip

    def value(self, kind: str, value: object) -> str:
        """A stored word in the reader's language; other values as they are."""
        found = WORDS.get(kind, {}).get(value)
        if found is not None:
            return say(found, self.language)
        return DASH if value in (None, "") else str(value)

    def day(self, text: str | None) -> str:
        """A day, or of an instant its day in Finland."""
        if not text:
            return DASH
        if len(text) > 10:
            return write_date(local_day(datetime.fromisoformat(text)), self.language)
        return write_date(date.fromisoformat(text), self.language)

    def pairs(self, rows: Sequence[tuple[str, str]]) -> Any:
        """Two columns without a head that says more than they do."""
        from evalplat.reports.paper import text_table

        heads = (self._("Detail"), self._("What is kept"))
        return text_table(heads, [(a, b or DASH) for a, b in rows], (0.35, 0.65), (False, False))

    def bare(
        self,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: Sequence[float],
        numbers: Sequence[int] = (),
    ) -> Story:
        """A table, or nothing where it would be empty."""
        from evalplat.reports.paper import text_table

        if not rows:
            return []
        numeric = [place in numbers for place in range(len(heads))]
        return [
            text_table(heads, [[cell or DASH for cell in row] for row in rows], widths, numeric)
        ]

    def table(
        self,
        title: str,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: Sequence[float],
        *,
        level: int = 1,
        numbers: Sequence[int] = (),
    ) -> Story:
        """A table under its heading, or nothing where it would be empty."""
        found = self.bare(heads, rows, widths, numbers)
        return self.part(title, found, level=level) if found else []

    @staticmethod
    def part(title: str, contents: Story, *, level: int = 1) -> Story:
        """A heading with what stands under it."""
        from evalplat.reports.paper import section

        return section(title, contents, level=level)

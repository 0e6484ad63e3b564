"""The twelve published cases through a whole round of the East Cambridgeshire group: nothing is lost, nothing leaks.

What is compared comes from the files themselves, never from the product's own reading of them.
"""

import re
from collections import Counter
from pathlib import Path

import pytest

from psg import reference
from tests import pdfs
from tests.real_data import timelines
from tests.real_data.pages import entries, notes, references, sections, text_of
from tests.real_data.place import MARKING, PEOPLE, ROOM, SIGNATORIES
from tests.real_data.site import ADMINISTRATOR, Letter
from tests.real_data.story import Story
from tests.real_data.timelines import AGENCIES, UNSIGNED, runs, words_of
from tests.real_data.told import BY_FORMS, CLOSED, DEFERRED, WAITING, Told

KINDS = reference.labels("event-kinds")
ACTION = re.compile(r"action [0-9]+ of EC-[A-Z0-9]{4}-[A-Z0-9]{2}")
GROUP_ROLES = ("chair", "practitioner", "coordinator")


def by_id(story: Story, identity: str) -> Told:
    return next(told for told in story.told if told.timeline.id == identity)


def expected(told: Told) -> list[tuple[str, str, str, str, str]]:
    """Title, when, whose, who and what of every event, oldest first, from the file alone."""
    return [
        (KINDS[event.kind], event.words, AGENCIES[event.agency][1], event.by, event.what)
        for event in told.timeline.in_order
    ]


def seen(page: str) -> list[tuple[str, str, str, str, str]]:
    """The same from a page; the closing of a case adds a note of its own."""
    return [
        (note.title, note.when, note.agency, note.who, note.text)
        for note in notes(page)
        if not note.text.startswith("Closure proposed: ")
    ]


def sent_to(story: Story, moment: str, kind: str) -> dict[str, list[Letter]]:
    """The letters of a kind at a moment, by recipient."""
    found: dict[str, list[Letter]] = {}
    for letter in story.letters[moment]:
        if story.kinds[letter.message_id] == kind:
            found.setdefault(letter.to, []).append(letter)
    return found


def emails(*names: str) -> set[str]:
    return {PEOPLE[name].email for name in names}


def entitled() -> set[str]:
    """Those of the group and the coordinator whose agency has signed."""
    return {person.email for person in PEOPLE.values() if person.role in GROUP_ROLES and person.agency != UNSIGNED}


# Nothing is lost


def test_every_published_case_and_event_was_loaded(story: Story) -> None:
    assert len(story.told) == 12
    assert sum(len(told.timeline.events) for told in story.told) == 88
    precisions = Counter(event.given["precision"] for told in story.told for event in told.timeline.events)
    assert set(precisions) == {"day", "month", "year", "period"}
    assert {event.kind for told in story.told for event in told.timeline.events} <= set(KINDS)
    assert {told.timeline.id for told in story.told} >= set(BY_FORMS)


def test_every_event_is_read_back_on_the_timeline_in_its_order(story: Story) -> None:
    for told in story.told:
        assert seen(story.timelines[told.reference]) == expected(told), told.timeline.id


def test_every_event_stands_on_paper(story: Story) -> None:
    for told in story.told:
        assert seen(story.prints[told.reference]) == expected(told), told.timeline.id


def test_the_case_page_shows_the_latest_events_and_counts_all(story: Story) -> None:
    for told in story.told:
        page = story.overviews[told.reference]
        more = told.timeline.id == CLOSED  # its proposal to close is a note too
        latest = expected(told)[::-1][: 4 if more else 5]
        assert seen(page) == latest, told.timeline.id
        assert f"All {len(told.timeline.events) + more}" in text_of(page)


def test_dates_are_never_shown_more_exactly_than_they_are_known(story: Story) -> None:
    for told in story.told:
        markup = story.timelines[told.reference]
        exact = sorted(re.findall(r'<time datetime="([0-9-]{10})', "".join(_of_notes(markup))))
        known = sorted(str(e.given["date"]) for e in told.timeline.events if e.given["precision"] == "day")
        assert exact == known, told.timeline.id


def _of_notes(markup: str) -> list[str]:
    parts = markup.split('<li class="app-timeline__entry"')[1:]
    return [part for part in parts if "entered by " in part and "Closure proposed: " not in part]


def test_sequence_within_a_month_and_a_time_of_day_are_kept(story: Story) -> None:
    quick = by_id(story, "SCN-08")
    shown = [note.text for note in notes(story.timelines[quick.reference])]
    assert shown == [event["what"] for event in sorted(quick.timeline.given["timeline"], key=lambda e: e["seq"])]
    noise = notes(story.timelines[by_id(story, "SCN-03").reference])
    assert noise[0].when == "8 March 2022 at 10pm"
    assert noise[0].text.endswith("(22:00 to 24:00)")


def test_people_and_places_stand_on_the_case_by_their_part_in_it(story: Story) -> None:
    labels = reference.labels("person-roles")
    for told in story.told:
        shown = text_of(story.people_pages[told.reference])
        for role, party in told.timeline.people:
            for words in (party["ref"], party["role"], party["type"], labels[role]):
                assert words in shown, (told.timeline.id, words)
            assert party.get("vulnerability", "") in shown
        for words in told.timeline.places:
            assert words in shown
        number = told.timeline.given["source"].get("case")
        assert number is None or str(number) in shown
        printed = text_of(story.prints[told.reference])
        assert told.timeline.given["title"] in printed
        assert text_of(told.timeline.narrative) in printed


# The agenda and the meeting


def test_every_case_is_on_the_published_agenda_with_its_reason(story: Story) -> None:
    parts = sections(story.agenda.page)
    assert list(parts) == [entry["title"] for entry in reference.load("standing-agenda")["entries"]]
    where = {ref: title for title, part in parts.items() for ref in references(part)}
    assert set(where) == {told.reference for told in story.told}
    for told in story.told:
        title = where[told.reference]
        place = told.timeline.subject_kind == "place"
        if told.timeline.id == WAITING:
            assert (title, "new referral, sent") == ("New referrals", _why(parts[title], told)[:18])
        elif told.timeline.id == CLOSED:
            assert (title, "proposed for closure") == ("Cases proposed for closure", _why(parts[title], told)[:20])
        else:
            assert title == ("Open cases: places" if place else "Open cases: people")
            assert "review due" in _why(parts[title], told)


def _why(part: str, told: Told) -> str:
    row = next(row for row in part.split("<tr ") if told.reference in row)
    return text_of(row).split("Why here: ")[1]


def test_people_come_before_places_and_each_section_by_review_date(story: Story) -> None:
    shown = references(text_of("".join(sections(story.agenda.page).values())))
    order = {told.reference: number for number, told in enumerate(story.told)}  # reviews were set in this order
    people = [r for r in shown if by_reference(story, r).timeline.subject_kind == "person"]
    open_people = [r for r in people if by_reference(story, r).timeline.id != WAITING]
    open_places = [r for r in shown if by_reference(story, r).timeline.subject_kind == "place"][:-1]
    assert open_people == sorted(open_people, key=order.__getitem__)
    assert open_places == sorted(open_places, key=order.__getitem__)
    assert shown.index(open_people[-1]) < shown.index(open_places[0])


def by_reference(story: Story, ref: str) -> Told:
    return next(told for told in story.told if told.reference == ref)


def test_print_and_pdf_hold_every_reference_and_no_party(story: Story) -> None:
    wanted = {told.reference for told in story.told}
    assert set(references(story.agenda.printed)) == wanted
    assert story.agenda.pdf.startswith(b"%PDF-")
    text = pdfs.text_of(story.agenda.pdf)
    assert set(references(text)) == wanted
    for words in (MARKING, *[entry["title"] for entry in reference.load("standing-agenda")["entries"]]):
        assert words in " ".join(text.split())
    told_apart = {event.what for told in story.told for event in told.timeline.events}
    assert not [words for words in told_apart if words in " ".join(text.split())]


def test_an_agency_that_has_not_signed_sees_nothing(story: Story) -> None:
    assert story.unsigned_status == 403


def test_the_minutes_hold_each_decision_and_every_action(story: Story) -> None:
    shown = text_of(story.agenda.minutes)
    for told in story.told:
        assert told.reference in shown
        assert told.timeline.id == "SCN-01" or str(told.timeline.given["outcome"].get("status", "")) in shown
    assert len(story.given) > 20
    for given in story.given:
        assert " ".join(given.what.split()) in shown, given.what


def test_the_agenda_after_carries_what_is_open(story: Story) -> None:
    overdue = {given.name.rsplit(" ", 1)[1] for given in story.given if not given.done}
    for told in story.told:
        why = story.next_agenda.get(told.reference, "")
        if told.timeline.id == CLOSED:
            assert why == ""
            continue
        assert ("overdue-actions" in why) == (told.reference in overdue), told.timeline.id
        assert ("carried-over" in why) == (told.timeline.id == DEFERRED)
        assert ("review-due" in why) == (told.timeline.id != DEFERRED)


# The mails


def test_invitations_came_by_mail_and_signatories_got_their_copy(story: Story) -> None:
    assert {letter.to for letter in story.letters["invited"]} >= {ADMINISTRATOR, *emails(*PEOPLE)}
    copies = sent_to(story, "signed", "agreement-signed")
    assert set(copies) == emails(*SIGNATORIES) - emails(f"{UNSIGNED}lead")


def test_deciders_hear_of_each_referral_and_referrers_of_each_decision(story: Story) -> None:
    for name in ("coordinator", "chair"):
        letters = sent_to(story, "logged", "new-referral")[PEOPLE[name].email]
        assert sorted(ref for letter in letters for ref in references(letter.subject)) == sorted(
            told.reference for told in story.told
        )
    decided = {
        (letter.to, ref)
        for moment in ("accepted", "met")
        for letters in sent_to(story, moment, "referral-decided").values()
        for letter in letters
        for ref in references(letter.subject)
    }
    assert decided == {(PEOPLE[told.referrer].email, told.reference) for told in story.told}
    led = {
        (letter.to, ref)
        for moment in ("accepted", "met")
        for letters in sent_to(story, moment, "made-lead").values()
        for letter in letters
        for ref in references(letter.subject)
    }
    assert led == {(PEOPLE[told.lead].email, told.reference) for told in story.told}


@pytest.mark.parametrize(
    ("moment", "kind"), [("published", "agenda-published"), ("meeting tomorrow", "meeting-tomorrow")]
)
def test_the_group_hears_of_its_meeting_once_each(story: Story, moment: str, kind: str) -> None:
    letters = sent_to(story, moment, kind)
    assert set(letters) == entitled()
    for theirs in letters.values():
        (letter,) = theirs
        assert "BEGIN:VCALENDAR" in letter.calendar
    if kind == "meeting-tomorrow":
        assert {letter.subject for theirs in letters.values() for letter in theirs} == {"PSG: meeting tomorrow at 10am"}


def test_who_is_given_an_action_hears_at_once(story: Story) -> None:
    told = {
        (letter.to, name)
        for letters in sent_to(story, "met", "action-given").values()
        for letter in letters
        for name in ACTION.findall(letter.subject)
    }
    assert told == {(PEOPLE[given.owner].email, given.name) for given in story.given}
    assert {given.to_person for given in story.given} == {True, False}


@pytest.mark.parametrize("moment", ["due in a week", "due today", "overdue", "escalated"])
def test_digests_name_what_is_due_to_whom_owes_it(story: Story, moment: str) -> None:
    gone = moment != "due in a week"
    wanted: dict[str, set[str]] = {}
    for given in story.given:
        if not (gone and given.done):
            wanted.setdefault(PEOPLE[given.owner].email, set()).add(given.name)
            if moment == "escalated":
                wanted.setdefault(PEOPLE[f"{given.owner}lead"].email, set()).add(given.name)
    told: dict[str, set[str]] = {}
    for to, letters in sent_to(story, moment, "digest").items():
        (letter,) = letters
        assert not re.search(r"and [0-9]+ more", letter.plain)
        if names := ACTION.findall(letter.plain):
            assert len(names) == len(set(names))
            told[to] = set(names)
    assert told == wanted


def test_digests_say_how_it_stands(story: Story) -> None:
    subjects = {
        moment: " ".join(letter.subject for letter in story.letters[moment])
        for moment in ("due in a week", "due today", "overdue", "escalated")
    }
    assert "due soon" in subjects["due in a week"]
    assert "due today" in subjects["due today"]
    assert "overdue" in subjects["overdue"]
    assert "of your agency are overdue" in subjects["escalated"]
    lead = sent_to(story, "escalated", "digest")[PEOPLE["firelead"].email][0]
    assert "due Monday 9 November, 14 days overdue" in lead.plain
    assert any(link.endswith(("/agency-actions", "/my-work")) for link in lead.links)


def test_whose_agency_has_not_signed_is_told_of_no_case(story: Story) -> None:
    theirs = emails(UNSIGNED, f"{UNSIGNED}lead")
    letters = [letter for _, letter in story.all_letters() if letter.to in theirs]
    assert {story.kinds[letter.message_id] for letter in letters} <= {"invitation", "digest"}
    for letter in letters:
        assert references(letter.said) == []


def test_every_link_leads_to_a_page_its_reader_may_open(story: Story) -> None:
    assert len(story.answers) > 80
    wrong = {key: status for key, status in story.answers.items() if status != 200}
    assert wrong == {}


def test_no_case_text_is_in_any_mail_or_log(story: Story) -> None:
    texts = [text for source in story.sources for text in source.texts()]
    texts += [given.what for given in story.given] + [told.timeline.narrative for told in story.told]
    secret = {run: text for text in texts for run in runs(text, 4)}
    assert len(secret) > 1_000
    for _, letter in story.all_letters():
        assert not runs(letter.said, 4) & set(secret), letter.subject
        for told in story.told:
            assert told.timeline.given["title"].casefold() not in letter.said.casefold()
    assert not runs(story.site.logs(), 4) & set(secret)


_REFERENCE = re.compile(r"\bEC-[2-9A-Z]{4}-[2-9A-Z]{2}\b")


def test_no_party_and_no_colleague_is_named_in_any_mail(story: Story) -> None:
    parties = {
        " ".join(words_of(party[key]))
        for source in story.sources
        for party in source.given["parties"]
        for key in ("type", "ref", "vulnerability")
        if key in party
    }
    assert "tenant" in parties
    for _, letter in story.all_letters():
        # A case's random reference may happen to end as a party's label does ("P2").
        said = f" {' '.join(words_of(_REFERENCE.sub(' ', letter.said)))} "
        assert not [words for words in parties if f" {words} " in said], letter.subject
        names = {person.last for person in PEOPLE.values()} | {
            person.first for person in PEOPLE.values() if person.email != letter.to
        }
        assert not [name for name in names if f" {name.casefold()} " in said], letter.subject
        assert ROOM not in letter.said
        assert MARKING not in letter.said


# The end


def test_the_audit_is_whole_at_the_end(story: Story) -> None:
    assert story.report is not None
    assert story.report.ok, story.report.sentences()
    assert story.report.unsealed == 0
    assert story.report.counts["events"] > 400


def test_worker_and_scheduler_are_seen_at_work_whatever_the_clock_does(story: Story) -> None:
    assert story.ready == 200


def test_decisions_stand_beside_the_events_they_led_to(story: Story) -> None:
    for told in story.told:
        titles = [entry.title for entry in entries(story.timelines[told.reference])]
        assert titles.count("Referral accepted") == 1
        assert ("Case closed" in titles) == (told.timeline.id == CLOSED)


def test_files_are_read_whole(data: Path) -> None:
    """Every field of every event is one that the tests look at: a new one would be lost unnoticed."""
    for timeline in timelines.read(data):
        for event in timeline.events:
            assert set(event.given) <= {"date", "precision", "period", "time", "seq", "kind", "by", "what"}
            assert str(event.given["what"]) in event.what

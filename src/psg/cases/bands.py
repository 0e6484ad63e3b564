"""What a partnership's own schemes call the bands of each tone: the list is filtered by the words that stand in it."""

import uuid
from collections.abc import Mapping, Sequence

from psg.access import standing
from psg.cases.checks import bands_by_tone
from psg.cases.rules import Tone, tone_words

_MOST = 256
_words: dict[tuple[uuid.UUID, uuid.UUID], Mapping[Tone, str]] = {}
"""Words by partnership and the stamp of its names, which new schemes change too: the list asks nothing for them."""


def words_of_bands() -> Mapping[Tone, str]:
    """The bands that the list of this page's partnership can be filtered by, the highest first."""
    place = standing()
    if place.names_stamp is None:
        return _read(place.partnership_id)
    asked = (place.partnership_id, place.names_stamp)
    if (words := _words.get(asked)) is None:
        words = _read(place.partnership_id)
        if len(_words) >= _MOST:
            _words.clear()
        _words[asked] = words
    return words


def _read(partnership_id: uuid.UUID) -> Mapping[Tone, str]:
    bands: Mapping[str, Sequence[str]] = bands_by_tone(partnership_id)
    return tone_words({Tone(tone): labels for tone, labels in bands.items()})

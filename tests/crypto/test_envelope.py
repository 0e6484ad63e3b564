"""The sealed form byte for byte: known answers, buckets, associated data."""

import json
import uuid

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from psg.crypto import envelope
from psg.crypto.encoding import encode
from psg.crypto.envelope import Kind, SealingKey
from psg.crypto.errors import Unopenable

KEY = bytes(range(32))
KEY_ID = bytes.fromhex("0102030405060708")
PARTNERSHIP = uuid.UUID("018f3c1e-0000-7000-8000-000000000001")
ROW = uuid.UUID("018f3c1e-0000-7000-8000-0000000000aa")
NONCE = bytes(range(100, 112))
VECTORS = [
    (
        Kind.NONE,
        b"",
        (
            "0101020304050607086465666768696a6b6c6d6e6f481bde6679e9569e3e625fe8da656afd42c2060a8b6cf372a7d1ac"
            "48fba3a548b40977dc9512a0d0a274c18c4bfcfb76"
        ),
    ),
    (
        Kind.TEXT,
        b"",
        (
            "0101020304050607086465666768696a6b6c6d6e6f491bde6679e9569e3e625fe8da656afd42c2060a8b6cf372a7d1ac"
            "48fba3a548d99544ba2cc1be29372e30a821de7c83"
        ),
    ),
    (
        Kind.TEXT,
        "Zoë O’Connor".encode(),
        (
            "0101020304050607086465666768696a6b6c6d6e6f491bde6676b3395d9542100a5afc29922cac69788b6cf372a7d1ac"
            "48fba3a548769cbe9b6e94ab8e3f0aff2c5e168e96"
        ),
    ),
    (
        Kind.JSON,
        b'{"score":12,"band":"high"}',
        (
            "0101020304050607086465666768696a6b6c6d6e6f4a1bde66639274ed5d0d2d8df85f5bcf6ee0646be508d14885b9c5"
            "2f9381d84885406c137e8e629ae38a3fd6b752a6e1"
        ),
    ),
    (
        Kind.BYTES,
        bytes(60),
        (
            "0101020304050607086465666768696a6b6c6d6e6f4b1bde6645e9569e3e625fe8da656afd42c2060a8b6cf372a7d1ac"
            "48fba3a54894e940c04c129b04fdf3783ffd42cacf1b5b98e7204a4128faf1acd6ef81a58a088cdb0ed64b3b058b6fed"
            "43118a31e664781f34a7c58dc6dff136c47b134e518e71927e6b4db87eb3fadec5a20db8e8222b801fc179b934b27993"
            "b1dab408c7074f83ca4dc24896d2ea147cc1a46a89"
        ),
    ),
]


@pytest.fixture
def fixed_nonce(monkeypatch):
    monkeypatch.setattr(envelope.os, "urandom", lambda size: NONCE[:size])


@pytest.mark.parametrize(("kind", "content", "expected"), VECTORS)
def test_known_answers(fixed_nonce, kind, content, expected):
    """Values sealed by an earlier version must open for ever: these bytes may not change while version 1 is read."""
    key = SealingKey(KEY, KEY_ID)
    where = envelope.place(PARTNERSHIP, "cases", "title_sealed")
    assert envelope.seal(key, where, ROW, kind, content).hex() == expected
    inner = envelope.unseal(key, where, ROW, bytes.fromhex(expected))
    assert (inner[0], envelope.content_of(inner)) == (kind, content)


def test_known_associated_data():
    data = envelope.associated_data(PARTNERSHIP, "cases", "title_sealed", ROW, KEY_ID)
    assert data.hex() == (
        "00000007"
        "00000003" + b"psg".hex() + "00000008" + "0000000000000001"
        "00000010" + PARTNERSHIP.hex + "00000005" + b"cases".hex() + "0000000c" + b"title_sealed".hex()
        + "00000010" + ROW.hex + "00000008" + KEY_ID.hex()
    )  # fmt: skip


def test_the_fast_associated_data_is_the_whole_one():
    where = envelope.place(PARTNERSHIP, "cases", "title_sealed")
    whole = envelope.associated_data(PARTNERSHIP, "cases", "title_sealed", ROW, KEY_ID)
    assert where + ROW.bytes + SealingKey(KEY, KEY_ID).suffix == whole


def test_an_envelope_opens_with_nothing_but_the_library():
    """What docs/crypto.md says is enough to read a value without this program."""
    key = SealingKey(KEY, KEY_ID)
    blob = envelope.seal(
        key, envelope.place(PARTNERSHIP, "cases", "title_sealed"), ROW, *envelope.text_content("hello")
    )
    data = envelope.associated_data(PARTNERSHIP, "cases", "title_sealed", ROW, KEY_ID)
    inner = AESGCM(KEY).decrypt(blob[9:21], blob[21:], data)
    assert blob[0] == 1
    assert blob[1:9] == KEY_ID
    assert inner == b"\x01" + (5).to_bytes(4) + b"hello" + bytes(22)


@pytest.mark.parametrize(
    ("content", "padded"),
    [(0, 32), (27, 32), (28, 64), (59, 64), (60, 128), (123, 128), (124, 256), (251, 256), (252, 512), (507, 512),
     (508, 1024), (1019, 1024), (1020, 1536)],
)  # fmt: skip
def test_bucket_sizes(content, padded):
    assert len(envelope.pack(Kind.BYTES, bytes(content))) == padded


@given(st.binary(max_size=3000), st.sampled_from(list(Kind)))
def test_any_content_reads_back(content, kind):
    key = SealingKey(KEY, KEY_ID)
    where = envelope.place(PARTNERSHIP, "t", "c")
    inner = envelope.unseal(key, where, ROW, envelope.seal(key, where, ROW, kind, content))
    assert (inner[0], envelope.content_of(inner)) == (kind, content)


words = st.text(st.characters(exclude_categories=["Cs"]))
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words
json_values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4), max_leaves=12
)


@given(json_values)
def test_any_structure_reads_back(value):
    assert envelope.json_of(envelope.pack(*envelope.json_content(value))) == json.loads(json.dumps(value))


@given(st.lists(st.binary(max_size=6), max_size=5), st.lists(st.binary(max_size=6), max_size=5))
def test_two_lists_of_pieces_never_encode_alike(one, other):
    assert (encode(*one) == encode(*other)) == (one == other)


@pytest.mark.parametrize(
    ("partnership", "table", "column", "row"),
    [
        (uuid.UUID(int=5), "cases", "title", ROW),
        (PARTNERSHIP, "case", "stitle", ROW),
        (PARTNERSHIP, "cases", "summary", ROW),
        (PARTNERSHIP, "cases", "title", uuid.UUID(int=5)),
    ],
)
def test_a_value_opens_in_its_own_place_only(partnership, table, column, row):
    key = SealingKey(KEY, KEY_ID)
    blob = envelope.seal(key, envelope.place(PARTNERSHIP, "cases", "title"), ROW, Kind.TEXT, b"x")
    with pytest.raises(Unopenable):
        envelope.unseal(key, envelope.place(partnership, table, column), row, blob)


def test_another_key_with_the_same_id_does_not_open():
    where = envelope.place(PARTNERSHIP, "cases", "title")
    blob = envelope.seal(SealingKey(KEY, KEY_ID), where, ROW, Kind.TEXT, b"x")
    with pytest.raises(Unopenable):
        envelope.unseal(SealingKey(bytes(32), KEY_ID), where, ROW, blob)


def test_another_version_does_not_open():
    key = SealingKey(KEY, KEY_ID)
    where = envelope.place(PARTNERSHIP, "cases", "title")
    blob = envelope.seal(key, where, ROW, Kind.TEXT, b"x")
    with pytest.raises(Unopenable):
        envelope.unseal(key, where, ROW, b"\x02" + blob[1:])


def test_kinds_are_not_mistaken_for_each_other():
    with pytest.raises(Unopenable):
        envelope.text_of(envelope.pack(Kind.JSON, b"[]"))
    with pytest.raises(Unopenable):
        envelope.json_of(envelope.pack(Kind.TEXT, b"[]"))
    with pytest.raises(Unopenable):
        envelope.text_of(envelope.pack(Kind.BYTES, b"x"))


def test_too_large_a_value_is_refused():
    with pytest.raises(ValueError, match="too large"):
        envelope.pack(Kind.TEXT, bytes(envelope.LARGEST + 1))


def test_numbers_that_are_none_are_refused():
    with pytest.raises(ValueError):
        envelope.json_content(float("nan"))


def test_a_key_never_shows_itself():
    assert KEY.hex() not in repr(SealingKey(KEY, KEY_ID))
    assert KEY_ID.hex() in repr(SealingKey(KEY, KEY_ID))

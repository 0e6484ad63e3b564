"""The list of common passwords travels with the package and is asked whenever a password is chosen."""

import gzip
from importlib import resources

import pytest

from psg.accounts import passwords


@pytest.mark.parametrize(
    "password", ["qwertyuiopasdfghjkl", "PasswordPassword", "liverpoolliverpool", "password1234567890!"]
)
def test_what_many_people_use_is_refused(password: str) -> None:
    assert "many people use" in str(passwords.problem(password))


def test_three_words_are_taken() -> None:
    assert passwords.problem("kettle ferret saturday") is None


def test_the_list_is_long_lower_case_and_without_short_ones() -> None:
    packed = resources.files("psg.accounts").joinpath("common_passwords.txt.gz").read_bytes()
    rows = gzip.decompress(packed).decode("utf-8").splitlines()
    assert len(rows) > 10_000
    assert rows == sorted(set(rows))
    assert all(row == row.lower() and len(row) >= 8 and " " not in row for row in rows)


def test_its_licence_travels_with_it() -> None:
    notice = resources.files("psg.accounts").joinpath("common_passwords.README").read_text(encoding="utf-8")
    assert "Redistribution and use in source and binary forms" in notice

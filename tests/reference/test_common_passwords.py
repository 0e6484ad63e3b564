"""The list of common passwords travels with the package and answers without regard to case."""

import gzip
from importlib import resources

from psg.accounts.common_passwords import is_common


def test_what_many_people_use_is_found() -> None:
    assert is_common("password1")
    assert is_common(" PassWord1 ")
    assert is_common("qwertyuiopasdfghjkl")
    assert is_common("passwordpassword")
    assert is_common("Password2026Password2026") is False
    assert is_common("kettle ferret Saturday") is False


def test_the_list_is_long_lower_case_and_without_short_ones() -> None:
    packed = resources.files("psg.accounts").joinpath("common_passwords.txt.gz").read_bytes()
    rows = gzip.decompress(packed).decode("utf-8").splitlines()
    assert len(rows) > 10_000
    assert rows == sorted(set(rows))
    assert all(row == row.lower() and len(row) >= 8 for row in rows)


def test_its_licence_travels_with_it() -> None:
    notice = resources.files("psg.accounts").joinpath("common_passwords.README").read_text(encoding="utf-8")
    assert "Redistribution and use in source and binary forms" in notice

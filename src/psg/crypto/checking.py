"""Looking over every key file without using any: all that is wrong at once, in sentences for the operator."""

from pathlib import Path

from psg.crypto.errors import KeyProblem
from psg.crypto.keyfiles import (
    APP,
    AUDIT,
    PARTNERSHIP,
    SEARCH,
    Key,
    KeyFile,
    KeyPlaces,
    read_folder,
    read_root,
    root_path,
    unwrap,
)
from psg.crypto.keyring import chosen


def check(places: KeyPlaces) -> list[str]:
    """Open every key; gives the problems found, none when all is well."""
    problems: list[str] = []
    root, files = None, []
    try:
        root = read_root(root_path(places))
    except KeyProblem as problem:
        problems += problem.problems
    try:
        files = read_folder(places)
    except KeyProblem as problem:
        problems += problem.problems
    if root is None or problems:
        return problems
    try:
        return _open_all(root, chosen(root, files), places.keys) + _unfinished(places)
    except KeyProblem as problem:
        return problem.problems + _unfinished(places)


def describe(places: KeyPlaces) -> list[Key]:
    """Every key in force, the root first, for a list; raises KeyProblem when one does not open."""
    root = read_root(root_path(places))
    return [root, *(unwrap(root, file) for file in chosen(root, read_folder(places)))]


def _open_all(root: Key, files: list[KeyFile], folder: Path) -> list[str]:
    problems = []
    for file in files:
        try:
            unwrap(root, file)
        except KeyProblem as problem:
            problems += problem.problems
    names = [file.name for file in files]
    kinds = {name.kind for name in names}
    problems += [
        f"The {kind} key is missing from {folder}. Put it back from the folder's backup."
        for kind in (AUDIT, APP)
        if kind not in kinds
    ]
    keyed = {name.partnership_id for name in names if name.kind == PARTNERSHIP}
    searchable = {name.partnership_id for name in names if name.kind == SEARCH}
    problems += [
        f"Partnership {one} has only one of its two keys. Put the other back from the folder's backup; if it never had "
        f"both, run: psg keys add-partnership {one}"
        for one in sorted(keyed ^ searchable, key=str)
    ]
    return problems


def _unfinished(places: KeyPlaces) -> list[str]:
    path = root_path(places)
    if any(path.with_name(path.name + ending).exists() for ending in (".next", ".previous")):
        return ["A change of the root key was interrupted. Finish it with: psg keys rotate root"]
    return []

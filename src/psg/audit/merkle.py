"""A Merkle tree as in RFC 6962, computed in one pass: memory grows with the height of the tree, not its leaves."""

import hashlib

NO_LEAVES = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """The hash of one leaf. The prefix keeps a leaf from ever being taken for an inner node."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """Takes leaf hashes in order and gives the root at any time."""

    def __init__(self) -> None:
        self.count = 0
        self._peaks: list[bytes] = []
        """Roots of the complete subtrees so far, the largest first: one for each 1 in the binary count."""

    def add(self, leaf: bytes) -> None:
        """Append a leaf hash."""
        size = self.count
        while size & 1:
            leaf = node_hash(self._peaks.pop(), leaf)
            size >>= 1
        self._peaks.append(leaf)
        self.count += 1

    def root(self) -> bytes:
        """The root over everything added."""
        if not self._peaks:
            return NO_LEAVES
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root

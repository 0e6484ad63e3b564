"""The demonstration: three partnerships with invented people, loaded by the same operations that forms use."""

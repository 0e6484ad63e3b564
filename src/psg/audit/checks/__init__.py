"""The parts of `psg audit verify`."""

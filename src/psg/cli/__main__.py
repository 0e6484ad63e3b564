"""`python -m psg.cli`, which is what the `psg` command of a checkout runs."""

from psg.cli import main

main(prog_name="psg")

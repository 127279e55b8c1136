"""The kernel: what a piece of music is, what may be done to it, and what of it sounds when.

Pure and exact: no network, no clock, no disk but its own data, no dice without a seed. A model's words come
in as actions alone, and nothing skips a step:

    document -> reading.read_action -> checks -> reduce -> Project and what undoes it
    Project  -> expansion.expand -> Events -> midi_file.write

    values.py     a project: machines on the desk, patterns, sections
    actions.py    what may be done to it;  problems.py: why something may not
    schemas/      one JSON Schema for each document, the only definition;  schema.py reads them
    documents.py  values to documents and back;  patterns.py: patterns to actions and back
    diff.py       what differs between two states
    midi_reading.py, midi_import.py   files in;  ratchets.py: which close hits are one step
    machines/     real machines: their controls, voices and manners;  wires.py: how they are spoken to
    wish.py       a wish in words;  generator/: composing by rules;  judge.py: how well that went
    wire/         music as a model writes it

Nothing here imports another room but `words`.
"""

"""The kernel: what a piece of music is, what may be done to it, and what of it sounds when.

Pure and exact: no network, no clock, no disk but its own data, no dice without a seed. A model's words come
in as actions alone, and nothing skips a step:

    document -> reading.read -> checks -> reduce -> Project and what undoes it
    Project  -> expansion.expand -> events in time -> midi_file.write

    values.py     a project: machines on the desk, patterns, sections
    actions.py    what may be done to it;  problems.py: why something may not
    schemas/      one JSON Schema for each document, the only definition;  schema.py reads them
    documents.py  values to documents and back
    machines/     real machines: their controls, voices and manners

Nothing here imports another room but `words`.
"""

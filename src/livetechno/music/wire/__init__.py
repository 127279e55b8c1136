"""Music as a model writes it: few tokens, and nothing that could not be meant.

A groove of five machines and four bars as full steps is some 5,600 tokens, and as rows less than a fifth.
What comes in expands to actions, which are then read and checked as any others; nothing is corrected.

    palette.py    which machines and controls an answer may name
    notation.py   steps as text: a row for a drum, a line for a voice that plays notes
    schema.py     the JSON Schema of an answer, made for one palette, within the service's limits
    checking.py   whether an answer follows it, told so that a model can mend it
    answers.py    an answer to actions
    writing.py    actions to an answer, and patterns as an answer would say them
    context.py    what a model is told of a project, and the same read back
"""

"""Real machines: what each can be told over MIDI, and how sure we are of it.

device.py     what a machine is
catalogue.py  all that are known, by id;  search
guide.py      those of MIDI Guide, from its files
data/         those made by hand, one file each, as Machine.v1

What is not known for sure says so: `Level`.
"""

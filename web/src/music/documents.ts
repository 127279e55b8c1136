// Written by `python -m tools.schemas` from src/livetechno/music/schemas.

/** How an accent is said: by velocity. */
export interface Accent {
  /** The velocity of an accent. */
  accented?: number;
  /** The velocity of every other note; null keeps the step's own. */
  normal?: number | null;
  /** How the fact is known: a maker's chart or firmware, a manual, people who tried it, the MIDI Guide data, not at all. */
  level?: "source" | "manual" | "community" | "guide" | "unverified";
}

/** Actions in order, all or nothing; one step for undo. */
export interface ActionBatch {
  type: "ActionBatch.v1";
  /** In order. */
  actions: readonly (AddMachine | RemoveMachine | CreatePattern | EditPattern | DeletePattern | SetParam | SetTempo | SetKey | SetMix | Arrange | ExportPlan)[];
  /** One or two sentences for the musician. */
  explain?: string;
}

/** Put a machine of the catalogue on the desk. */
export interface AddMachine {
  type: "AddMachine.v1";
  /** Its id in the catalogue of machines. */
  machine: string;
  /** The id that it gets on the desk. */
  instance: string;
  /** MIDI channel; no other machine on the desk has it. */
  channel: number;
  /** Where it stands, from the left. */
  position?: number;
  /** What the musician calls it. */
  name?: string;
  /** One or two sentences for the musician. */
  explain?: string;
}

/** Set the whole arrangement. */
export interface Arrange {
  type: "Arrange.v1";
  /** In order. */
  sections: readonly Section[];
  /** One or two sentences for the musician. */
  explain?: string;
}

/** One point of a control's way through a pattern. No two have the same target and at. */
export interface Automation {
  /** A control of the machine that plays the pattern. */
  target: string;
  /** In steps from the pattern's begin; three decimals. */
  at: number;
  /** From the control's low end to its high end. */
  value: number;
  /** How it goes on to the next point: not before it, evenly, or with a soft begin and end. */
  curve?: "hold" | "linear" | "smooth";
}

/** Which point of a pattern's automation. */
export interface AutomationPlace {
  /** A control's name. */
  target: string;
  /** In steps from the pattern's begin; three decimals. */
  at: number;
}

/** What this version of the app can play. */
export interface Capabilities {
  type: "Capabilities.v1";
  /** Pattern lengths that are offered. */
  lengths: readonly number[];
  /** Sizes of a step. */
  step_sizes: readonly ("1/8" | "1/8T" | "1/16" | "1/16T" | "1/32")[];
  /** What a step or a pattern may have. */
  features: readonly ("swing" | "micro" | "ratchet" | "prob" | "slide" | "accent" | "automation" | "polymeter" | "arrangement")[];
  /** Machines on the desk. */
  most_machines?: number;
  /** Steps of a pattern, all notes counted. */
  most_steps?: number;
}

/** What a range of a control's values means, ends included. */
export interface Choice {
  /** First value. */
  low: number;
  /** Last value. */
  high: number;
  /** Its meaning. */
  label: string;
}

/** Something of a machine that can be set; an action says 0 to 1, which is low to high. */
export interface Control {
  /** The word that actions use, unique in the machine. */
  name: string;
  /** The maker's own. */
  title?: string;
  /** Where on the panel. */
  section?: string;
  /** Controller. */
  cc?: number | null;
  /** Controller of the fine seven bits; then values have 14. */
  cc_lsb?: number | null;
  /** NRPN, coarse. */
  nrpn_msb?: number | null;
  /** NRPN, fine. */
  nrpn_lsb?: number | null;
  /** Lowest value that is sent. */
  low?: number;
  /** Highest value that is sent. */
  high?: number;
  /** Its value after power-on. */
  default?: number | null;
  /** Whether its middle is its zero. */
  centred?: boolean;
  /** What ranges of its values mean. */
  choices?: readonly Choice[];
  /** How the fact is known: a maker's chart or firmware, a manual, people who tried it, the MIDI Guide data, not at all. */
  level?: "source" | "manual" | "community" | "guide" | "unverified";
  /** What an owner should know. */
  note?: string;
}

/** Give a machine on the desk a new pattern. */
export interface CreatePattern {
  type: "CreatePattern.v1";
  /** Id of the pattern. */
  pattern: string;
  /** Id of a machine on the desk. */
  instance: string;
  /** In steps. */
  length: number;
  /** What it is called. */
  name?: string;
  /** How long a step is; T is a triplet's, three in the time of two. */
  step_size?: "1/8" | "1/8T" | "1/16" | "1/16T" | "1/32";
  /** Percent, the share of the first step in a pair; null takes the project's. */
  swing?: number | null;
  /** By t, then by note. */
  steps?: readonly Step[];
  /** By target, then by at. */
  automation?: readonly Automation[];
  /** One or two sentences for the musician. */
  explain?: string;
}

/** Take a pattern away, also out of the arrangement. */
export interface DeletePattern {
  type: "DeletePattern.v1";
  /** Id of the pattern. */
  pattern: string;
  /** One or two sentences for the musician. */
  explain?: string;
}

/** Change a pattern: first what is dropped and released goes, then what is put and automated comes. */
export interface EditPattern {
  type: "EditPattern.v1";
  /** Id of the pattern. */
  pattern: string;
  /** What it is called. */
  name?: string;
  /** In steps. */
  length?: number;
  /** How long a step is; T is a triplet's, three in the time of two. */
  step_size?: "1/8" | "1/8T" | "1/16" | "1/16T" | "1/32";
  /** Percent, the share of the first step in a pair; null takes the project's. */
  swing?: number | null;
  /** Steps to take away. */
  drop?: readonly StepPlace[];
  /** Steps to add, or to have instead of the one at the same place. */
  put?: readonly Step[];
  /** Points to take away. */
  release?: readonly AutomationPlace[];
  /** Points to add, or to have instead of the one at the same place. */
  automate?: readonly Automation[];
  /** One or two sentences for the musician. */
  explain?: string;
}

/** A piece in time: what sounds when. */
export interface Events {
  type: "Events.v1";
  /** What it is called. */
  name: string;
  /** Beats per minute; two decimals. */
  bpm: number;
  /** Beats in a bar, and which note is one. */
  signature: Signature;
  /** Ticks of a quarter note in a file that is made of it. */
  ppq: 96 | 192 | 480 | 960;
  /** How long it is. Ticks, of which a quarter note has 201600000. */
  length: number;
  /** The machines, in the order of the desk. */
  parts?: readonly Part[];
  /** The sections. */
  markers?: readonly Marker[];
  /** By start, then in the order of the desk, then by note. */
  notes?: readonly Note[];
  /** By start; those that start together in the order in which they count. */
  ramps?: readonly Ramp[];
}

/** Set what is to be exported. */
export interface ExportPlan {
  type: "ExportPlan.v1";
  /** One for each machine. */
  tracks: readonly Track[];
  /** One or two sentences for the musician. */
  explain?: string;
}

/** A machine that stands on the desk. */
export interface Instance {
  /** Id of a machine on the desk. */
  id: string;
  /** Its id in the catalogue of machines. */
  machine: string;
  /** MIDI channel; no other machine on the desk has it. */
  channel: number;
  /** Where it stands, from the left. */
  position?: number;
  /** What the musician calls it. */
  name?: string;
  /** Controls that are set, by name. */
  params?: Readonly<Record<string, number>>;
  mix?: Mix;
}

/** The machines that the musician owns. */
export interface Inventory {
  type: "Inventory.v1";
  /** Which. */
  machines: readonly string[];
}

/** A machine: what it can be told over MIDI, and how sure we are of it. */
export interface Machine {
  type: "Machine.v1";
  /** maker.device, in small letters and digits. */
  id: string;
  /** Who built it. */
  maker: string;
  /** As its maker calls it. */
  name: string;
  /** What it is. */
  kind: "drums" | "bass" | "synth" | "effect";
  /** What can be set. */
  controls?: readonly Control[];
  /** Of a drum machine, which plays no other notes. */
  voices?: readonly Voice[];
  /** MIDI note; of a drum machine, the one of its voice. */
  low_note?: number;
  /** MIDI note; of a drum machine, the one of its voice. */
  high_note?: number;
  accent?: Accent;
  slide?: Slide;
  /** Machines that stand in for one that has no MIDI. */
  through?: readonly string[];
  /** How long it needs after a program change before it heeds a CC. */
  program_gap_ms?: number;
  /** How the fact is known: a maker's chart or firmware, a manual, people who tried it, the MIDI Guide data, not at all. */
  level?: "source" | "manual" | "community" | "guide" | "unverified";
  /** Where it was read. */
  sources?: readonly string[];
  /** What an owner should know. */
  note?: string;
}

/** Where a section begins. */
export interface Marker {
  /** When. Ticks, of which a quarter note has 201600000. */
  at: number;
  /** What it is called. */
  name: string;
  /** How long it is. */
  bars: number;
}

/** A machine's channel of the mixer. */
export interface Mix {
  /** How loud. */
  level?: number;
  /** -1 is left, 1 is right. */
  pan?: number;
  /** Whether it is silent. */
  mute?: boolean;
  /** Whether all others are silent. */
  solo?: boolean;
  /** To the delay. */
  send_a?: number;
  /** To the reverb. */
  send_b?: number;
}

/** A note that sounds. No two of a machine have the same note at the same time. */
export interface Note {
  /** The machine on the desk that plays it. */
  instance: string;
  /** When it begins. Ticks, of which a quarter note has 201600000. */
  start: number;
  /** How long it sounds. Ticks, of which a quarter note has 201600000. */
  length: number;
  /** MIDI note; of a drum machine, the one of its voice. */
  note: number;
  /** How hard. */
  vel: number;
  /** Whether it lasts until the next note of its machine, into which it glides. */
  slide?: boolean;
  /** Whether it is stressed, in the manner of its machine. */
  accent?: boolean;
}

/** A machine of the desk, as it is played. */
export interface Part {
  /** Its id on the desk. */
  instance: string;
  /** Its id in the catalogue of machines. */
  machine: string;
  /** MIDI channel. */
  channel: number;
  /** Of its track. */
  name: string;
  /** Whether neither its own mute nor another's solo silences it, and the export plan has it. */
  heard?: boolean;
  /** Controls that are set from the beginning, by name. */
  params?: Readonly<Record<string, number>>;
  /** Its channel of the mixer. */
  mix?: Mix;
}

/** What one machine plays, again and again. */
export interface Pattern {
  /** Id of the pattern. */
  id: string;
  /** Id of a machine on the desk. */
  instance: string;
  /** In steps. */
  length: number;
  /** What it is called. */
  name?: string;
  /** How long a step is; T is a triplet's, three in the time of two. */
  step_size?: "1/8" | "1/8T" | "1/16" | "1/16T" | "1/32";
  /** Percent, the share of the first step in a pair; null takes the project's. */
  swing?: number | null;
  /** By t, then by note. */
  steps?: readonly Step[];
  /** By target, then by at. */
  automation?: readonly Automation[];
}

/** A piece, whole. */
export interface ProjectState {
  type: "ProjectState.v1";
  /** What it is called. */
  name?: string;
  /** Beats per minute; two decimals. */
  bpm?: number;
  /** Percent, the share of the first step in a pair; two decimals. */
  swing?: number;
  signature?: Signature;
  /** Ticks of a quarter note in a file that is exported. */
  ppq?: 96 | 192 | 480 | 960;
  /** The keynote. */
  key?: "C" | "C#" | "D" | "D#" | "E" | "F" | "F#" | "G" | "G#" | "A" | "A#" | "B";
  /** The scale on the keynote. */
  scale?: "major" | "minor" | "dorian" | "phrygian" | "lydian" | "mixolydian" | "locrian" | "harmonic_minor" | "phrygian_dominant" | "pentatonic_minor" | "pentatonic_major" | "blues" | "whole_tone" | "chromatic";
  /** Of the dice that a step's prob throws. */
  seed?: number;
  /** By position, then by id. */
  machines?: readonly Instance[];
  /** By id. */
  patterns?: readonly Pattern[];
  /** In order. */
  arrangement?: readonly Section[];
  /** By instance. */
  exports?: readonly Track[];
}

/** A control on its way from one value to another. */
export interface Ramp {
  /** The machine on the desk. */
  instance: string;
  /** Its control. */
  control: string;
  /** When it leaves the first value. Ticks, of which a quarter note has 201600000. */
  start: number;
  /** When it would be at the last value; the start for a value that is set at once. Ticks, of which a quarter note has 201600000. */
  end: number;
  /** Where it begins. */
  first: number;
  /** Where it goes. */
  last: number;
  /** How it goes: not before the end, evenly, or with a soft begin and end. */
  curve: "hold" | "linear" | "smooth";
  /** When it is cut short, the end at the latest. Ticks, of which a quarter note has 201600000. */
  stop: number;
}

/** Take a machine off the desk, with its patterns. */
export interface RemoveMachine {
  type: "RemoveMachine.v1";
  /** Id of a machine on the desk. */
  instance: string;
  /** One or two sentences for the musician. */
  explain?: string;
}

/** A part of the arrangement. */
export interface Section {
  /** What it is called. */
  name: string;
  /** How long it is. */
  bars: number;
  /** Ids of the patterns that play, in the alphabet's order; at most one of a machine. */
  patterns?: readonly string[];
}

/** Set the key, the scale, or both; no note moves. */
export interface SetKey {
  type: "SetKey.v1";
  /** The keynote. */
  key?: "C" | "C#" | "D" | "D#" | "E" | "F" | "F#" | "G" | "G#" | "A" | "A#" | "B";
  /** The scale on the keynote. */
  scale?: "major" | "minor" | "dorian" | "phrygian" | "lydian" | "mixolydian" | "locrian" | "harmonic_minor" | "phrygian_dominant" | "pentatonic_minor" | "pentatonic_major" | "blues" | "whole_tone" | "chromatic";
  /** One or two sentences for the musician. */
  explain?: string;
}

/** Set a machine's channel of the mixer. */
export interface SetMix {
  type: "SetMix.v1";
  /** Id of a machine on the desk. */
  instance: string;
  /** How loud. */
  level?: number;
  /** -1 is left, 1 is right. */
  pan?: number;
  /** Whether it is silent. */
  mute?: boolean;
  /** Whether all others are silent. */
  solo?: boolean;
  /** To the delay. */
  send_a?: number;
  /** To the reverb. */
  send_b?: number;
  /** One or two sentences for the musician. */
  explain?: string;
}

/** Set a machine's control, for all of its patterns. */
export interface SetParam {
  type: "SetParam.v1";
  /** Id of a machine on the desk. */
  instance: string;
  /** A control of that machine. */
  param: string;
  /** From its low end to its high end; null leaves it to the machine again. */
  value: number | null;
  /** One or two sentences for the musician. */
  explain?: string;
}

/** Set the tempo, the swing, or both. */
export interface SetTempo {
  type: "SetTempo.v1";
  /** Beats per minute; two decimals. */
  bpm?: number;
  /** Percent, the share of the first step in a pair; two decimals. */
  swing?: number;
  /** One or two sentences for the musician. */
  explain?: string;
}

/** Beats in a bar, and which note is one. */
export interface Signature {
  /** How many. */
  beats?: number;
  /** Which note a beat is. */
  unit?: 2 | 4 | 8 | 16;
}

/** How a slide is said. */
export interface Slide {
  /** By notes that overlap, by a CC that is 127 while it lasts, or not at all. */
  kind?: "overlap" | "cc" | "none";
  /** How long notes overlap, in milliseconds. */
  ms?: number;
  /** The CC. */
  cc?: number | null;
  /** How the fact is known: a maker's chart or firmware, a manual, people who tried it, the MIDI Guide data, not at all. */
  level?: "source" | "manual" | "community" | "guide" | "unverified";
}

/** A note on a pattern's grid. No two of a pattern have the same t and note. */
export interface Step {
  /** Which step of the pattern, from 0. */
  t: number;
  /** MIDI note; of a drum machine, the one of its voice. */
  note: number;
  /** How hard. */
  vel: number;
  /** How long it sounds, in steps; three decimals. 0.5 where it is left out. */
  gate?: number;
  /** How much later it comes, in steps; three decimals. */
  micro?: number;
  /** How many times it sounds within its step. */
  ratchet?: number;
  /** How likely it sounds in a cycle. */
  prob?: number;
  /** Whether it glides into the next note, which it is held for. */
  slide?: boolean;
  /** Whether it is stressed, in the manner of its machine. */
  accent?: boolean;
}

/** Which step of a pattern. */
export interface StepPlace {
  /** Which step of the pattern, from 0. */
  t: number;
  /** MIDI note; of a drum machine, the one of its voice. */
  note: number;
}

/** What is to be exported of a machine. */
export interface Track {
  /** Id of a machine on the desk. */
  instance: string;
  /** MIDI channel; no other machine on the desk has it. */
  channel: number;
  /** What the track is called. */
  name: string;
  /** The kind of file. */
  format?: "midi" | "wav";
}

/** The wish in words, and what of it is certain. */
export interface UserIntent {
  type: "UserIntent.v1";
  /** As the musician wrote it. */
  words: string;
  /** The style. */
  style?: "minimal" | "acid" | "dub" | "hard" | "detroit" | "berlin" | "industrial" | "hypnotic" | "breakbeat" | "electro" | "house" | "ambient";
  /** Beats per minute; two decimals. */
  bpm?: number;
  /** The keynote. */
  key?: "C" | "C#" | "D" | "D#" | "E" | "F" | "F#" | "G" | "G#" | "A" | "A#" | "B";
  /** The scale on the keynote. */
  scale?: "major" | "minor" | "dorian" | "phrygian" | "lydian" | "mixolydian" | "locrian" | "harmonic_minor" | "phrygian_dominant" | "pentatonic_minor" | "pentatonic_major" | "blues" | "whole_tone" | "chromatic";
  /** How long it is to be. */
  bars?: number;
  /** From calm to full. */
  energy?: number;
  /** Machines to use. */
  machines?: readonly string[];
  /** Parts that it is to have. */
  instruments?: readonly ("kick" | "snare" | "clap" | "closed_hat" | "open_hat" | "rim" | "tom" | "ride" | "crash" | "cowbell" | "perc" | "bass" | "acid" | "lead" | "chords" | "pad")[];
  /** Parts that it must not have. */
  without?: readonly ("kick" | "snare" | "clap" | "closed_hat" | "open_hat" | "rim" | "tom" | "ride" | "crash" | "cowbell" | "perc" | "bass" | "acid" | "lead" | "chords" | "pad")[];
  /** Parts that are to play more. */
  more?: readonly ("kick" | "snare" | "clap" | "closed_hat" | "open_hat" | "rim" | "tom" | "ride" | "crash" | "cowbell" | "perc" | "bass" | "acid" | "lead" | "chords" | "pad")[];
  /** Parts that are to play less. */
  less?: readonly ("kick" | "snare" | "clap" | "closed_hat" | "open_hat" | "rim" | "tom" | "ride" | "crash" | "cowbell" | "perc" | "bass" | "acid" | "lead" | "chords" | "pad")[];
  /** What must stay as it is. */
  keep?: readonly string[];
  /** The same wish with the same seed gives the same music. */
  seed?: number;
  /** Whether a whole piece with sections is wanted, not a loop. */
  arranged?: boolean;
}

/** A sound of a drum machine. */
export interface Voice {
  /** As on the panel. */
  name: string;
  /** MIDI note; of a drum machine, the one of its voice. */
  note: number;
  /** In full. */
  title?: string;
  /** The note that its owner's machine really takes. */
  sends?: number | null;
  /** How the fact is known: a maker's chart or firmware, a manual, people who tried it, the MIDI Guide data, not at all. */
  level?: "source" | "manual" | "community" | "guide" | "unverified";
}

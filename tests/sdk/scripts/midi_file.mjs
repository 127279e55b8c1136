// Reads MIDI files, each after its length in four bytes, and tells their events: one line of JSON for each file.
import { readFileSync } from "node:fs";

const { parseMidi } = await import(process.env.MIDI_FILE);

const all = readFileSync(process.argv[2]);
const shown = {
  noteOn: (event) => [event.noteNumber, event.velocity],
  noteOff: (event) => [event.noteNumber, event.velocity],
  controller: (event) => [event.controllerType, event.value],
  programChange: (event) => [event.programNumber, 0],
  setTempo: (event) => [event.microsecondsPerBeat, 0],
};
const lines = [];
for (let at = 0; at < all.length; ) {
  const length = all.readUInt32BE(at);
  const midi = parseMidi(all.subarray(at + 4, at + 4 + length));
  const events = [];
  midi.tracks.forEach((track, number) => {
    let now = 0;
    for (const event of track) {
      now += event.deltaTime;
      const values = shown[event.type]?.(event);
      if (values) events.push([number, now, event.type, event.channel ?? -1, ...values]);
    }
  });
  lines.push(JSON.stringify([midi.header.format, midi.header.ticksPerBeat, events]));
  at += 4 + length;
}
process.stdout.write(lines.join("\n") + "\n");

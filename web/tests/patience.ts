/** A busy machine may take its time: what is waited for has ten seconds, where a test says nothing else. */

import { vi } from "vitest";

const PATIENCE = 10_000;
const { waitFor } = vi;

vi.waitFor = (check, options = {}) =>
  waitFor(check, typeof options === "number" ? options : { timeout: PATIENCE, ...options });

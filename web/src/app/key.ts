/** What the key's server says of the key in use. */

import { ApiError, post } from "./api.ts";

/** Milliseconds that it may take to say whether it knows the key. */
const PATIENCE = 8_000;

/** Whether it does not know the key. A server that cannot be asked now has refused nothing. */
export async function isRefused(): Promise<boolean> {
  try {
    await post("/api/key/test", {}, { signal: AbortSignal.timeout(PATIENCE) });
    return false;
  } catch (error) {
    return error instanceof ApiError && error.code === "authentication";
  }
}

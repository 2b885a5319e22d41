/** Caps on what is fetched before it can be trusted, trust §6. tuf-js has defaults of its own; these are the ones that hold. */
export const ROOT_MAX_BYTES = 64 << 10;
export const TIMESTAMP_MAX_BYTES = 16 << 10;
export const SNAPSHOT_MAX_BYTES = 16 << 10;
export const TARGETS_MAX_BYTES = 1 << 20;
export const MAX_ROOT_ROTATIONS = 256;
export const FETCH_TIMEOUT_MS = 30_000;

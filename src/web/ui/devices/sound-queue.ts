/** Frames of sound that wait, 48,000 a second: so many are gathered before it is played, so that what comes in pieces is heard whole. */
const GATHERED = 4800;
/** More than this is late: the oldest are left out, down to what is gathered. */
const MOST = 24_000;
const FULL_SCALE = 32_768;

/** What has come of a machine’s sound and has not been played: 16-bit samples, left and right in turn. It is never long. */
export class SoundQueue {
  #pieces: Int16Array[] = [];
  /** How many frames of the first piece have been played. */
  #played = 0;
  #frames = 0;
  #waited = 0;
  #isPlaying = false;

  get frames(): number {
    return this.#frames;
  }

  push(piece: Int16Array): void {
    if (piece.length < 2) return;
    this.#pieces.push(piece);
    this.#frames += piece.length >> 1;
    if (this.#frames > MOST) this.#drop(this.#frames - GATHERED);
  }

  /** Fills both ears, with silence where nothing has come. */
  fill(left: Float32Array, right: Float32Array): void {
    left.fill(0);
    right.fill(0);
    // A short sound is never enough to be gathered: it has waited long enough then.
    if (!this.#isPlaying && this.#frames > 0) this.#waited += left.length;
    if (this.#frames >= GATHERED || this.#waited >= GATHERED) this.#isPlaying = true;
    if (!this.#isPlaying) return;
    for (let at = 0; at < left.length; at += 1) {
      const [piece] = this.#pieces;
      if (!piece) break;
      left[at] = (piece[this.#played * 2] ?? 0) / FULL_SCALE;
      right[at] = (piece[this.#played * 2 + 1] ?? 0) / FULL_SCALE;
      this.#drop(1);
    }
    if (this.#frames > 0) return;
    this.#isPlaying = false;
    this.#waited = 0;
  }

  #drop(frames: number): void {
    let left = frames;
    for (let [piece] = this.#pieces; piece && left > 0; [piece] = this.#pieces) {
      const taken = Math.min(left, (piece.length >> 1) - this.#played);
      left -= taken;
      this.#frames -= taken;
      this.#played += taken;
      if (this.#played < piece.length >> 1) return;
      this.#pieces.shift();
      this.#played = 0;
    }
  }
}

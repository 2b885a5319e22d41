/** A fiftieth of a second: little enough to be on time, and few messages. */
const FRAMES = 960;
const FULL_SCALE = 32_767;

/** Gives what its page hears to it, as 16-bit samples, on the thread that browsers have for sound. */
class MicrophoneTaker extends AudioWorkletProcessor {
  #samples = new Int16Array(FRAMES);
  #taken = 0;

  override process([ears = []]: Float32Array[][]): boolean {
    for (const sample of ears[0] ?? []) {
      this.#samples[this.#taken] = Math.round(Math.max(-1, Math.min(1, sample)) * FULL_SCALE);
      this.#taken += 1;
      if (this.#taken === FRAMES) this.#give();
    }
    return true;
  }

  #give(): void {
    const { buffer } = this.#samples;
    this.port.postMessage(buffer, [buffer]);
    this.#samples = new Int16Array(FRAMES);
    this.#taken = 0;
  }
}

registerProcessor('microphone', MicrophoneTaker);

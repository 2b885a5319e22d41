import { SoundQueue } from './sound-queue.ts';

/** Plays what its page passes on, on the thread that browsers have for sound. A file of its own: nothing in a page may be a script. */
class SoundPlayer extends AudioWorkletProcessor {
  readonly #queue = new SoundQueue();

  constructor() {
    super();
    this.port.onmessage = ({ data }) => this.#queue.push(new Int16Array(data));
  }

  override process(_inputs: Float32Array[][], [ears = []]: Float32Array[][]): boolean {
    const [left, right] = ears;
    if (left && right) this.#queue.fill(left, right);
    return true;
  }
}

registerProcessor('sound', SoundPlayer);

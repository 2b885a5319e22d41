import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SoundQueue } from './sound-queue.ts';

/** So many frames, of which each says where it stands: the left ear counts up, the right one down. */
function frames(from: number, count: number): Int16Array {
  return Int16Array.from({ length: count * 2 }, (_, at) => (at % 2 === 0 ? from + (at >> 1) : -from - (at >> 1)));
}

/** What is played next, as it was sent. */
function played(queue: SoundQueue, count: number): { left: number[]; right: number[] } {
  const [left, right] = [new Float32Array(count), new Float32Array(count)];
  queue.fill(left, right);
  return { left: [...left].map((each) => each * 32_768), right: [...right].map((each) => each * 32_768) };
}

const counted = (from: number, count: number) => Array.from({ length: count }, (_, at) => from + at);

test('what comes in pieces is played in order, once enough of it is there', () => {
  const queue = new SoundQueue();
  queue.push(frames(1, 1000));
  assert.deepEqual(played(queue, 4).left, [0, 0, 0, 0], 'a tenth of a second is gathered first');
  queue.push(frames(1001, 3800));

  assert.deepEqual(played(queue, 2000).left, counted(1, 2000));
  const { left, right } = played(queue, 2800);
  assert.deepEqual(left, counted(2001, 2800));
  assert.deepEqual(
    right,
    counted(2001, 2800).map((each) => -each),
  );
  assert.deepEqual(played(queue, 2).left, [0, 0], 'and then there is silence');
});

test('a short sound is played too', () => {
  const queue = new SoundQueue();
  queue.push(frames(7, 3));
  const heard = Array.from({ length: 60 }, () => played(queue, 128).left).flat();
  assert.deepEqual(
    heard.filter((each) => each !== 0),
    [7, 8, 9],
  );
});

test('what is late is left out, and what waits is never more than half a second', () => {
  const queue = new SoundQueue();
  for (let from = 0; from < 200_000; from += 500) {
    queue.push(frames(from % 30_000, 500));
    assert.ok(queue.frames <= 24_000);
  }
  queue.push(frames(0, 24_000));
  assert.equal(queue.frames, 4800);
  assert.deepEqual(played(queue, 3).left, [19_200, 19_201, 19_202], 'the newest are played');
});

test('an empty piece and a half frame end nothing', () => {
  const queue = new SoundQueue();
  queue.push(new Int16Array(0));
  queue.push(new Int16Array(1));
  queue.push(frames(1, 4800));
  assert.deepEqual(played(queue, 2).left, [1, 2]);
});

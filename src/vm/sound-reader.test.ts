import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SoundReader } from './sound-reader.ts';

/** What QEMU 7.2 says to one who listens. */
const VERSION = 'RFB 003.008\n';
const SECURITY = '\x01\x01';
const LET_IN = '\0\0\0\0';
const SCREEN = `\x02\xd0\x01\x90${'\0'.repeat(16)}\0\0\0\x04QEMU`;
const HAS_SOUND = '\0\0\0\x01\0\0\0\0\x02\xd0\x01\x90\xff\xff\xfe\xfd';
const GREETING = VERSION + SECURITY + LET_IN + SCREEN + HAS_SOUND;
const BEGINS = '\xff\x01\0\x01';
const ENDS = '\xff\x01\0\0';
const samples = (bytes: string) => `\xff\x01\0\x02${size(bytes.length)}${bytes}`;
const copied = (text: string) => `\x03\0\0\0${size(text.length)}${text}`;

/** The whole of what a client of sound says: which version, no password, not alone, of encodings -259 alone; 16 bits, two ears, 48,000 Hz, begin. */
const ASKED = 'RFB 003.008\n\x01\x01\x02\0\0\x01\xff\xff\xfe\xfd\xff\x01\0\x02\x03\x02\0\0\xbb\x80\xff\x01\0\0';

/** Feeds a reader in pieces of so many bytes. */
function read(text: string, piece = text.length): { said: string; heard: string } {
  const reader = new SoundReader();
  const bytes = Buffer.from(text, 'latin1');
  const [said, heard]: Buffer[][] = [[], []];
  for (let at = 0; at < bytes.length; at += piece) {
    const { answer, samples: pieces } = reader.take(bytes.subarray(at, at + piece));
    said?.push(answer);
    heard?.push(...pieces.map((each) => Buffer.from(each)));
  }
  return { said: Buffer.concat(said ?? []).toString('latin1'), heard: Buffer.concat(heard ?? []).toString('latin1') };
}

const LONG = 'left'.repeat(16_384);
const SOUND: [title: string, text: string, heard: string][] = [
  ['nothing is played', '', ''],
  [
    'it begins, is played, ends, and begins again',
    BEGINS + samples('abcd') + ENDS + BEGINS + samples('efgh'),
    'abcdefgh',
  ],
  ['a piece is as long as QEMU’s longest', BEGINS + samples(LONG), LONG],
  ['a piece is empty', BEGINS + samples('') + samples('abcd'), 'abcd'],
  [
    'another copies something meanwhile',
    samples('abcd') + copied('a secret'.repeat(1000)) + samples('efgh'),
    'abcdefgh',
  ],
  ['another copies nothing, and it rings', `${copied('')}\x02${samples('abcd')}`, 'abcd'],
  ['it says once more that it has sound', HAS_SOUND + samples('abcd'), 'abcd'],
];

for (const [title, text, heard] of SOUND)
  for (const piece of [1, 2, 7, 4096, 1 << 20])
    test(`${title}: the same sound, in pieces of ${piece}`, () => {
      assert.deepEqual(read(GREETING + text, piece), { said: ASKED, heard });
    });

const NONSENSE: [title: string, text: string][] = [
  ['another protocol', 'HTTP/1.1 400 \n'],
  ['an older version', 'RFB 003.003\n'],
  ['no way in', `${VERSION}\0\0\0\0\0`],
  ['a password', `${VERSION}\x01\x02`],
  ['a refusal', `${VERSION}${SECURITY}\0\0\0\x01`],
  ['an endless name', `${VERSION}${SECURITY}${LET_IN}${SCREEN.slice(0, 20)}\x7f\xff\xff\xff`],
  ['sound before it was asked for', VERSION + SECURITY + LET_IN + SCREEN + samples('abcd')],
  ['a picture', `${GREETING}\0\0\0\x01${'\0'.repeat(12)}`],
  ['a palette', `${GREETING}\x01`],
  ['a message of QEMU’s about keys', `${GREETING}\xff\0\0\x01`],
  ['a message about sound that nobody knows', `${GREETING}\xff\x01\0\x03`],
  ['a piece without an end', `${GREETING}\xff\x01\0\x02\xff\xff\xff\xfc`],
  ['half a sample', `${GREETING}\xff\x01\0\x02\0\0\0\x03abc`],
  ['an endless text', `${GREETING}\x03\0\0\0\xff\xff\xff\xff`],
];

for (const [title, text] of NONSENSE)
  for (const piece of [1, 1 << 20])
    test(`${title} ends it, in pieces of ${piece}`, () => {
      assert.throws(() => read(text, piece), { name: 'AppError', code: 'VM_FAILED' });
    });

test('what is cut off at any byte gives what was whole until then, and no more', () => {
  const text = GREETING + BEGINS + samples('abcd') + samples('efgh');
  for (let length = 0; length <= text.length; length += 1) {
    const { said, heard } = read(text.slice(0, length));
    assert.equal(ASKED.startsWith(said), true);
    assert.equal('abcdefgh'.startsWith(heard), true);
    assert.equal(heard.length % 4, 0);
  }
});

function size(bytes: number): string {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(bytes);
  return four.toString('latin1');
}

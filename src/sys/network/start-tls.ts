/** The request to go over to TLS (RFC 4511 §4.14.1), as message 1: it is the same every time. */
const OID = '1.3.6.1.4.1.1466.20037';
export const START_TLS_REQUEST = Buffer.concat([
  Buffer.from([0x30, 7 + OID.length, 0x02, 1, 1, 0x77, 2 + OID.length, 0x80, OID.length]),
  Buffer.from(OID, 'latin1'),
]);
const MAX_ANSWER_BYTES = 4096;

/**
 * What a directory has answered so far: `more` while it is not whole. Anything but one success and nothing behind it is `no`:
 * bytes that came in the clear must not be taken for bytes from inside TLS.
 */
export function startTlsAnswer(bytes: Uint8Array): 'yes' | 'no' | 'more' {
  if (bytes.length > 0 && bytes[0] !== 0x30) return 'no';
  const message = element(bytes, 0);
  if (message === 'more') return bytes.length > MAX_ANSWER_BYTES ? 'no' : 'more';
  if (message === 'invalid' || message.end !== bytes.length) return 'no';
  const id = element(bytes, message.start);
  if (typeof id === 'string' || id.tag !== 0x02 || bytes[id.end - 1] !== 1) return 'no';
  const answer = element(bytes, id.end);
  if (typeof answer === 'string' || answer.tag !== 0x78) return 'no';
  const result = element(bytes, answer.start);
  return typeof result !== 'string' && result.tag === 0x0a && bytes[result.start] === 0 ? 'yes' : 'no';
}

/** One element of BER at a place: where its contents begin and end. Active Directory writes every length in four bytes. */
function element(bytes: Uint8Array, at: number): { tag: number; start: number; end: number } | 'more' | 'invalid' {
  const [tag, first] = [bytes[at], bytes[at + 1]];
  if (tag === undefined || first === undefined) return 'more';
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (lengthBytes > 4 || first === 0x80) return 'invalid';
  const start = at + 2 + lengthBytes;
  if (bytes.length < start) return 'more';
  const length = lengthBytes === 0 ? first : bytes.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0);
  if (length > MAX_ANSWER_BYTES) return 'invalid';
  return bytes.length < start + length ? 'more' : { tag, start, end: start + length };
}

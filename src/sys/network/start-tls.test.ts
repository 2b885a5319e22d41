import assert from 'node:assert/strict';
import { test } from 'node:test';
import { START_TLS_REQUEST, startTlsAnswer } from './start-tls.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
/** As OpenLDAP and Samba write it, and as Active Directory does. */
const SHORT = hex('30 0c 02 01 01 78 07 0a 01 00 04 00 04 00');
const LONG = hex('30 84 00000016 02 01 01 78 84 0000000d 0a 01 00 04 00 04 00 8a 04 61626364');

test('the request is one message with its lengths', () => {
  assert.equal(START_TLS_REQUEST[1], START_TLS_REQUEST.length - 2);
  assert.equal(START_TLS_REQUEST.at(6), 24);
});

for (const [name, answer] of Object.entries({ SHORT, LONG })) {
  test(`a success is understood whole and waited for in part: ${name}`, () => {
    assert.equal(startTlsAnswer(answer), 'yes');
    for (let length = 0; length < answer.length; length += 1)
      assert.equal(startTlsAnswer(answer.subarray(0, length)), 'more', `${length} bytes`);
  });
}

test('a refusal, another message, and bytes behind the answer are no', () => {
  const refusal = Buffer.from(SHORT);
  refusal[9] = 2;
  assert.equal(startTlsAnswer(refusal), 'no');
  assert.equal(
    startTlsAnswer(Buffer.concat([SHORT, hex('30')])),
    'no',
    'what came in the clear is not from inside TLS',
  );
  assert.equal(startTlsAnswer(Buffer.from('HTTP/1.1 400 Bad Request')), 'no');
  assert.equal(startTlsAnswer(Buffer.from('H')), 'no', 'a wrong beginning is not waited for');
  assert.equal(startTlsAnswer(hex('30 80')), 'no');
  assert.equal(startTlsAnswer(hex('30 84 7fffffff')), 'no');
});

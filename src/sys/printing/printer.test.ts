import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  attributeOf,
  encodeIpp,
  GROUP,
  type IppAttribute,
  type IppMessage,
  NotIpp,
  numberOf,
  numbers,
  parseIpp,
  TAG,
  textOf,
  texts,
} from './ipp.ts';
import { passAnswer } from './printer-answer.ts';
import { PrinterJobs } from './printer-jobs.ts';
import { OPERATION, OPERATIONS, passRequest, STATUS } from './printer-request.ts';

const QUEUE = { uri: 'ipp://localhost/printers/office', user: 'alice' };
const PRINTER = 'ipp://10.77.0.1:631/ipp/print';

const BEGIN = [
  texts('attributes-charset', TAG.charset, 'utf-8'),
  texts('attributes-natural-language', TAG.language, 'de'),
];

function request(code: number, more: IppAttribute[] = [], others: IppMessage['groups'] = []): IppMessage {
  const attributes = [
    ...BEGIN,
    texts('printer-uri', TAG.uri, PRINTER),
    texts('requesting-user-name', TAG.name, 'root'),
    ...more,
  ];
  return { version: 0x0200, code, requestId: 7, groups: [{ tag: GROUP.operation, attributes }, ...others] };
}

function jobs(...real: number[]): PrinterJobs {
  const all = new PrinterJobs();
  for (const each of real) all.add(each);
  return all;
}

const passed = (message: IppMessage, own = jobs()) => {
  const judged = passRequest(message, QUEUE, own);
  return 'pass' in judged ? judged.pass : assert.fail(`refused: ${judged.refused.toString(16)}`);
};
const refused = (message: IppMessage, own = jobs()) => {
  const judged = passRequest(message, QUEUE, own);
  return 'refused' in judged ? judged.refused : undefined;
};
const namesOf = (message: IppMessage) => message.groups.flatMap(({ attributes }) => attributes.map(({ name }) => name));

test('a message that is read and written again is the same, and what follows it is a document', () => {
  const collection: IppAttribute = {
    name: 'media-col',
    values: [
      { tag: TAG.beginCollection, bytes: Buffer.alloc(0) },
      { tag: TAG.memberName, bytes: Buffer.from('media-type') },
      { tag: TAG.keyword, bytes: Buffer.from('stationery') },
      { tag: TAG.endCollection, bytes: Buffer.alloc(0) },
    ],
  };
  const message = request(
    OPERATION.printJob,
    [],
    [{ tag: GROUP.job, attributes: [numbers('copies', TAG.integer, 2), collection] }],
  );
  const bytes = encodeIpp(message);
  const parsed = parseIpp(Buffer.concat([bytes, Buffer.from('%PDF')]));
  assert.deepEqual(parsed, { message, length: bytes.length });
  for (let length = 0; length < bytes.length; length += 1) assert.equal(parseIpp(bytes.subarray(0, length)), undefined);
});

test('bytes that are no message are none, whatever they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        const parsed = parseIpp(Buffer.from(bytes));
        if (parsed) assert.deepEqual(parseIpp(encodeIpp(parsed.message))?.message, parsed.message);
      } catch (error) {
        assert.ok(error instanceof NotIpp);
      }
    }),
  );
});

const HEAD = Buffer.from([2, 0, 0, 2, 0, 0, 0, 1]);
const attribute = (tag: number, name: string, value: string) =>
  Buffer.from([tag, 0, name.length, ...Buffer.from(name), 0, value.length, ...Buffer.from(value)]);
const NONE: [title: string, ...parts: Buffer[]][] = [
  ['an attribute before any group', attribute(TAG.keyword, 'a', 'b')],
  ['a value without an attribute', Buffer.of(1), attribute(TAG.keyword, '', 'b')],
  ['a collection that does not end', Buffer.of(1), attribute(TAG.beginCollection, 'a', ''), Buffer.of(3)],
  [
    'one that ends in another attribute',
    Buffer.of(1),
    attribute(TAG.beginCollection, 'a', ''),
    attribute(TAG.keyword, 'b', ''),
  ],
  ['one that has not begun', Buffer.of(1), attribute(TAG.endCollection, 'a', '')],
  [
    'collections without bottom',
    Buffer.of(1),
    ...Array.from({ length: 9 }, (_, at) => attribute(TAG.beginCollection, at === 0 ? 'a' : '', '')),
  ],
  ['a tag of four bytes', Buffer.of(1), attribute(0x7f, 'a', 'b')],
  ['a length below nothing', Buffer.of(1), Buffer.from([TAG.keyword, 0xff, 0xff])],
  [
    'more attributes than anybody has',
    Buffer.of(1),
    ...Array.from({ length: 2001 }, () => attribute(TAG.keyword, 'a', 'b')),
  ],
];
for (const [title, ...parts] of NONE) {
  test(`no message: ${title}`, () => {
    // Eight bytes more, so that it is whole whatever its lengths say.
    assert.throws(() => parseIpp(Buffer.concat([HEAD, ...parts, Buffer.alloc(8, 3)])), NotIpp);
  });
}

test('what a guest asks goes to the queue, in its user’s name, and without what is not about printing', () => {
  const message = request(
    OPERATION.printJob,
    [
      texts('job-name', TAG.name, 'letter'),
      texts('document-format', TAG.mime, 'application/pdf'),
      texts('document-uri', TAG.uri, 'http://localhost/'),
      texts('notify-recipient-uri', TAG.uri, 'mailto:x'),
    ],
    [
      {
        tag: GROUP.job,
        attributes: [numbers('copies', TAG.integer, 2), texts('job-sheets', TAG.keyword, 'classified')],
      },
    ],
  );
  const pass = passed(message);
  const [operation, template] = pass.groups;
  assert.equal(textOf(attributeOf(operation, 'printer-uri'), TAG.uri), QUEUE.uri);
  assert.equal(textOf(attributeOf(operation, 'requesting-user-name'), TAG.name), 'alice');
  assert.equal(textOf(attributeOf(operation, 'attributes-natural-language'), TAG.language), 'de');
  assert.equal(textOf(attributeOf(operation, 'job-name'), TAG.name), 'letter');
  assert.deepEqual(
    template?.attributes.map(({ name }) => name),
    ['copies'],
  );
  assert.ok(!namesOf(pass).some((name) => /uri$/.test(name) && name !== 'printer-uri'));
});

test('every operation but those of printing is refused', () => {
  for (let code = 0; code <= 0x4fff; code += 1)
    if (!OPERATIONS.includes(code)) assert.equal(refused(request(code)), STATUS.operationUnknown, `${code}`);
  // Print-URI, Send-URI, Pause-Printer, Purge-Jobs, CUPS-Get-Printers, CUPS-Add-Modify-Printer, CUPS-Get-Document.
  for (const code of [3, 7, 0x10, 0x12, 0x4002, 0x4003, 0x4027]) assert.ok(!OPERATIONS.includes(code));
});

const REFUSED: [title: string, message: IppMessage, status: number][] = [
  ['another version', { ...request(OPERATION.getJobs), version: 0x0300 }, STATUS.versionUnknown],
  ['no attributes', { ...request(OPERATION.getJobs), groups: [] }, STATUS.badRequest],
  ['a subscription', request(OPERATION.createJob, [], [{ tag: 0x06, attributes: [] }]), STATUS.badRequest],
  [
    'a subscription behind a job',
    request(
      OPERATION.createJob,
      [],
      [
        { tag: GROUP.job, attributes: [] },
        { tag: 0x06, attributes: [] },
      ],
    ),
    STATUS.badRequest,
  ],
  ['two printers', request(OPERATION.createJob, [texts('printer-uri', TAG.uri, QUEUE.uri)]), STATUS.badRequest],
  [
    'another character set',
    {
      ...request(OPERATION.getJobs),
      groups: [{ tag: GROUP.operation, attributes: [texts('attributes-charset', TAG.charset, 'utf-16')] }],
    },
    STATUS.charsetUnknown,
  ],
  [
    'an order to the computer’s filters',
    request(OPERATION.printJob, [texts('document-format', TAG.mime, 'application/vnd.cups-command')]),
    STATUS.formatUnknown,
  ],
  ['a job that is not its own', request(OPERATION.cancelJob, [numbers('job-id', TAG.integer, 2)]), STATUS.notFound],
  ['a job of no number', request(OPERATION.cancelJob), STATUS.notFound],
  [
    'a job by the computer’s own number',
    request(OPERATION.cancelJob, [numbers('job-id', TAG.integer, 4711)]),
    STATUS.notFound,
  ],
  [
    'a job by the computer’s own address',
    request(OPERATION.getJobAttributes, [texts('job-uri', TAG.uri, 'ipp://localhost/jobs/4711')]),
    STATUS.notFound,
  ],
];
for (const [title, message, status] of REFUSED) {
  test(`refused: ${title}`, () => assert.equal(refused(message, jobs(4711)), status));
}

test('a document that is packed is refused, for nobody knows how large it becomes; the printer says so beforehand', () => {
  const packed = (...of: string[]) => refused(request(OPERATION.printJob, [texts('compression', TAG.keyword, ...of)]));
  assert.deepEqual(
    [packed('gzip'), packed('none', 'gzip'), packed('none')],
    [STATUS.compressionUnknown, STATUS.compressionUnknown, undefined],
  );
  const answer = {
    ...{ version: 0x0200, code: 0, requestId: 7 },
    groups: [{ tag: GROUP.printer, attributes: [texts('compression-supported', TAG.keyword, 'none', 'gzip')] }],
  };
  const view = { uri: PRINTER, jobs: jobs(), makesJob: false };
  const [group] = passAnswer(answer, 7, view).groups;
  assert.deepEqual(group?.attributes, [texts('compression-supported', TAG.keyword, 'none')]);
});

test('a job is the guest’s by its number or its address, and the computer hears its own number', () => {
  const own = jobs(4711, 4800);
  for (const said of [numbers('job-id', TAG.integer, 2), texts('job-uri', TAG.uri, `${PRINTER}/2`)]) {
    const [operation] = passed(request(OPERATION.cancelJob, [said]), own).groups;
    assert.equal(numberOf(attributeOf(operation, 'job-id')), 4800);
    assert.equal(attributeOf(operation, 'job-uri'), undefined);
  }
  const asked = passed(request(OPERATION.getJobs, [texts('requested-attributes', TAG.keyword, 'job-name')]), own);
  assert.deepEqual(
    attributeOf(asked.groups[0], 'requested-attributes')?.values.map(({ bytes }) => bytes.toString()),
    ['job-name', 'job-id'],
  );
});

test('of an answer a guest sees its printer and its own jobs, under its own address and numbers', () => {
  const own = jobs(4711);
  const job = (id: number) => ({
    tag: GROUP.job,
    attributes: [
      texts('job-uri', TAG.uri, `ipp://localhost/jobs/${id}`),
      numbers('job-id', TAG.integer, id),
      texts('job-name', TAG.name, `letter ${id}`),
      texts('job-originating-host-name', TAG.name, 'alices-computer'),
    ],
  });
  const printer = {
    tag: GROUP.printer,
    attributes: [
      texts('printer-uri-supported', TAG.uri, 'ipp://alices-computer:631/printers/office', 'ipps://alices-computer/'),
      texts('uri-security-supported', TAG.keyword, 'none', 'tls'),
      numbers('operations-supported', TAG.enum, 2, 0x4002),
      texts('device-uri', TAG.uri, 'socket://10.1.2.3'),
      texts('printer-icons', TAG.uri, 'http://alices-computer:631/icons/office.png'),
      texts('member-names', TAG.name, 'secret'),
      texts('printer-info', TAG.name, 'Third floor'),
    ],
  };
  const said = [...BEGIN, texts('status-message', 0x41, 'alices-computer')];
  const answer: IppMessage = {
    ...{ version: 0x0200, code: 0, requestId: 1 },
    groups: [{ tag: GROUP.operation, attributes: said }, printer, job(4711), job(4712), { tag: 0x07, attributes: [] }],
  };
  const shown = passAnswer(answer, 7, { uri: PRINTER, jobs: own, makesJob: false });
  assert.equal(shown.requestId, 7);
  assert.deepEqual(shown.groups, [
    { tag: GROUP.operation, attributes: BEGIN },
    {
      tag: GROUP.printer,
      attributes: [
        texts('printer-uri-supported', TAG.uri, PRINTER),
        texts('uri-security-supported', TAG.keyword, 'none'),
        numbers('operations-supported', TAG.enum, ...OPERATIONS),
        texts('printer-info', TAG.name, 'Third floor'),
      ],
    },
    {
      tag: GROUP.job,
      attributes: [
        numbers('job-id', TAG.integer, 1),
        texts('job-uri', TAG.uri, `${PRINTER}/1`),
        texts('job-name', TAG.name, 'letter 4711'),
      ],
    },
  ]);
  const made = passAnswer(answer, 7, { uri: PRINTER, jobs: own, makesJob: true });
  assert.equal(made.groups.length, 4);
  assert.equal(own.own(4712), 2);
});

test('a job that was not made is nobody’s', () => {
  const own = jobs();
  const answer = {
    version: 0x0200,
    code: 0x0400,
    requestId: 1,
    groups: [{ tag: GROUP.job, attributes: [numbers('job-id', TAG.integer, 9)] }],
  };
  assert.deepEqual(passAnswer(answer, 1, { uri: PRINTER, jobs: own, makesJob: true }).groups, []);
  assert.equal(own.own(9), undefined);
});

test('so many jobs are known at a time, and no more', () => {
  const own = jobs(...Array.from({ length: 501 }, (_, at) => at + 1000));
  assert.equal(own.real(1), undefined);
  assert.equal(own.own(1000), undefined);
  assert.equal(own.real(2), 1001);
  assert.equal(own.real(501), 1500);
  assert.equal(own.add(1001), 2, 'one that is known keeps its number');
});

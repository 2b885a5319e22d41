import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { OpenPages } from './open-pages.ts';

const GRACE_MS = 10_000;

function pages(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const left: string[] = [];
  const open = new OpenPages((vms) => left.push(vms.join()), GRACE_MS);
  const page = () => {
    const closing = new AbortController();
    open.opened(closing.signal);
    return () => closing.abort();
  };
  return { open, page, left, wait: (ms: number) => t.mock.timers.tick(ms) };
}

test('when the last page has been closed for a while, the machines that were shown are left', (t) => {
  const { open, page, left, wait } = pages(t);
  const closers = [page(), page()];
  open.shows('office');
  open.shows('office');
  open.shows('lab');

  closers[0]?.();
  wait(GRACE_MS);
  assert.deepEqual(left, []);
  closers[1]?.();
  wait(GRACE_MS - 1);
  assert.deepEqual(left, []);
  wait(1);

  assert.deepEqual(left, ['office,lab']);
});

test('a page that is loaded anew has not been closed', (t) => {
  const { open, page, left, wait } = pages(t);
  open.shows('office');
  page()();
  wait(GRACE_MS - 1);
  const close = page();
  wait(GRACE_MS);
  assert.deepEqual(left, []);
  assert.equal(open.hasOpen('office'), true);

  close();
  assert.equal(open.hasOpen('office'), false);
  wait(GRACE_MS);
  assert.deepEqual(left, ['office']);
});

test('who was left is left once; machines that no page has shown are left alone', (t) => {
  const { open, page, left, wait } = pages(t);
  open.shows('office');
  page()();
  wait(GRACE_MS);
  page()();
  wait(GRACE_MS);
  assert.deepEqual(left, ['office', '']);
});

test('a service that ends closes no page', (t) => {
  const { open, page, left, wait } = pages(t);
  open.shows('office');
  const close = page();
  open[Symbol.dispose]();
  close();
  wait(GRACE_MS);
  assert.deepEqual(left, []);
});

import assert from 'node:assert/strict';

const refuse = () => assert.fail('no printer is asked for');

/** The printer of a machine that has none. */
export const NO_PRINTER = { serve: refuse, end: refuse, isServed: refuse };

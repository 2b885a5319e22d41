import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidCredentialsError } from 'ldapts';
import { AppError } from '../../lib/errors.ts';
import { directoryError } from './directory-error.ts';

const SAID: [data: string, wanted: RegExp][] = [
  ['52e', /password is wrong/],
  ['530', /time of day/],
  ['531', /from this computer/],
  ['532', /password has expired/],
  ['533', /disabled/],
  ['701', /account has expired/],
  ['773', /must be changed/],
  ['775', /locked/],
  ['fff', /refused user or password/],
];

for (const [data, wanted] of SAID) {
  test(`a login that Active Directory refuses with ${data} says why`, () => {
    const words = `80090308: LdapErr: DSID-0C090569, comment: AcceptSecurityContext error, data ${data}, v4563`;

    const error = directoryError(new InvalidCredentialsError(words), 'logging on as joe');

    assert.ok(error instanceof AppError);
    assert.equal(error.code, 'STORE_LOGIN');
    assert.match(error.message, wanted);
  });
}

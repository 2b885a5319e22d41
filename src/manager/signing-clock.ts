import { AppError } from '../lib/errors.ts';
import { keyPath, projectPaths, vmPaths } from '../project/layout.ts';
import type { Project } from '../project/open.ts';
import { changedAt } from '../sys/files/files.ts';
import { serverDate } from '../sys/server-date.ts';
import { ROOT_VALID_MS } from '../trust/root.ts';
import { keysInForce, lastRelease, rootsIn } from '../trust/sign/published.ts';

const DAY_MS = 86_400_000;
/** So long a project may be left alone before its next signature is asked about. */
const IDLE_MS = 30 * DAY_MS;

/** What tells whether a clock can be right; all times in milliseconds since 1970. */
export interface ClockEvidence {
  now: number;
  /** When the keys in force signed last. */
  released: readonly number[];
  /** When the roots in force were made. */
  founded: readonly number[];
  /** When the project’s files were changed. */
  files: readonly number[];
  servers: readonly { name: string; at: number }[];
}

/**
 * What speaks against signing with this clock. A signed time never falls, so a clock that is ahead once makes computers take
 * everything for expired until it has come.
 */
export function clockDoubt({ now, released, founded, files, servers }: ClockEvidence): AppError | undefined {
  const other = servers.find(({ at }) => Math.abs(at - now) > DAY_MS);
  if (other) return doubt(now, `${other.name} says that it is ${dayOf(other.at)}`);
  const newest = Math.max(0, ...released);
  if (newest > now + DAY_MS) return signedAhead(now, newest);
  if (servers.length > 0) return undefined;
  const changed = Math.max(0, ...files);
  if (changed > now + DAY_MS) return doubt(now, `a file of the project was changed on ${dayOf(changed)}`);
  const known = Math.max(newest, ...founded);
  const isUsed = files.some((at) => at > now - IDLE_MS && at < now - DAY_MS);
  if (now - known > IDLE_MS && !isUsed) return doubt(now, `the project was last signed on ${dayOf(known)}`);
  return undefined;
}

function doubt(now: number, why: string): AppError {
  return new AppError('CLOCK_CONFIRM', `this computer’s clock says ${dayOf(now)}, but ${why}`, { details: { now } });
}

function signedAhead(now: number, signedAt: number): AppError {
  const what = `the project’s last signature is of ${dayOf(signedAt)}, and this computer’s clock says ${dayOf(now)}. Either this clock is behind, or that signature was made by one that was ahead, and computers that saw it take everything for expired until then`;
  return new AppError('CLOCK_SIGNED_AHEAD', what, { details: { now, signedAt } });
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Looks for what tells the time: the repositories, the project’s files, and the servers that it names. */
export async function clockEvidence(project: Project, now: number, signal?: AbortSignal): Promise<ClockEvidence> {
  const { folder, vms } = project;
  const paths = projectPaths(folder);
  const repositories = [paths.packages, paths.policies];
  const releases = await Promise.all(repositories.map(async (path) => lastRelease(path, await rootsIn(path))));
  const inForce = await Promise.all(repositories.map(keysInForce));
  const ofVms = vms.map(({ name }) => vmPaths(folder, name)).flatMap((vm) => [vm.file, vm.policy, vm.state, vm.work]);
  const keys = (['root', 'release', 'policy'] as const).map((role) => keyPath(folder, role));
  const files = await Promise.all([paths.file, ...keys, ...ofVms].map(changedAt));
  return {
    now,
    released: releases.flatMap((release) => (release && !release.isOfFormerKeys ? [release.signedAt] : [])),
    founded: inForce.map(({ expiresAt }) => expiresAt - ROOT_VALID_MS),
    files: files.filter((at) => at !== undefined),
    servers: await serverTimes(project, signal),
  };
}

/** What the web servers that a project names say of the time. */
export async function serverTimes(project: Project, signal?: AbortSignal): Promise<ClockEvidence['servers']> {
  const { policyServer, packageServer } = project.file.value;
  const named = [policyServer, packageServer].filter((address) => address !== undefined);
  const addresses = [...new Set(named)].map((address) => new URL(address)).filter(isWeb);
  const times = await Promise.all(
    addresses.map(async (url) => ({ name: url.host, at: await serverDate(url, signal) })),
  );
  return times.flatMap(({ name, at }) => (at === undefined ? [] : [{ name, at }]));
}

function isWeb({ protocol }: URL): boolean {
  return protocol === 'https:' || protocol === 'http:';
}

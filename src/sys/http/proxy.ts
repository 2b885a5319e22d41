import { AppError } from '../../lib/errors.ts';
import { setGlobalProxyFromEnv } from './http.ts';

const NAMES = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'https_proxy', 'http_proxy', 'no_proxy'];

type Environment = Record<string, string | undefined>;

/** The environment’s proxies, or the one that was set, with the environment’s exceptions. */
export function proxiesOf(environment: Environment, proxy: string | undefined): Environment {
  const own = Object.fromEntries(NAMES.map((name) => [name, environment[name]]).filter(([, value]) => value));
  if (proxy === undefined) return own;
  const { NO_PROXY: upper, no_proxy: lower = upper } = own;
  return { https_proxy: proxy, http_proxy: proxy, ...(lower === undefined ? {} : { no_proxy: lower }) };
}

/** The addresses of the proxies among them, each once, and which servers are reached without one. */
export function proxyAddresses(proxies: Environment): { proxies: string[]; except?: string } {
  const isException = (name: string) => /no_proxy/i.test(name);
  const named = Object.entries(proxies).filter(([, value]) => value !== undefined) as [string, string][];
  const except = named.find(([name]) => isException(name))?.[1];
  const addresses = named.filter(([name]) => !isException(name)).map(([, value]) => value);
  return { proxies: [...new Set(addresses)], ...(except === undefined ? {} : { except }) };
}

/** From now on web servers are reached through these proxies. Gives back what puts an end to that. @throws USAGE */
export function setProxies(proxies: Environment): () => void {
  for (const [name, value] of Object.entries(proxies)) {
    if (/no_proxy/i.test(name) || ['http:', 'https:'].includes(URL.parse(value ?? '')?.protocol ?? '')) continue;
    // Without its value, which may have a password.
    throw new AppError('USAGE', `${name} is no http: or https: address of a proxy`);
  }
  return setGlobalProxyFromEnv(proxies);
}

/** Takes proxies, which may have passwords, out of an environment that other programs would inherit. */
export function forgetProxies(environment: Environment): void {
  for (const name of NAMES) delete environment[name];
}

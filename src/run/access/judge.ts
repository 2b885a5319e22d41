import type { PluginEvent } from '../../quarantine/plugin.ts';
import type { Reported } from '../../quarantine/versions/origin.ts';
import type { CurrentPolicy } from '../../servers/policies.ts';
import type { Asked, AskedPlugin } from '../plugins/asked-plugin.ts';
import type { AccessParts } from './access-parts.ts';
import type { FollowedPolicy } from './followed-policy.ts';
import { type Judged, scriptToAsk, type Verdict, verdictOf } from './verdict.ts';

/** Gathers what one machine is judged by at the moment it is asked: its policy, its computer, its plug-in’s word. It changes nothing. */
export class Judge {
  readonly #parts: AccessParts;
  readonly #policy: FollowedPolicy;
  readonly #plugin: AskedPlugin;

  constructor(parts: AccessParts, policy: FollowedPolicy, plugin: AskedPlugin) {
    this.#parts = parts;
    this.#policy = policy;
    this.#plugin = plugin;
  }

  async judged(reported: Reported | undefined): Promise<Omit<Judged, 'plugin'>> {
    const { spec, policies, enforcement } = this.#parts;
    const now = await policies.now();
    const host = await this.#parts.host(this.#policy.current.document.policy.quarantine);
    return { mode: spec.mode, policy: this.#policy.current, reported, now, host, enforcement };
  }

  /** What the plug-in says of the machine under a policy, where it has a say: on an event, or where that is not known, it is asked. */
  async askedAbout(
    policy: CurrentPolicy,
    reported: Reported | undefined,
    event?: PluginEvent,
  ): Promise<Asked | undefined> {
    const { spec, policies, enforcement } = this.#parts;
    const script = scriptToAsk({ mode: spec.mode, policy, reported, now: await policies.now(), enforcement });
    return script && this.#plugin.word({ script, policy, descriptor: reported?.descriptor }, event);
  }

  /** The verdict, and whether a plug-in that has a say has not said a word about what is. */
  async verdict(reported: Reported | undefined, asked?: Asked): Promise<{ verdict: Verdict; isUnasked: boolean }> {
    const judged = await this.judged(reported);
    const { policy } = judged;
    const script = scriptToAsk(judged);
    const plugin = script && (await this.#plugin.known({ script, policy, descriptor: reported?.descriptor }, asked));
    return { verdict: verdictOf({ ...judged, plugin }), isUnasked: script !== undefined && plugin === undefined };
  }
}

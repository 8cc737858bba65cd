/** The API server as attackers reach it: with their own tokens and without the administrator's certificate. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { parse, stringify } from 'yaml'
import { type Answer, type CallOptions, Cluster } from '../../conformance/cluster.ts'
import { type Ledger, nobody } from './ledger.ts'

export class AttackedCluster extends Cluster {
  readonly #bare: Cluster
  readonly #ledger: Ledger
  readonly #actors: ReadonlyMap<string, string>

  /** `actors`: whose a bearer token is, by the value of the header. */
  constructor(kubeconfig: string, ledger: Ledger, actors: ReadonlyMap<string, string>) {
    const kubectl = process.env.KEELSON_TEST_KUBECTL ?? 'kubectl'
    super(kubeconfig, kubectl)
    const path = `${kubeconfig}.nobody`
    const config = parse(readFileSync(kubeconfig, 'utf8')) as { users: { name: string }[] }
    writeFileSync(path, stringify({ ...config, users: config.users.map(({ name }) => ({ name, user: {} })) }))
    this.#bare = new Cluster(path, kubectl)
    rmSync(path)
    this.#ledger = ledger
    this.#actors = actors
  }

  override async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const shown = options.headers?.Authorization
    if (typeof shown !== 'string') return super.call(method, path, options)
    return this.callAs(this.#actors.get(shown) ?? nobody, method, path, options)
  }

  /** As whoever the headers prove, or as nobody. */
  async callAs(actor: string, method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const answer = await this.#bare.call(method, path, options)
    this.#ledger.cluster(actor, method, path, answer.status)
    return answer
  }

  override close(): void {
    this.#bare.close()
    super.close()
  }
}

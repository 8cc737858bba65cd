/**
 * What every refused attack must leave in the audit trail: who, what, on which object, where. What was asked is noted as it is answered,
 * in words of its own, and held against the rows that the platform wrote.
 */
import { eventually } from '@keelson/testing'
import pg from 'pg'
import { expect } from 'vitest'
import type { TrpcAnswer } from '../../../apps/gateway/src/testing/start-gateway.ts'

/** One refusal that must be on record. `workspace` undefined: the request named none that a record could be about. */
export type Expected = {
  door: 'gateway' | 'kubernetes'
  /** Any of these: a request that another site sent is nobody's, whatever cookie came with it. */
  actors: readonly string[]
  workspace: string | null | undefined
  subject: RegExp
}
type Row = {
  actor: string
  workspace: string | null
  action: string
  subject: string
  after: { door: string; count: number }
}

export const nobody = 'anonymous'
const refusedStatus: ReadonlySet<number> = new Set([400, 401, 403, 413, 422])
const refusedCodes: ReadonlySet<string> = new Set(['forbidden', 'unauthenticated'])
const refusedChanges: ReadonlySet<string> = new Set([...refusedCodes, 'invalid', 'already_exists', 'precondition'])
const patience = { timeoutMs: 20_000 }
const workspaceName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
const named = (workspace: unknown) =>
  typeof workspace === 'string' && workspaceName.test(workspace) ? workspace : null

/** Notes what is refused, and looks for its rows. `hasKubernetes`: the API server tells of its refusals. */
export class Ledger {
  #noted: Expected[] = []
  #checked = 0
  readonly #databaseUrl: string
  readonly #hasKubernetes: boolean

  constructor(databaseUrl: string, hasKubernetes: boolean) {
    this.#databaseUrl = databaseUrl
    this.#hasKubernetes = hasKubernetes
  }

  /** A call of the dashboard's API, and its answer. */
  procedure(actor: string, path: string, kind: 'query' | 'mutation', input: unknown, { error }: TrpcAnswer): void {
    if (error === null || !(kind === 'mutation' ? refusedChanges : refusedCodes).has(error.code)) return
    const { workspace } = (input ?? {}) as { workspace?: unknown }
    const subject = new RegExp(`^(${escaped(path)}|trpc (GET|POST))(/|$)`)
    this.#noted.push({ door: 'gateway', actors: [actor, nobody], workspace: named(workspace), subject })
  }

  /** A request at the front or the content site. */
  request(actor: string, target: string, method: string, isUpgrade: boolean, status: number): void {
    if (!refusedStatus.has(status)) return
    const workspace = /^\/(?:workspaces|artifacts)\/([^/?]+)\//.exec(target)?.[1]
    const procedure = /^\/api\/trpc\/([^?,]+)/.exec(target)?.[1]
    const door = `[a-z-]+ ${isUpgrade ? 'upgrade' : method}`
    this.#noted.push({
      door: 'gateway',
      actors: [actor, nobody],
      // An address that is no address is refused before it is read for a workspace.
      workspace: workspace === undefined || status === 400 ? undefined : named(workspace),
      subject: new RegExp(`^(${door}|content GET${procedure === undefined ? '' : `|${escaped(procedure)}`})(/|$)`),
    })
  }

  /** A request at the API server. */
  cluster(actor: string, method: string, target: string, status: number): void {
    if (!this.#hasKubernetes || !refusedStatus.has(status)) return
    const actors = [status === 401 ? nobody : actor]
    this.#noted.push({ door: 'kubernetes', actors, ...objectOf(method, target) })
  }

  /** How many refusals there were since it was asked last; each of them has its row, or this throws. */
  async check(): Promise<number> {
    const fresh = this.#noted.slice(this.#checked)
    this.#checked = this.#noted.length
    if (fresh.length === 0) return 0
    await eventually(async () => {
      const rows = await this.#rows()
      const missing = fresh.filter((expected) => !rows.some((row) => isOf(expected, row)))
      expect(missing.map(inWords), 'refusals without a record').toEqual([])
    }, patience)
    return fresh.length
  }

  /** Whether, of the refusals of one kind, none is uncounted. Only when nothing is held back any more. */
  async checkNumbers(doors: readonly string[]): Promise<number> {
    const rows = await this.#rows()
    expect(rows.filter(({ subject }) => subject === 'many kinds')).toEqual([])
    const kinds = new Map<string, { expected: Expected; count: number }>()
    for (const expected of this.#noted) {
      if (!doors.includes(expected.door)) continue
      const kind = kinds.get(inWords(expected)) ?? { expected, count: 0 }
      kinds.set(inWords(expected), { expected, count: kind.count + 1 })
    }
    for (const [words, { expected, count }] of kinds) {
      // A refusal of an object may be counted with others of its kind: where very many were named.
      const found = rows.filter((row) => isOf(expected, row)).reduce((sum, { after }) => sum + after.count, 0)
      expect(found, words).toBeGreaterThanOrEqual(count)
    }
    return kinds.size
  }

  async #rows(): Promise<Row[]> {
    const client = new pg.Client(this.#databaseUrl)
    await client.connect()
    try {
      const sql =
        "select actor, workspace, action, subject, after from audit_event where action in ('access.refused', 'request.refused')"
      return (await client.query<Row>(sql)).rows
    } finally {
      await client.end()
    }
  }
}

function isOf({ door, actors, workspace, subject }: Expected, row: Row): boolean {
  return (
    row.after.door === door &&
    actors.includes(row.actor) &&
    (workspace === undefined || row.workspace === workspace) &&
    subject.test(row.subject)
  )
}

function inWords({ door, actors, workspace, subject }: Expected): string {
  return [door, actors[0], workspace, subject.source].join(' | ')
}

const verbs: Readonly<Record<string, readonly [one: string, many: string]>> = {
  GET: ['get', 'list'],
  POST: ['create', 'create'],
  PUT: ['update', 'update'],
  PATCH: ['patch', 'patch'],
  DELETE: ['delete', 'deletecollection'],
}

/** Verb, resource and name as an API server understands a request (k8s.io/apiserver pkg/endpoints/request). */
function objectOf(method: string, target: string): Pick<Expected, 'workspace' | 'subject'> {
  const url = new URL(target, 'https://cluster')
  // Servers do not agree on what an encoded slash separates.
  if (/%2f/i.test(url.pathname)) return { workspace: undefined, subject: /^\w+ / }
  const path = decodeURIComponent(url.pathname)
  const parts = path.split('/').filter(Boolean)
  const rest = parts.slice(parts[0] === 'api' ? 2 : 3)
  if (rest.length === 0) return { workspace: null, subject: new RegExp(`^\\w+ ${escaped(path)}$`) }
  const isInNamespace = rest[0] === 'namespaces' && rest.length > 2
  const workspace = rest[0] === 'namespaces' && rest[1] !== undefined ? named(rest[1]) : null
  const [plural = '', name, subresource] = isInNamespace ? rest.slice(2) : rest
  const [one = '', many = ''] = verbs[method] ?? []
  const isWatch = method === 'GET' && url.searchParams.has('watch')
  const verb = isWatch ? 'watch' : name === undefined ? many : one
  const what = [plural, subresource].filter(Boolean).join('.')
  // Of a create, the name stands in a body that nobody reads before it is allowed.
  const object = name === undefined ? '(/.*)?' : `/${escaped(name)}`
  // A namespace is its own workspace, or stands outside of all, as the server has it.
  const where = isInNamespace || workspace === null ? workspace : undefined
  return { workspace: where, subject: new RegExp(`^${verb} ${escaped(what)}( as \\S+)?${object}$`) }
}

/** The started platform, as one of its sample people reaches it: with a personal access token. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import type { AuditEvent } from '@keelson/contracts/access'
import { eventually } from '@keelson/testing'
import { expect } from 'vitest'
import { parse } from 'yaml'
import { type PlatformStatus, people, platformStatus, tokenOf } from '../../support/platform.ts'

export type Person = keyof typeof people
export type Answer = { status: number; data: unknown; error: { code: string; message: string } | null }

export type Started = {
  status: PlatformStatus
  /** The scientist's workspace, and the viewer's. */
  first: string
  second: string
  token(who: Person): string
  call(who: Person, procedure: string, kind: 'query' | 'mutation', input: unknown): Promise<Answer>
  mlflow(who: Person, workspace: string, path: string, body: object): Promise<{ status: number; body: unknown }>
  /** A call of the cluster's API with a bearer token. */
  kube(
    token: string,
    method: string,
    path: string,
    options?: { body?: object; headers?: Record<string, string> },
  ): Promise<{ status: number; text: string }>
  /** Waits for the record of a refusal in that workspace; an earlier run's is another workspace's. */
  refused(actor: string, workspace: string, what: RegExp): Promise<AuditEvent>
  stop(): Promise<void>
}

const patience = { timeoutMs: 60_000 }

/** Makes a workspace of each of two people; `stop` deletes both. */
export async function openStarted(): Promise<Started> {
  const status = await platformStatus()
  const tokens = new Map<Person, string>()
  for (const who of Object.keys(people) as Person[]) tokens.set(who, await tokenOf(who))
  const token = (who: Person) => tokens.get(who) ?? ''
  const call: Started['call'] = async (who, procedure, kind, input) => {
    const json = JSON.stringify({ json: input })
    const headers = { authorization: `Bearer ${token(who)}`, 'content-type': 'application/json' }
    const response =
      kind === 'query'
        ? await fetch(`${status.url}/api/trpc/${procedure}?input=${encodeURIComponent(json)}`, { headers })
        : await fetch(`${status.url}/api/trpc/${procedure}`, { method: 'POST', headers, body: json })
    const answer = (await response.json()) as {
      result?: { data: { json: unknown } }
      error?: { json: { data: { error: Answer['error'] } } }
    }
    return {
      status: response.status,
      data: answer.result?.data.json ?? null,
      error: answer.error?.json.data.error ?? null,
    }
  }
  const tag = randomBytes(3).toString('hex')
  const [first, second] = [`attack-a-${tag}`, `attack-b-${tag}`]
  const made = [
    ['scientist', first],
    ['viewer', second],
  ] as const
  for (const [who, name] of made)
    expect(await call(who, 'workspaces.create', 'mutation', { name }), name).toMatchObject({ error: null })
  const admin = clusterOf(status.kubeconfig)
  return {
    status,
    first,
    second,
    token,
    call,
    mlflow: async (who, workspace, path, body) => {
      const response = await fetch(`${status.url}/workspaces/${workspace}/mlflow/api/2.0/mlflow/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token(who)}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return { status: response.status, body: await response.json() }
    },
    kube: (bearer, method, path, options = {}) => ask(admin, bearer, method, path, options),
    refused: (actor, workspace, what) =>
      eventually(async () => {
        const { data } = await call('admin', 'admin.audit', 'query', {
          actor,
          action: 'access.refused',
        })
        const found = (data as AuditEvent[]).find((row) => row.workspace === workspace && what.test(row.subject))
        if (found === undefined)
          throw new Error(`no record of ${actor} ${what}: ${JSON.stringify(data).slice(0, 2_000)}`)
        return found
      }, patience),
    stop: async () => {
      for (const [who, name] of made)
        await call(who, 'workspaces.delete', 'mutation', { workspace: name, confirm: name })
    },
  }
}

type Cluster = { server: string; ca: string }

function clusterOf(kubeconfig: string): Cluster {
  const { clusters } = parse(readFileSync(kubeconfig, 'utf8')) as {
    clusters: { cluster: { server: string; 'certificate-authority-data': string } }[]
  }
  const [entry] = clusters
  if (entry === undefined) throw new Error(`${kubeconfig} names no cluster`)
  return {
    server: entry.cluster.server,
    ca: Buffer.from(entry.cluster['certificate-authority-data'], 'base64').toString(),
  }
}

function ask(
  { server, ca }: Cluster,
  token: string,
  method: string,
  path: string,
  { body, headers = {} }: { body?: object; headers?: Record<string, string> },
): Promise<{ status: number; text: string }> {
  const payload = body === undefined ? undefined : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      new URL(path, server),
      {
        method,
        ca,
        agent: false,
        headers: {
          authorization: `Bearer ${token}`,
          ...(payload === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
          ...headers,
        },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk
        })
        response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
      },
    )
    request.once('error', reject)
    request.end(payload)
  })
}

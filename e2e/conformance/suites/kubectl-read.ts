/** What kubectl reads and how it prints it: get in all its forms, auth, api-resources, cluster-info, completion, health. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { configMap, deployment, type Subject } from '../cluster.ts'

export function kubectlReadSuite({ cluster }: Subject): void {
  describe('kubectl reads', () => {
    let ns = ''
    const folder = mkdtempSync(join(tmpdir(), 'keelson-kubectl-'))
    const run = (args: string[], input?: string) => cluster().kubectl(['-n', ns, ...args], input)
    const out = async (...args: string[]) => (await run(args)).stdout
    const spaces = (text: string) => text.replaceAll(/ +/g, ' ').replaceAll(/ \d+m?s\b/g, ' AGE')

    beforeAll(async () => {
      ns = await cluster().namespace()
      for (const [name, n] of [
        ['a', '3'],
        ['b', '2'],
        ['c', '1'],
      ] as const)
        await cluster().post(
          `/api/v1/namespaces/${ns}/configmaps`,
          configMap(name, { k: n }, { labels: { group: 'own', n } }),
        )
      await cluster().post(`/apis/apps/v1/namespaces/${ns}/deployments`, deployment('d'))
    })
    afterAll(() => rmSync(folder, { recursive: true, force: true }))

    test('get: labels as columns, kinds, no headers, order', async () => {
      const own = ['get', 'cm', '-l', 'group=own']
      expect(spaces(await out(...own, '-L', 'n,x', '--no-headers'))).toBe('a 1 AGE 3 \nb 1 AGE 2 \nc 1 AGE 1 \n')
      expect(spaces(await out('get', 'cm', 'a', '--show-labels'))).toBe('NAME DATA AGE LABELS\na 1 AGE group=own,n=3\n')
      expect(spaces(await out('get', 'cm', 'a', '--show-kind'))).toBe('NAME DATA AGE\nconfigmap/a 1 AGE\n')
      expect(await out(...own, '--sort-by=.data.k', '-o', 'name')).toBe('configmap/c\nconfigmap/b\nconfigmap/a\n')
      expect(spaces(await out('get', 'deploy', '--sort-by=.spec.replicas'))).toBe(
        'NAME READY UP-TO-DATE AVAILABLE AGE\nd 0/0 0 0 AGE\n',
      )
    })

    test('get: jsonpath, templates and custom columns, from the line and from files', async () => {
      const own = ['get', 'cm', '-l', 'group=own', '-o']
      const template = (name: string, text: string) => {
        writeFileSync(join(folder, name), text)
        return join(folder, name)
      }
      expect(await out(...own, 'jsonpath={range .items[*]}{.kind}/{.metadata.name} {end}')).toBe(
        'ConfigMap/a ConfigMap/b ConfigMap/c ',
      )
      expect(await out(...own, 'jsonpath={.items[?(@.data.k=="2")].metadata.name}')).toBe('b')
      expect(await out(...own, `jsonpath-file=${template('j', '{.items[-1:].metadata.name}')}`)).toBe('c')
      expect(await out(...own, 'go-template={{range .items}}{{.data.k}} {{end}}')).toBe('3 2 1 ')
      expect(await out(...own, `templatefile=${template('t', '{{len .items}}')}`)).toBe('3')
      const columns = 'NAME K X\na 3 <none>\nb 2 <none>\nc 1 <none>\n'
      expect(spaces(await out(...own, 'custom-columns=NAME:.metadata.name,K:.data.k,X:.nope'))).toBe(columns)
      const file = template('c', 'NAME K X\nmetadata.name data.k nope\n')
      expect(spaces(await out(...own, `custom-columns-file=${file}`))).toBe(columns)
    })

    test('get: yaml and json name each object once; pages; several kinds', async () => {
      const list = JSON.parse(await out('get', 'cm', '-l', 'group=own', '-o', 'json'))
      expect(list.items[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { k: '3' } })
      expect(list.items[0].metadata.managedFields).toBeUndefined()
      expect(await out('get', 'cm', 'a', '-o', 'yaml', '--show-managed-fields')).toContain('managedFields:\n')
      expect(await out('get', 'cm,deploy', '-l', 'group=own', '-o', 'name', '--chunk-size=1')).toBe(
        'configmap/a\nconfigmap/b\nconfigmap/c\n',
      )
      expect(await out('get', 'cm/a', 'deploy/d', '-o', 'name')).toBe('configmap/a\ndeployment.apps/d\n')
      expect(await out('get', 'all', '-o', 'name')).toContain('deployment.apps/d\n')
      const raw = (await cluster().get(`/api/v1/namespaces/${ns}/configmaps?limit=1`)).body.items[0]
      expect([raw.kind, raw.apiVersion, raw.metadata.name]).toEqual([undefined, undefined, 'a'])
    })

    test('get: what is missing and what is wrong', async () => {
      expect(await run(['get', 'cm', 'nope', '--ignore-not-found'])).toMatchObject({ code: 0, stdout: '' })
      expect(await run(['get', 'cm', 'nope', 'a', '-o', 'name'])).toMatchObject({
        code: 1,
        stdout: 'configmap/a\n',
        stderr: 'Error from server (NotFound): configmaps "nope" not found\n',
      })
      expect((await run(['get', 'nosuch'])).stderr).toBe('error: the server doesn\'t have a resource type "nosuch"\n')
      expect((await run(['get', 'cm', '--field-selector', 'data.k=b'])).stderr).toContain(
        '"data.k" is not a known field selector: only "metadata.name", "metadata.namespace"',
      )
      expect((await run(['get', 'pods'])).stderr).toBe(`No resources found in ${ns} namespace.\n`)
      expect((await run(['get', '--raw', '/nope'])).stderr).toContain(
        'the server could not find the requested resource',
      )
    })

    test('get -w: the changes in order, with their kinds', async () => {
      await run(['create', 'configmap', 'watched'])
      const watching = cluster().startKubectl(['-n', ns, 'get', 'cm', 'watched', '-w', '--output-watch-events'])
      try {
        const kinds = () => [...watching.output().matchAll(/^(\w+)\s+watched\s/gm)].map(([, kind]) => kind)
        const until = (...wanted: string[]) => eventually(() => expect(kinds()).toEqual(wanted), { timeoutMs: 30_000 })
        await until('ADDED')
        await run(['label', 'cm', 'watched', 'a=b'])
        await until('ADDED', 'MODIFIED')
        await run(['delete', 'cm', 'watched'])
        await until('ADDED', 'MODIFIED', 'DELETED')
      } finally {
        watching.stop()
      }
    })

    test('subresources: a Scale and its columns', async () => {
      const path = `/apis/apps/v1/namespaces/${ns}/deployments/d/scale`
      expect((await cluster().get(path)).body.spec).toEqual({})
      expect(spaces(await out('get', 'deploy', 'd', '--subresource=scale'))).toBe(
        'NAME DESIRED AVAILABLE AGE\nd 0 0 AGE\n',
      )
    })

    test('answers: indented for curl, YAML where it is asked for, errors too', async () => {
      const path = `/api/v1/namespaces/${ns}/configmaps/a`
      const text = async (headers: Record<string, string>, at = path) => {
        const answer = await cluster().call('GET', at, { headers: { ...headers } })
        return [answer.headers['content-type'], answer.body]
      }
      const [type, yaml] = await text({ Accept: 'application/yaml' })
      expect([type, String(yaml).split('\n')[0], String(yaml).includes('  name: a\n')]).toEqual([
        'application/yaml',
        'apiVersion: v1',
        true,
      ])
      expect(await text({ Accept: 'application/yaml' }, `${path}-nope`)).toEqual([
        'application/yaml',
        'apiVersion: v1\ncode: 404\ndetails:\n  kind: configmaps\n  name: a-nope\nkind: Status\nmessage: configmaps "a-nope" not found\nmetadata: {}\nreason: NotFound\nstatus: Failure\n',
      ])
      const size = async (headers: Record<string, string>, at = path) =>
        Number((await cluster().call('GET', at, { headers })).headers['content-length'])
      const plain = await size({})
      expect(await size({ 'User-Agent': 'curl/8' })).toBeGreaterThan(plain)
      expect(await size({}, `${path}?pretty=true`)).toBe(await size({ 'User-Agent': 'curl/8' }))
      expect(await size({ 'User-Agent': 'curl/8' }, `${path}?pretty=false`)).toBe(plain)
    })

    test('a List, and a kind that is not served: kubectl asks OpenAPI v2 in protobuf', async () => {
      const items = [configMap('listed'), { ...configMap('listed-too'), data: { a: 'b' } }]
      const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
      expect(await run(['create', '-f', '-'], list)).toMatchObject({
        code: 0,
        stdout: 'configmap/listed created\nconfigmap/listed-too created\n',
      })
      const foreign = '{"apiVersion":"keelson.test/v1","kind":"Nope","metadata":{"name":"a"}}'
      expect((await run(['create', '-f', '-'], foreign)).stderr).toBe(
        'error: resource mapping not found for name: "a" namespace: "" from "STDIN": no matches for kind "Nope" in version "keelson.test/v1"\nensure CRDs are installed first\n',
      )
      expect(await out('explain', 'deployment.spec.strategy', '-o', 'plaintext-openapiv2')).toMatch(
        /rollingUpdate\s+<Object>[\s\S]*type\s+<string>/,
      )
    })

    test('auth: whoami and can-i, for others, subresources, paths', async () => {
      const reader = { rules: [{ apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get'] }] }
      const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${ns}`
      await cluster().post(`${rbac}/roles`, { metadata: { name: 'reader' }, ...reader })
      await run(['create', 'rolebinding', 'reader', '--role=reader', '--user=jane@example.dev'])
      const can = async (...args: string[]) => {
        const answer = await run(['auth', 'can-i', ...args, '--as=jane@example.dev'])
        return `${answer.code} ${answer.stdout.trim()}`
      }
      expect(await can('get', 'pods')).toBe('0 yes')
      expect(await can('get', 'pods', '--subresource=log')).toBe('0 yes')
      expect(await can('get', 'pods', '--subresource=exec')).toBe('1 no')
      expect(await can('list', 'pods', '-A')).toBe('1 no')
      expect(await can('get', '/healthz')).toBe('0 yes')
      expect(await can('get', '/logs/x')).toBe('1 no')
      const rules = await out('auth', 'can-i', '--list', '--as=jane@example.dev')
      expect(rules).toMatch(/pods\/log\s+\[\]\s+\[\]\s+\[get\]/)
      expect(rules).toMatch(/\[\/healthz\]\s+\[\]\s+\[get\]/)
      expect(await out('auth', 'can-i', '--list')).toMatch(/\*\.\*\s+\[\]\s+\[\]\s+\[\*\][\s\S]*selfsubjectreviews/)
      const who = await out('auth', 'whoami', '--as=jane@example.dev', '--as-group=devs', '-o', 'json')
      expect(JSON.parse(who)).toMatchObject({
        metadata: { creationTimestamp: expect.stringMatching(/^\d{4}-.*Z$/) },
        status: { userInfo: { username: 'jane@example.dev', groups: ['devs', 'system:authenticated'] } },
      })
    })

    test('auth reconcile adds what is missing, and removes what is too much where it is told to', async () => {
      const role = (verb: string) =>
        `apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: reconciled, namespace: ${ns}}\nrules: [{apiGroups: [""], resources: [events], verbs: [${verb}]}]\n`
      const verbs = () => out('get', 'role', 'reconciled', '-o', 'jsonpath={.rules[*].verbs[*]}')
      await run(['auth', 'reconcile', '-f', '-'], role('get'))
      await run(['auth', 'reconcile', '-f', '-'], role('list'))
      expect(await verbs()).toBe('get list')
      await run(['auth', 'reconcile', '--remove-extra-permissions', '-f', '-'], role('list'))
      expect(await verbs()).toBe('list')
    })

    test('api-resources, api-versions, version, cluster-info and its dump', async () => {
      expect(await out('api-resources', '--api-group=apps', '-o', 'wide', '--no-headers')).toMatch(
        /deployments\s+deploy\s+apps\/v1\s+true\s+Deployment\s+create,delete,deletecollection,get,list,patch,update,watch\s+all/,
      )
      expect(await out('api-resources', '--categories=all', '-o', 'name')).toContain(
        'replicationcontrollers\nservices\n',
      )
      expect((await out('api-versions')).split('\n')).toEqual(expect.arrayContaining(['v1', 'apps/v1', 'batch/v1']))
      expect(JSON.parse(await out('get', '--raw', '/version'))).toMatchObject({
        major: '1',
        minor: '36',
        emulationMinor: '36',
        minCompatibilityMinor: '35',
      })
      expect(await out('version')).toMatch(/Server Version: v1\.36\./)
      expect(await out('cluster-info')).toContain('is running at')
      const dump = join(folder, 'dump')
      expect((await run(['cluster-info', 'dump', '--namespaces', ns, '--output-directory', dump])).code).toBe(0)
      expect(readdirSync(join(dump, ns))).toContain('replication-controllers.json')
    })

    test('health: the checks one by one', async () => {
      expect(await out('get', '--raw', '/healthz/ping')).toBe('ok')
      expect(await out('get', '--raw', '/readyz?verbose')).toMatch(
        /^\[\+\]ping ok\n\[\+\]log ok\n[\s\S]*readyz check passed\n/,
      )
      expect(await out('get', '--raw', '/livez?verbose&exclude=log')).toContain('[+]log excluded: ok\n')
      expect((await run(['get', '--raw', '/livez/nope'])).stderr).toContain('the server could not find')
    })

    test('completion knows the names of objects', async () => {
      const complete = async (...args: string[]) =>
        (await cluster().kubectl(['__complete', '-n', ns, ...args])).stdout.split('\n').slice(0, -2)
      expect(await complete('get', 'cm', '')).toEqual(expect.arrayContaining(['a', 'b', 'c']))
      expect(await complete('describe', 'deployments.apps', '')).toEqual(['d'])
      expect(await complete('get', 'deplo')).toEqual(['deployments.apps'])
    })
  })
}

/** kubectl's verbs that change what is there: edit, diff, wait, delete, apply --prune, kustomize, replace. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Subject } from '../cluster.ts'

const map = (name: string, color = 'blue', labels = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}${labels && `, labels: {${labels}}`}}\ndata: {color: ${color}}\n`
const deployment = (name: string, replicas = 0, more = '') => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: x${more}}]}}
`

export function kubectlChangeSuite({ cluster }: Subject): void {
  describe('kubectl changes', () => {
    let ns = ''
    const folder = mkdtempSync(join(tmpdir(), 'keelson-kubectl-'))
    const run = (args: string[], input?: string, env?: Record<string, string>) =>
      cluster().kubectl(['-n', ns, ...args], input, env)
    const at = (...path: string[]) => join(folder, ...path)
    const colorOf = async (name: string) => (await run(['get', 'cm', name, '-o', 'jsonpath={.data.color}'])).stdout
    /** An editor that is a script: `$1` is the file. */
    const edit = (script: string, ...args: string[]) => {
      writeFileSync(at('editor.sh'), script)
      return run(['edit', ...args], undefined, { KUBE_EDITOR: `sh ${at('editor.sh')}`, NS: ns, FOLDER: folder })
    }

    beforeAll(async () => {
      ns = await cluster().namespace()
    })
    afterAll(() => rmSync(folder, { recursive: true, force: true }))

    test('edit: a change, none, several objects', async () => {
      await run(['apply', '-f', '-'], `${map('edited')}---\n${map('edited-too')}`)
      expect((await edit('sed -i s/blue/red/ $1', 'cm', 'edited')).stdout).toBe('configmap/edited edited\n')
      expect(await colorOf('edited')).toBe('red')
      expect((await edit('true', 'cm', 'edited')).stderr).toBe('Edit cancelled, no changes made.\n')
      const both = await edit('sed -i s/color/shade/ $1', 'cm/edited', 'cm/edited-too')
      expect(both.stdout).toBe('configmap/edited edited\nconfigmap/edited-too edited\n')
    })

    test('edit: what is refused is shown again with the reason', async () => {
      await run(['apply', '-f', '-'], deployment('refused'))
      const kept = 'cp $1 $FOLDER/seen'
      for (const [change, reason] of [
        ['s/replicas: 0/replicas: -1/', 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
        ['s/replicas: 0/replcas: 0/', 'unknown field "spec.replcas"'],
        ['s/matchLabels:/matchNames:/', 'unknown field "spec.selector.matchNames"'],
      ] as const) {
        // The second time the editor changes nothing, which ends it.
        const answer = await edit(`${kept}; sed -i '${change}' $1`, 'deploy', 'refused')
        expect(answer.code).toBe(1)
        expect(answer.stderr).toContain('Edit cancelled, no valid changes were saved.')
        expect(readFileSync(at('seen'), 'utf8').replaceAll(/\n#\s*/g, ' ')).toContain(reason)
      }
      expect((await run(['get', 'deploy', 'refused', '-o', 'jsonpath={.spec.replicas}'])).stdout).toBe('0')
    })

    test('edit: an object that changes meanwhile keeps the other change', async () => {
      await run(['create', 'configmap', 'busy', '--from-literal=color=blue', '--from-literal=shape=round'])
      const other = '$KUBECTL -n $NS patch cm busy -p \'{"data":{"shape":"square"}}\' >/dev/null'
      expect((await edit(`${other}; sed -i s/blue/red/ $1`, 'cm', 'busy')).stdout).toBe('configmap/busy edited\n')
      expect((await run(['get', 'cm', 'busy', '-o', 'jsonpath={.data}'])).stdout).toBe(
        '{"color":"red","shape":"square"}',
      )
    })

    test('diff: 0 without, 1 with a difference, more for a failure; on the client and on the server', async () => {
      await run(['apply', '-f', '-'], map('compared'))
      expect(await run(['diff', '-f', '-'], map('compared'))).toMatchObject({ code: 0, stdout: '' })
      for (const how of [[], ['--server-side']]) {
        const changed = await run(['diff', ...how, '-f', '-'], map('compared', 'red'))
        expect([changed.code, changed.stderr]).toEqual([1, ''])
        expect(changed.stdout).toContain('-  color: blue\n+  color: red\n')
      }
      expect((await run(['diff', '-f', '-'], map('not-there'))).stdout).toContain('+  color: blue')
      const invalid = await run(['diff', '-f', '-'], deployment('invalid', -1))
      expect(invalid.code).toBeGreaterThan(1)
      expect(invalid.stderr).toContain('must be greater than or equal to 0')
      expect(await colorOf('compared')).toBe('blue')
    })

    test('server-side apply takes over from client-side apply, and is not stopped by it', async () => {
      await run(['apply', '-f', '-'], map('moved'))
      await run(
        ['apply', '--server-side', '--field-manager=other', '--force-conflicts', '-f', '-'],
        map('moved', 'pink'),
      )
      const refused = await run(['apply', '--server-side', '-f', '-'], map('moved', 'red'))
      expect(refused.stderr).toContain('conflict with "other": .data.color')
      await run(['apply', '-f', '-'], map('taken'))
      expect(await run(['apply', '--server-side', '-f', '-'], map('taken', 'red'))).toMatchObject({ code: 0 })
      const last = '{.metadata.annotations.kubectl\\.kubernetes\\.io/last-applied-configuration}'
      expect(JSON.parse((await run(['get', 'cm', 'taken', '-o', `jsonpath=${last}`])).stdout).data).toEqual({
        color: 'red',
      })
    })

    test('wait: a condition, a value, the beginning and the end of an object, a time out', async () => {
      await run(['create', 'configmap', 'awaited', '--from-literal=color=blue'])
      const wait = (condition: string, ...args: string[]) => run(['wait', `--for=${condition}`, ...args])
      const value = (color: string) => `jsonpath={.data.color}=${color}`
      const coming = wait(value('red'), 'cm/awaited', '--timeout=20s')
      const creation = wait('create', 'cm/later', '--timeout=20s')
      await run(['patch', 'cm', 'awaited', '-p', '{"data":{"color":"red"}}'])
      await run(['create', 'configmap', 'later'])
      expect((await coming).stdout).toBe('configmap/awaited condition met\n')
      expect((await creation).stdout).toBe('configmap/later condition met\n')
      const end = wait('delete', 'cm/later', '--timeout=20s')
      await run(['delete', 'cm', 'later'])
      expect((await end).code).toBe(0)
      const [late, missing, nothing] = await Promise.all([
        wait(value('green'), 'cm/awaited', '--timeout=0s'),
        wait('condition=x', 'cm/nope', '--timeout=1s'),
        wait('condition=x', 'cm', '-l', 'no=such', '--timeout=1s'),
      ])
      expect([late.code, missing.stderr, nothing.stderr]).toEqual([
        1,
        'Error from server (NotFound): configmaps "nope" not found\n',
        'error: no matching resources found\n',
      ])
    })

    test('delete: by name, label, field, file, all; dry', async () => {
      for (const name of ['a', 'b', 'c', 'd', 'e'])
        await run(['apply', '-f', '-'], map(`gone-${name}`, 'blue', `which: ${name}, group: gone`))
      const left = async () =>
        (await run(['get', 'cm', '-l', 'group=gone', '-o', 'name'])).stdout.split('\n').length - 1
      const dry = await run(['delete', 'cm', 'gone-a', '--dry-run=server'])
      expect([dry.stdout.includes('(server dry run)'), await left()]).toEqual([true, 5])
      expect((await run(['delete', 'cm', 'gone-a', '-o', 'name'])).stdout).toBe('configmap/gone-a\n')
      expect((await run(['delete', 'cm', 'gone-a'])).stderr).toBe(
        'Error from server (NotFound): configmaps "gone-a" not found\n',
      )
      expect(await run(['delete', 'cm', 'gone-a', '--ignore-not-found'])).toMatchObject({ code: 0, stdout: '' })
      await run(['delete', 'cm', '-l', 'which=b'])
      await run(['delete', 'cm', '--field-selector', 'metadata.name=gone-c'])
      expect((await run(['delete', '-f', '-'], map('gone-d'))).stdout).toContain('configmap "gone-d" deleted')
      expect(await left()).toBe(1)
      await run(['create', 'quota', 'q1', '--hard=pods=1'])
      expect((await run(['delete', 'quota', '--all'])).stdout).toContain('resourcequota "q1" deleted')
      const raw = await run(['delete', '--raw', `/api/v1/namespaces/${ns}/configmaps/gone-e`])
      expect(JSON.parse(raw.stdout)).toMatchObject({ kind: 'Status', status: 'Success', details: { name: 'gone-e' } })
    })

    test('delete: waits for finalizers, or does not', async () => {
      await run(['create', 'configmap', 'held'])
      await run(['patch', 'cm', 'held', '-p', '{"metadata":{"finalizers":["keelson.dev/test"]}}'])
      expect(await run(['delete', 'cm', 'held', '--timeout=1s'])).toMatchObject({ code: 1 })
      expect((await run(['delete', 'cm', 'held', '--wait=false'])).code).toBe(0)
      const more = '{"metadata":{"finalizers":["keelson.dev/new","keelson.dev/test"]}}'
      expect((await run(['patch', 'cm', 'held', '-p', more])).stderr).toContain(
        'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted',
      )
      const waiting = run(['wait', '--for=delete', 'cm/held', '--timeout=30s'])
      await run(['patch', 'cm', 'held', '--type=json', '-p', '[{"op":"remove","path":"/metadata/finalizers"}]'])
      expect((await waiting).code).toBe(0)
      expect((await run(['get', 'cm', 'held'])).stderr).toContain('(NotFound)')
    })

    test('delete: what the cascade makes of a set that others own', async () => {
      const path = `/apis/apps/v1/namespaces/${ns}/deployments`
      const finalizers = async (cascade: string) => {
        await run(['apply', '-f', '-'], deployment(`owner-${cascade}`))
        await cluster().merge(`${path}/owner-${cascade}`, { metadata: { finalizers: ['keelson.dev/held'] } })
        await run(['delete', 'deploy', `owner-${cascade}`, `--cascade=${cascade}`, '--wait=false'])
        const { metadata } = (await cluster().get(`${path}/owner-${cascade}`)).body
        await cluster().json(`${path}/owner-${cascade}`, [{ op: 'remove', path: '/metadata/finalizers' }])
        return metadata.finalizers.filter((name: string) => !name.startsWith('keelson'))
      }
      // The garbage collector may have done its part by the time this looks.
      expect(['orphan', undefined]).toContain((await finalizers('orphan'))[0])
      expect(['foregroundDeletion', undefined]).toContain((await finalizers('foreground'))[0])
      expect(await finalizers('background')).toEqual([])
    })

    test('a Job or a ReplicationController whose deletion says nothing leaves its pods, with a warning of the Job', async () => {
      const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } }
      const never = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } }
      const finalizers = ['keelson.dev/held']
      for (const [path, object, warned] of [
        [`/apis/batch/v1/namespaces/${ns}/jobs`, { suspend: true, template: never }, true],
        [`/api/v1/namespaces/${ns}/replicationcontrollers`, { replicas: 0, template }, false],
      ] as const) {
        const made = await cluster().post(path, { metadata: { name: 'orphaning', finalizers }, spec: object })
        expect(made.status).toBe(201)
        const { body, headers } = await cluster().del(`${path}/orphaning`)
        expect(body.metadata.finalizers).toContain('orphan')
        expect(String(headers.warning ?? '').includes('child pods are preserved by default')).toBe(warned)
        await cluster().json(`${path}/orphaning`, [{ op: 'remove', path: '/metadata/finalizers' }])
      }
    })

    test('apply --prune by label removes what is no longer in the files', async () => {
      const both = `${map('kept', 'blue', 'set: one')}---\n${map('pruned', 'blue', 'set: one')}`
      const first = await run(['apply', '--prune', '-l', 'set=one', '-f', '-'], both)
      expect([first.code, first.stdout]).toEqual([0, 'configmap/kept created\nconfigmap/pruned created\n'])
      const next = await run(['apply', '--prune', '-l', 'set=one', '-f', '-'], map('kept', 'blue', 'set: one'))
      expect([next.code, next.stdout]).toEqual([0, 'configmap/kept unchanged\nconfigmap/pruned pruned\n'])
    })

    test('an ApplySet prunes by its own label, on the client and on the server', async () => {
      const apply = (set: string, text: string, ...how: string[]) =>
        run(['apply', '--prune', `--applyset=${set}`, ...how, '-f', '-'], text, { KUBECTL_APPLYSET: 'true' })
      for (const [set, how] of [
        ['secrets/client', []],
        ['configmaps/server', ['--server-side']],
      ] as const) {
        const name = set.replace('/', '-')
        const made = await apply(
          set,
          `${map(`${name}-a`)}---\n${map(`${name}-b`)}---\n${deployment(`${name}-d`)}`,
          ...how,
        )
        expect(made).toMatchObject({ code: 0 })
        const fewer = await apply(set, map(`${name}-a`), ...how)
        expect(fewer.code).toBe(0)
        const parent = await run(['get', set, '-o', 'jsonpath={.metadata.annotations}'])
        expect(JSON.parse(parent.stdout)['applyset.kubernetes.io/contains-group-kinds']).toBe('ConfigMap')
        const left = await run(['get', 'cm,deploy', '-l', 'applyset.kubernetes.io/part-of', '-o', 'name'])
        expect(left.stdout.split('\n').filter((line) => line.includes(`/${name}-`))).toEqual([`configmap/${name}-a`])
      }
    })

    test('kustomize: apply, get, diff and delete of a folder', async () => {
      writeFileSync(at('map.yaml'), map('settings'))
      writeFileSync(
        at('kustomization.yaml'),
        'namePrefix: kz-\nresources: [map.yaml]\nconfigMapGenerator: [{name: made, literals: [a=b]}]\n',
      )
      expect((await run(['apply', '-k', folder])).stdout).toMatch(
        /^configmap\/kz-made-\w+ created\nconfigmap\/kz-settings created\n$/,
      )
      expect((await run(['get', '-k', folder, '-o', 'name'])).stdout).toMatch(
        /^configmap\/kz-made-\w+\nconfigmap\/kz-settings\n$/,
      )
      expect(await run(['diff', '-k', folder])).toMatchObject({ code: 0, stdout: '' })
      writeFileSync(at('map.yaml'), map('settings', 'red'))
      expect(await run(['diff', '-k', folder])).toMatchObject({ code: 1 })
      expect((await run(['delete', '-k', folder])).code).toBe(0)
    })

    test('replace: by version, by force, of what is not there', async () => {
      await run(['create', 'configmap', 'replaced', '--from-literal=color=blue'])
      const old = (await run(['get', 'cm', 'replaced', '-o', 'yaml'])).stdout
      const red = old.replace('color: blue', 'color: red')
      expect((await run(['replace', '-f', '-'], red)).stdout).toBe('configmap/replaced replaced\n')
      expect((await run(['replace', '-f', '-'], old)).stderr).toContain(
        'Operation cannot be fulfilled on configmaps "replaced": the object has been modified; please apply your changes to the latest version and try again',
      )
      expect((await run(['replace', '--force', '-f', '-'], map('replaced', 'pink'))).code).toBe(0)
      expect(await colorOf('replaced')).toBe('pink')
      expect((await run(['replace', '-f', '-'], map('never'))).stderr).toContain('configmaps "never" not found')
      const foreign = map('replaced').replace('name: replaced', 'name: replaced, uid: abc')
      expect((await run(['replace', '-f', '-'], foreign)).stderr).toContain(
        `StorageError: invalid object, Code: 4, Key: /registry/configmaps/${ns}/replaced, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: abc, UID in object meta: `,
      )
    })
  })
}

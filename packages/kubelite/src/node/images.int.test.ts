import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '@keelson/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { createPod, eventsOf, phaseIs, readLog, shell, stateOf, untilPod, useTestCluster } from './test-cluster.ts'

let folder: string

const cluster = useTestCluster(async () => {
  folder = await mkdtemp(join(tmpdir(), 'node-images-'))
  const lock = (name: string, hash: string) =>
    mkdir(join(folder, name)).then(() =>
      writeFile(join(folder, name, 'requirements.lock'), `six==1.17.0 --hash=sha256:${hash}\n`),
    )
  await lock('small', '4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274')
  await lock('forged', '0'.repeat(64))
  await mkdir(join(folder, 'app'))
  await writeFile(join(folder, 'app/hello.py'), 'import helper, six\nprint("hello", six.__version__, helper.NAME)\n')
  await mkdir(join(folder, 'lib'))
  await writeFile(join(folder, 'lib/helper.py'), 'NAME = "helper"\n')
  const images = [
    'images:',
    '  team/app:1: { runtime: python, environment: ./small, files: app, pythonPath: [lib], command: [python, hello.py] }',
    '  team/forged:1: { runtime: python, environment: ./forged }',
  ]
  await writeFile(join(folder, 'images.yaml'), `${images.join('\n')}\n`)
  return { imagesFile: join(folder, 'images.yaml'), cacheDir: join(folder, 'cache') }
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

describe('an image with a Python environment', () => {
  it('is pulled with its steps as events, and run with its files and its command', async () => {
    await createPod(cluster.client, { containers: [{ name: 'main', image: 'team/app:1' }] }, 'app')
    await untilPod(cluster.client, 'app', phaseIs('Succeeded'), 60_000)
    expect(await readLog(cluster, 'app')).toBe('hello 1.17.0 helper\n')
    const messages = await eventually(async () => {
      const all = (await eventsOf(cluster.client, 'app')).map((event) => `${event.reason} ${event.message}`)
      return all.some((message) => message.startsWith('Started')) ? all : false
    })
    expect(messages[1]).toBe('Pulling Pulling image "team/app:1"')
    expect(
      messages.some((message) =>
        /^Pulling Pulling image "team\/app:1": Creating an environment with Python 3\./.test(message),
      ),
    ).toBe(true)
    expect(messages.some((message) => /^Pulled Successfully pulled image "team\/app:1" in \d/.test(message))).toBe(true)
  }, 90_000)

  it('is there at once the second time', async () => {
    await createPod(cluster.client, { containers: [{ name: 'main', image: 'team/app:1' }] }, 'again')
    await untilPod(cluster.client, 'again', phaseIs('Succeeded'))
    const messages = (await eventsOf(cluster.client, 'again')).map((event) => event.message)
    expect(messages).toContain('Container image "team/app:1" already present on machine and can be accessed by the pod')
  })

  it('that cannot be built says why, with the tool’s own words, and is tried again', async () => {
    await createPod(cluster.client, { containers: [shell('echo', { image: 'team/forged:1' })] }, 'forged')
    const pod = await untilPod(
      cluster.client,
      'forged',
      (each) => stateOf(each).waiting?.reason === 'ErrImagePull',
      60_000,
    )
    expect(stateOf(pod).waiting?.message).toMatch(/Building the Python environment forged failed[\s\S]*[Hh]ash/)
    expect(await readLog(cluster, 'forged')).toMatch(
      /is waiting to start: (image can't be pulled|trying and failing to pull image)/,
    )
  }, 90_000)
})

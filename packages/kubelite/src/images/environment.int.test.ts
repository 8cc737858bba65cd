import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hostEnvironment } from './env.ts'
import { ensureEnvironment } from './environment.ts'
import { runTool } from './run-tool.ts'

const environmentsDir = await mkdtemp(join(tmpdir(), 'environments-'))
const caches: string[] = []

// A package without dependencies: what is tested is the building, not the packages.
const six = 'six==1.17.0 --hash=sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274'

async function lock(name: string, content: string): Promise<void> {
  await mkdir(join(environmentsDir, name), { recursive: true })
  await writeFile(join(environmentsDir, name, 'requirements.lock'), `${content}\n`)
}

async function newCache(): Promise<string> {
  const cache = await mkdtemp(join(tmpdir(), 'keelson-cache-'))
  caches.push(cache)
  return cache
}

/** The tools folder is shared, so that uv is installed once for all of these tests. */
let shared: string
beforeAll(async () => {
  shared = await newCache()
  await lock('small', six)
  await lock('forged', six.replace('4721f391', '00000000'))
  await lock(
    'missing',
    'keelson-no-such-package-anywhere==1.0 --hash=sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274',
  )
  await ensureEnvironment('small', { environmentsDir, cacheDir: shared })
}, 120_000)
afterAll(async () => {
  for (const folder of [environmentsDir, ...caches]) await rm(folder, { recursive: true, force: true })
})

const environmentsIn = async (cache: string) => readdir(join(cache, 'environments')).catch(() => [])

describe('ensureEnvironment', () => {
  it('builds once and then finds what it built, whole and where its scripts say', async () => {
    const built = await ensureEnvironment('small', { environmentsDir, cacheDir: shared })
    expect(built).toMatchObject({ name: 'small', cached: true })
    const run = await runTool(
      join(built.path, 'bin/python'),
      ['-c', 'import six, sys; print(six.__version__, sys.prefix)'],
      { env: hostEnvironment() },
    )
    expect(run.stdout.trim()).toBe(`1.17.0 ${built.path}`)
    expect(await readFile(join(built.path, 'pyvenv.cfg'), 'utf8')).not.toContain('.build.')
  })

  it('builds with venv and pip alone', async () => {
    const cacheDir = await newCache()
    const steps: string[] = []
    const built = await ensureEnvironment('small', {
      environmentsDir,
      cacheDir,
      builder: 'pip',
      onProgress: (step) => steps.push(step),
    })
    expect(built.cached).toBe(false)
    expect(steps.some((step) => step.startsWith('Collecting six'))).toBe(true)
    const script = (await readdir(join(built.path, 'bin'))).find((name) => name === 'pip') ?? ''
    const run = await runTool(join(built.path, 'bin', script), ['--version'], { env: hostEnvironment() })
    expect(run.code).toBe(0)
  }, 120_000)

  it('builds anew what was damaged', async () => {
    const first = await ensureEnvironment('small', { environmentsDir, cacheDir: shared })
    await rm(join(first.path, 'bin/python'), { force: true })
    expect(await ensureEnvironment('small', { environmentsDir, cacheDir: shared })).toMatchObject({
      cached: false,
      path: first.path,
    })
    await writeFile(join(first.path, 'keelson-environment.json'), '{"key": "tru')
    expect(await ensureEnvironment('small', { environmentsDir, cacheDir: shared })).toMatchObject({ cached: false })
    const site = join(first.path, 'lib', (await readdir(join(first.path, 'lib')))[0] ?? '', 'site-packages')
    await rm(join(site, 'six-1.17.0.dist-info'), { recursive: true })
    expect(await ensureEnvironment('small', { environmentsDir, cacheDir: shared })).toMatchObject({ cached: false })
    expect(await ensureEnvironment('small', { environmentsDir, cacheDir: shared })).toMatchObject({ cached: true })
  })

  it('is built by one of two processes that want it at once', async () => {
    const cacheDir = await newCache()
    const [a, b] = await Promise.all([buildInProcess(cacheDir), buildInProcess(cacheDir)])
    expect([a.cached, b.cached].sort()).toEqual([false, true])
    expect(a.path).toBe(b.path)
    expect((await environmentsIn(cacheDir)).length).toBe(1)
  }, 120_000)

  it('takes over from a builder that was killed, and leaves nothing of it', async () => {
    const cacheDir = await newCache()
    const killed = startBuild(cacheDir)
    await new Promise<void>((resolve) => {
      const poll = setInterval(async () => {
        if (!(await environmentsIn(cacheDir)).some((name) => name.includes('.build.'))) return
        clearInterval(poll)
        resolve()
      }, 5)
    })
    killed.kill('SIGKILL')
    const built = await ensureEnvironment('small', { environmentsDir, cacheDir })
    expect(existsSync(join(built.path, 'bin/python'))).toBe(true)
    expect((await environmentsIn(cacheDir)).length).toBe(1)
  }, 120_000)

  it('fails with the tool’s own last lines, and nothing half-built stays', async () => {
    const cacheDir = await newCache()
    await expect(ensureEnvironment('forged', { environmentsDir, cacheDir })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/environment forged failed[\s\S]*[Hh]ash/),
    })
    await expect(ensureEnvironment('missing', { environmentsDir, cacheDir })).rejects.toMatchObject({
      message: expect.stringContaining('keelson-no-such-package-anywhere'),
    })
    await expect(ensureEnvironment('nowhere', { environmentsDir, cacheDir })).rejects.toMatchObject({
      code: 'precondition',
    })
    expect(await environmentsIn(cacheDir)).toEqual([])
  }, 120_000)

  it('says in one sentence that Python is missing', async () => {
    const env = { ...hostEnvironment(), KEELSON_PYTHON: '/no/such/python' }
    await expect(ensureEnvironment('small', { environmentsDir, cacheDir: shared, env })).rejects.toMatchObject({
      message: 'KEELSON_PYTHON is /no/such/python, which is not a Python that runs: set it to a Python 3.10 or newer.',
    })
    await expect(
      ensureEnvironment('small', { environmentsDir, cacheDir: shared, env: { PATH: '/nonexistent' } }),
    ).rejects.toMatchObject({ message: expect.stringMatching(/^Python is missing: install Python 3\.10 or newer/) })
  })
})

function startBuild(cacheDir: string) {
  const script = `import { ensureEnvironment } from ${JSON.stringify(new URL('./environment.ts', import.meta.url).href)}
console.log(JSON.stringify(await ensureEnvironment('small', ${JSON.stringify({ environmentsDir, cacheDir })})))`
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
}

function buildInProcess(cacheDir: string): Promise<{ cached: boolean; path: string }> {
  return new Promise((resolve, reject) => {
    const child = startBuild(cacheDir)
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.on('close', (code) =>
      code === 0 ? resolve(JSON.parse(output)) : reject(new Error(`builder ended with ${code}`)),
    )
  })
}

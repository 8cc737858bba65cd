/**
 * Makes the images that Keelson's pods run in from what the package registries give, with no builder, no engine and no
 * registry of images: a Debian base by `mmdebstrap`, the locked Python environment by `uv`, and Keelson's own files. Needs
 * Linux and root. What the same images are on a laptop stands in packages/kubelite/src/images/images.yaml.
 *
 *   node deploy/images/build.ts OUT.tar [--platform] [--jupyter] [--suite bookworm] [--prefix docker.io/]
 *
 * With --platform the archive also holds keelson/keelson, which the Helm chart runs; with --jupyter keelson/jupyter, for notebooks.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type ImageLayout, type Layer, openLayout, run } from './oci.ts'
import { platformFiles } from './platform.ts'

const repository = resolve(import.meta.dirname, '../..')
const uvVersion = '0.13.9'
/** Of every file and image: the same input gives the same image. 2026-01-01T00:00:00Z. */
const createdAt = 1_767_225_600
const user = { name: 'keelson', id: 1000, home: '/home/keelson' }

const packages = ['python3', 'python-is-python3', 'ca-certificates']
/** Nobody reads these in a container. */
const unread = ['/usr/share/man/*', '/usr/share/doc/*', '/usr/share/locale/*', '/usr/share/info/*']

function debianBase(root: string, suite: string): void {
  run(
    'mmdebstrap',
    [
      '--mode=root',
      '--variant=minbase',
      `--include=${packages.join(',')}`,
      ...unread.map((path) => `--dpkgopt=path-exclude=${path}`),
      `--customize-hook=chroot "$1" useradd --create-home --uid ${user.id} ${user.name}`,
      // What differs between two builds of the same packages.
      '--customize-hook=rm -rf "$1"/var/log/* "$1"/var/cache/ldconfig "$1"/etc/machine-id "$1"/etc/hostname "$1"/etc/resolv.conf',
      suite,
      root,
    ],
    undefined,
    { SOURCE_DATE_EPOCH: String(createdAt) },
  )
}

/** `3.11`: what the suite's `python3` is. */
function pythonVersionIn(root: string): string {
  const found = readdirSync(join(root, 'usr/bin')).find((name) => /^python3\.\d+$/.test(name))
  if (found === undefined) throw new Error(`there is no Python in ${root}`)
  return found.slice('python'.length)
}

/** JupyterLab's pages and settings, which it looks for below /usr/local, and `uv --target` puts beside the packages. */
const jupyterFolders = ['share/jupyter', 'etc/jupyter']

/** uv, as it resolves markers and wheels for another Python than the one it runs on. */
function installUv(work: string): string {
  const home = join(work, 'uv')
  const pip = ['-m', 'pip', '--disable-pip-version-check', 'install', '--quiet', '--no-deps', '--only-binary', ':all:']
  run('python3', [...pip, '--target', home, `uv==${uvVersion}`])
  return join(home, 'bin/uv')
}

/** The packages of a locked environment as Debian's Python finds them; their commands in /usr/local/bin. */
function pythonEnvironment(root: string, uv: string, environment: string): void {
  const site = sitePackages(root)
  // An earlier environment is a layer already, of which this one is no part.
  for (const folder of [site, 'usr/local/bin']) rmSync(join(root, folder), { recursive: true, force: true })
  const lock = join(repository, 'python/environments', environment, 'requirements.lock')
  mkdirSync(join(root, site), { recursive: true })
  const install = [
    'pip',
    'install',
    '--require-hashes',
    '--only-binary',
    ':all:',
    // Plain Python, and published as its source alone.
    '--no-binary',
    'kfp-server-api',
    '--python-version',
    pythonVersionIn(root),
  ]
  run(uv, [...install, '--target', join(root, site), '-r', lock], undefined, { UV_PYTHON_DOWNLOADS: 'never' })
  rmSync(join(root, site, '.lock'), { force: true })
  moveCommands(join(root, site, 'bin'), join(root, 'usr/local/bin'))
  for (const folder of jupyterFolders.filter((each) => existsSync(join(root, site, each)))) {
    mkdirSync(join(root, 'usr/local', dirname(folder)), { recursive: true })
    renameSync(join(root, site, folder), join(root, 'usr/local', folder))
  }
  compile(root, `/${site}`)
}

function sitePackages(root: string): string {
  return `usr/local/lib/python${pythonVersionIn(root)}/dist-packages`
}

/** Their first line names the Python of this machine. */
function moveCommands(from: string, to: string): void {
  if (!existsSync(from)) return
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(from)) {
    const bytes = readFileSync(join(from, name))
    if (bytes.subarray(0, 2).toString() === '#!') {
      const text = bytes.toString('utf8')
      writeFileSync(join(to, name), `#!/usr/bin/python3${text.slice(text.indexOf('\n'))}`, { mode: 0o755 })
    } else renameSync(join(from, name), join(to, name))
  }
  rmSync(from, { recursive: true })
}

/** Ahead of time, as the container's user may not write there; by hash, as the layers' times are not the files' own. */
function compile(root: string, folder: string): void {
  run('chroot', [root, 'python3', '-m', 'compileall', '-q', '-j', '2', '--invalidation-mode', 'unchecked-hash', folder])
}

/** A layer with nothing but `files` (path in the image → path in the repository). */
async function copiedLayer(
  layout: ImageLayout,
  work: string,
  files: Record<string, string>,
  owner: number,
): Promise<Layer> {
  const folder = mkdtempSync(join(work, 'files-'))
  for (const [into, from] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, into)), { recursive: true })
    cpSync(join(repository, from), join(folder, into), {
      recursive: true,
      filter: (path) => !/(node_modules|__pycache__)$/.test(path),
    })
  }
  run('chmod', ['-R', 'u=rwX,go=rX', folder])
  if (owner !== 0) for (const into of Object.keys(files)) run('chown', ['-R', `${owner}:${owner}`, join(folder, into)])
  return layout.addLayer(folder, readdirSync(folder))
}

/** The home of Kubeflow's notebook images: a volume is mounted there, or the folder is the container's own. */
async function notebookHome(layout: ImageLayout, work: string): Promise<Layer> {
  const folder = mkdtempSync(join(work, 'home-'))
  mkdirSync(join(folder, 'home/jovyan'), { recursive: true })
  run('chown', ['1000:100', join(folder, 'home/jovyan')])
  return layout.addLayer(folder, ['home'])
}

function versionOf(folder: string): string {
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version
}

async function build(
  out: string,
  options: { suite: string; prefix: string; platform: boolean; jupyter: boolean },
): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'keelson-images-'))
  try {
    const root = join(work, 'root')
    debianBase(root, options.suite)
    const layout = openLayout(join(work, 'layout'), createdAt)
    const base = await layout.addLayer(root)
    const uv = installUv(work)
    pythonEnvironment(root, uv, 'ml')
    const site = sitePackages(root)
    const ours = (name: string) => copiedLayer(layout, work, { [`${site}/${name}`]: `python/${name}` }, 0)
    const environment = await layout.addLayer(root, [site, 'usr/local/bin'])
    const [server, helper, jupyter] = [
      await ours('keelson_server'),
      await ours('keelson'),
      await ours('keelson_jupyter'),
    ]
    const telco = await copiedLayer(layout, work, { [user.home]: 'examples/telco-churn' }, user.id)
    const common = {
      user: `${user.id}:${user.id}`,
      workingDir: user.home,
      env: { HOME: user.home, LANG: 'C.UTF-8', PYTHONUNBUFFERED: '1' },
    }
    const image = (name: string) => ({ ...common, name: `${options.prefix}keelson/${name}:1` })
    layout.addImage({ ...image('python'), command: ['python'] }, [base, environment, helper])
    layout.addImage({ ...image('sklearn-server'), entrypoint: ['python', '-m', 'keelson_server'] }, [
      base,
      environment,
      server,
    ])
    const files = await ours('keelson_files')
    layout.addImage({ ...image('files'), entrypoint: ['python', '-m', 'keelson_files'] }, [base, files])
    layout.addImage({ ...image('telco-churn'), command: ['python', 'train.py'] }, [base, environment, telco])
    pythonEnvironment(root, uv, 'tensorboard')
    const board = await layout.addLayer(root, [site, 'usr/local/bin'])
    layout.addImage({ ...image('tensorboard'), entrypoint: ['python', '-m', 'tensorboard.main'] }, [base, board])
    if (options.jupyter) {
      pythonEnvironment(root, uv, 'jupyter')
      const packages = await layout.addLayer(root, [
        site,
        'usr/local/bin',
        ...jupyterFolders.map((folder) => `usr/local/${folder}`),
      ])
      const home = '/home/jovyan'
      layout.addImage(
        {
          ...image('jupyter'),
          user: '1000:100',
          workingDir: home,
          env: { ...common.env, HOME: home },
          command: ['python', '-m', 'keelson_jupyter'],
        },
        [base, packages, helper, jupyter, await notebookHome(layout, work)],
      )
    }
    if (options.platform) {
      const folder = join(work, 'platform')
      platformFiles(repository, folder)
      const files = await layout.addLayer(folder, readdirSync(folder))
      const name = `${options.prefix}keelson/keelson:${versionOf(repository)}`
      layout.addImage({ ...common, name, workingDir: '/keelson', command: ['node'] }, [base, files])
    }
    mkdirSync(dirname(out), { recursive: true })
    layout.writeArchive(out)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    suite: { type: 'string', default: 'bookworm' },
    prefix: { type: 'string', default: 'docker.io/' },
    platform: { type: 'boolean', default: false },
    jupyter: { type: 'boolean', default: false },
  },
})
const [out] = positionals
if (out === undefined) {
  process.stderr.write(
    'usage: node deploy/images/build.ts OUT.tar [--platform] [--jupyter] [--suite bookworm] [--prefix docker.io/]\n',
  )
  process.exit(2)
}
await build(resolve(out), values)

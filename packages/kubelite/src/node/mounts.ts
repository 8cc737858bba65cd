import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** In an attempt's folder from when the container's view of the file system is made, just before its program runs. */
export const enteredFile = 'entered'

/** How a container gets its own view of the file system: as root, in a user namespace, or not at all. */
export type MountMode = 'root' | 'user' | 'none'

/** `source` is below the pod's folder, `target` an absolute path in the container. */
export type Mount = { source: string; target: string; readOnly: boolean; file: boolean }

/** Looks once which way works here, by doing it. */
export function detectMountMode(): MountMode {
  if (process.platform !== 'linux') return 'none'
  const works = (args: string[]) =>
    spawnSync('unshare', [...args, 'sh', '-c', 'mount -n -t tmpfs keelson /mnt'], { stdio: 'ignore' }).status === 0
  if (process.getuid?.() === 0 && works(['--mount', '--propagation', 'private'])) return 'root'
  return works(['--user', '--map-root-user', '--mount', '--propagation', 'private']) ? 'user' : 'none'
}

/** The words in front of the container's own command that put it into a mount namespace, and one for its host name. */
export function unshareWords(mode: Exclude<MountMode, 'none'>, hasHostName = false): string[] {
  const user = mode === 'user' ? ['--user', '--map-root-user'] : []
  return ['unshare', ...user, ...(hasHostName ? ['--uts'] : []), '--mount', '--propagation', 'private', '--']
}

/** The words that run a command in the mount namespace of process `pid`, and in its network where the pod has its own. */
export function enterWords(mode: MountMode, pid: number, networked = false): string[] {
  const user = mode === 'user' ? ['--user', '--preserve-credentials'] : []
  const network = networked ? ['--net', '--uts'] : []
  // A working directory of the machine would be out of reach there, and shells complain.
  const words = ['--mount', ...network, '--root', `--wd=/proc/${pid}/root`]
  return ['nsenter', '--target', String(pid), ...user, ...words, '--']
}

/** The deepest folder on the way to `target` that the host has, and whether that is the target itself. */
export function nearestExisting(target: string): { path: string; whole: boolean } {
  let path = target
  while (!existsSync(path)) path = dirname(path)
  return { path: realpathSync(path), whole: path === target }
}

/**
 * A POSIX shell script (for `sh -c`) that makes the mounts in the present mount namespace and then runs its arguments in
 * `workDir`. The host's file system is left as it is: where a mount point is missing, its nearest parent is covered by a
 * tmpfs that holds the parent's entries again (bound, or as links where there are many) and takes the new folders.
 *
 * All paths of the pod are relative to `podDir`, the script's working directory: a mount over a parent of the state
 * folder (an emptyDir at /tmp, say) would hide them otherwise.
 */
export function mountScript(options: {
  podDir: string
  attemptDir: string
  workDir: string
  mounts: readonly Mount[]
  /** Name of the machine as the container sees it, which needs a namespace for it (`unshareWords`). */
  hostName?: string | null
}): string {
  const { podDir, attemptDir } = options
  const inPod = (path: string) => quote(`./${relative(podDir, path)}`)
  const stage = inPod(join(attemptDir, 'mnt'))
  const errorFile = inPod(join(attemptDir, 'start-error'))
  const mounts = [...options.mounts].sort((a, b) => depth(a.target) - depth(b.target))
  // What lies below another mount gets its mount point there and not on the host.
  const outer = mounts.filter(({ target }) => !mounts.some((other) => target.startsWith(`${other.target}/`)))
  const parents = outer.map((mount) => missingParent(mount.target)).filter((path) => path !== null)
  const covered = [...new Set(parents)].sort((a, b) => depth(a) - depth(b))
  const { hostName } = options
  const lines = [
    ...prelude(errorFile),
    // A namespace of another pod that were still mounted here would live as long as this container.
    ...(hostName ? [`printf %s ${quote(hostName)} > /proc/sys/kernel/hostname`, forgetNetworks] : []),
  ]
  if (mounts.length > 0) lines.push(`mount -n -t tmpfs -o mode=755 keelson ${stage} || fail "mounting a tmpfs failed"`)
  const root = covered[0] === '/'
  const hidden = mounts.some(({ target }) => podDir.startsWith(`${target}/`))
  const work = options.workDir.startsWith(`${podDir}/`) ? inPod(options.workDir) : quote(options.workDir)
  const rest = [
    ...coverLines(
      covered.filter((path) => path !== '/'),
      stage,
      join(attemptDir, 'mnt'),
      !hidden,
    ),
    ...mounts.map(
      (mount) => `${mount.file ? 'bind_file' : 'bind_folder'} ${inPod(mount.source)} ${quote(mount.target)}`,
    ),
    ...mounts.filter((mount) => mount.readOnly).map((mount) => `read_only ${quote(mount.target)}`),
    `work=${work}`,
    // -P: without it the shell would go there by the absolute path that it believes to be in.
    `[ -d "$work" ] || fail ${quote(`working directory ${options.workDir} does not exist`)}`,
    // Looked up before the change of folder, while the error file can still be reached; a program that is not there is
    // told from one that fails, as a container runtime does.
    `(cd -P "$work" && command -v -- "$1") > /dev/null 2>&1 || fail "exec: \\"$1\\": executable file not found in \\$PATH"`,
    // Says that whoever enters this namespace now finds it whole. A full disk is no reason not to start.
    `true 2>/dev/null >${inPod(join(attemptDir, enteredFile))}`,
    'cd -P "$work" && exec "$@"',
  ]
  if (!root) return [...lines, ...functions, ...rest].join('\n')
  const inner = [...prelude(errorFile), ...functions, `cd ${quote(podDir)}`, ...rest].join('\n')
  return [
    ...lines,
    ...functions,
    `new_root ${stage}/root ${quote(`/${podDir.split('/')[1] ?? ''}`)}`,
    `exec chroot ${stage}/root /bin/sh -c ${quote(inner)} sh "$@"`,
  ].join('\n')
}

/** Each command that the script runs costs a millisecond: links are one for a whole folder, binds two for each entry. */
function coverLines(folders: readonly string[], stage: string, stagePath: string, mayLink: boolean): string[] {
  if (folders.length === 0) return []
  const made = folders.map((_, index) => `${stage}/${index}/old ${stage}/${index}/new`)
  return [
    `mkdir -p ${made.join(' ')} || fail "preparing the mounts failed"`,
    ...folders.map((path, index) => {
      const mode = (statSync(path).mode & 0o7777).toString(8)
      // What is linked has another real path, which system folders do not mind. The links lead through the pod's own
      // folder, which must then stay in sight.
      const link = mayLink && (systemFolders.includes(path) || readdirSync(path).length > mostBinds)
      const words = `${quote(path)} ${stage}/${index} ${mode}`
      return link
        ? `cover_by_links ${words} ${quote(join(stagePath, String(index), 'old'))}`
        : `cover_by_binds ${words}`
    }),
  ]
}

const forgetNetworks = 'umount -n -R -l /run/netns 2> /dev/null'
const systemFolders = ['/dev', '/run']
const mostBinds = 40

function missingParent(target: string): string | null {
  const { path, whole } = nearestExisting(target)
  return whole ? null : path
}

const depth = (path: string) => (path === '/' ? 0 : path.split('/').length - 1)

/** One word for a POSIX shell. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}

function prelude(errorFile: string): string[] {
  return [`fail() { printf '%s' "$1" > ${errorFile}; exit 128; }`]
}

const functions = [readFileSync(new URL('./mount-functions.sh', import.meta.url), 'utf8').replace(/^#.*\n/gm, '')]

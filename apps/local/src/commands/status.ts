import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { readEnv } from '../env.ts'
import { type Home, homeAt } from '../home/home.ts'
import { ownerOf } from '../home/lock.ts'
import { openClusterAdmin } from '../platform/cluster-admin.ts'
import { readKindOwners } from '../platform/kind-owners.ts'
import { readKubeconfig } from '../platform/kubeconfig.ts'
import { type PlatformState, readState } from '../platform/state-file.ts'
import { isRunning, ProcessId } from '../processes/process-id.ts'
import { readArguments } from './arguments.ts'
import { kubectlLine, print } from './screen.ts'

/** What `npm run -s status -- --json` prints; kept stable. */
export type StatusJson = {
  url: string
  contentUrl: string
  notebooksUrl: string
  kubeconfig: string
  databaseUrl: string
  home: string
  /** Why the work of different owners is not kept apart here; null where it is. */
  notIsolated: string | null
  workspaces: Record<string, { mlflow: string; kfp: string; feast: string; inference: string }>
  /** Who makes Keelson's custom resources true in this cluster, by definition; where it is another, they are only shown. */
  kinds: Record<string, { owner: 'keelson' | 'other'; evidence: string }>
}

/** `npm run status`: exit code 0 when the platform is ready, 1 otherwise. */
export async function status(args: readonly string[]): Promise<number> {
  const { json } = readArguments('status', args, { json: { type: 'boolean' } })
  const home = homeAt(readEnv().KEELSON_HOME)
  const state = ownerOf(home) === null ? null : readState(home)
  if (state === null) {
    const starting = ownerOf(home) !== null
    process.stderr.write(
      starting
        ? `Keelson is starting in ${home.path}: wait a moment.\n`
        : `Keelson is not running in ${home.path}: run npm start.\n`,
    )
    return 1
  }
  const answer = await describe(home, state)
  print(json === true ? JSON.stringify(answer) : table(home, answer))
  return 0
}

async function describe(home: Home, state: PlatformState): Promise<StatusJson> {
  const admin = openClusterAdmin(readKubeconfig(state.adminKubeconfig))
  const names = (await admin.list('/apis/kubeflow.org/v1/profiles')).map(({ metadata }) => metadata.name)
  const address = (name: string, client: string) => `${state.url}/workspaces/${name}/${client}`
  return {
    url: state.url,
    contentUrl: state.contentUrl,
    notebooksUrl: state.notebooksUrl,
    kubeconfig: state.kubeconfig,
    databaseUrl: state.databaseUrl,
    home: home.path,
    notIsolated: await admin.isolationFault(),
    workspaces: Object.fromEntries(
      names.map((name) => [
        name,
        {
          mlflow: address(name, 'mlflow'),
          kfp: address(name, 'kfp'),
          feast: address(name, 'feast'),
          inference: address(name, 'serving'),
        },
      ]),
    ),
    kinds: Object.fromEntries(
      (await readKindOwners(state.databaseUrl)).map(({ name, owner, evidence }) => [name, { owner, evidence }]),
    ),
  }
}

function table(home: Home, answer: StatusJson): string {
  const processes = readdirSync(home.run)
    .filter((name) => name.endsWith('.pid.json'))
    .map((name) => `  ${name.replace('.pid.json', '').padEnd(12)}${describeProcess(home.file('run', name))}`)
  const workspaces = Object.keys(answer.workspaces)
  return [
    `Keelson is running: ${answer.url}`,
    `  state       ${answer.home}`,
    kubectlLine(answer.kubeconfig),
    `  workspaces  ${workspaces.length === 0 ? 'none yet' : workspaces.join(', ')}`,
    ...Object.entries(answer.kinds)
      .filter(([, { owner }]) => owner === 'other')
      .map(([name, { evidence }]) => `  only shown  ${name}: ${evidence}`),
    ...(answer.notIsolated === null ? [] : [`  warning     ${answer.notIsolated}`]),
    ...processes,
  ].join('\n')
}

function describeProcess(file: string): string {
  if (!existsSync(file)) return 'ended'
  const id = ProcessId.safeParse(JSON.parse(readFileSync(file, 'utf8')))
  return id.success && isRunning(id.data) ? `process ${id.data.pid}` : 'ended, being started again'
}

/** For tests: what the kernel holds of a node's network, by what its own tools say and not by our code. */
import { run } from './run.ts'

/** Names of links, namespaces and tables of the node `id`, sorted; with no id, those of every node. */
export async function inKernel(id = '[0-9a-f]{6}'): Promise<string[]> {
  const said = await Promise.all([
    run('ip', ['-brief', 'link', 'show']),
    run('ip', ['netns', 'list']),
    run('nft', ['list', 'tables']),
  ])
  return said.flatMap((text) => text.match(new RegExp(`\\b(kl|keelson_)${id}\\w*`, 'g')) ?? []).sort()
}

import type { SearchHit } from '@keelson/contracts/search'
import type { SearchKind } from '@keelson/contracts/search-query'
import { objectPath, paths } from '@/view/paths.ts'

const query = encodeURIComponent
const whatHappened = ({ workspace, name }: SearchHit) => `${paths.activity(workspace ?? '')}?q=${query(name)}`
const objectPage = (hit: SearchHit) =>
  hit.resource === null ? whatHappened(hit) : objectPath(hit.workspace, hit.resource, hit.name)

/** Where each kind of thing is shown. What has no page of its own leads to what happened to it. */
const pages: Readonly<Record<SearchKind, (hit: SearchHit) => string>> = {
  workspace: ({ name }) => paths.home(name),
  notebook: ({ workspace, name }) => paths.notebook(workspace ?? '', name),
  job: ({ workspace, id }) => paths.job(workspace ?? '', id),
  run: ({ workspace, parent, id }) => paths.run(workspace ?? '', parent ?? '', id),
  experiment: ({ workspace, id }) => paths.experiment(workspace ?? '', id),
  model: ({ workspace, name }) => paths.model(workspace ?? '', name),
  version: ({ workspace, parent, id }) => paths.version(workspace ?? '', parent ?? '', Number(id)),
  endpoint: ({ workspace, name }) => paths.endpoint(workspace ?? '', name),
  pod: (hit) => (hit.parent === null ? objectPage(hit) : paths.job(hit.workspace ?? '', hit.parent)),
  object: objectPage,
  contributor: ({ workspace }) => paths.contributors(workspace ?? ''),
  person: ({ name }) => `/admin?tab=people&q=${query(name)}`,
  group: () => '/admin?tab=groups',
  activity: whatHappened,
}

export function linkOfHit(hit: SearchHit): string {
  return pages[hit.kind](hit)
}

/** One thing among all that is found. */
export function keyOfHit({ kind, workspace, parent, id }: SearchHit): string {
  return [kind, workspace, parent, id].join(' ')
}

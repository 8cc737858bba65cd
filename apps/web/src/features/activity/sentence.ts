import type { ActivityEntry } from '@keelson/contracts/activity'

/** What each recorded change says to a person. `{name}` is the thing, `{version}` its version, `{fact:x}` a value it has now. */
const sentences: Readonly<Record<string, string>> = {
  'artifacts.delete': 'Deleted artifact {name}',
  'endpoints.delete': 'Deleted endpoint {name}',
  'endpoints.deploy': 'Deployed {fact:model} version {fact:version} to endpoint {name}',
  'experiments.create': 'Created experiment {name}',
  'experiments.delete': 'Deleted experiment {name}',
  'experiments.rename': 'Renamed experiment {name}',
  'experiments.restore': 'Restored experiment {name}',
  'experiments.tag': 'Tagged experiment {name}',
  'experiments.untag': 'Took a tag from experiment {name}',
  'jobs.delete': 'Deleted job {name}',
  'jobs.submit': 'Submitted job {name}',
  'jobs.suspend': 'Suspended job {name}',
  'jobs.stop': 'Stopped job {name}',
  'jobs.resume': 'Resumed job {name}',
  'labels.submit': 'Labels sent for endpoint {name}',
  'loggedmodels.delete': 'Deleted logged model {name}',
  'models.alias': 'Gave model {name} an alias',
  'models.approveTransition': 'Approved the move of {name}{version} to {fact:stage}',
  'models.create': 'Created model {name}',
  'models.delete': 'Deleted model {name}',
  'models.deleteVersion': 'Deleted {name}{version}',
  'models.refuseTransition': 'Refused to move {name}{version} on; it stays in {fact:stage}',
  'models.register': 'Registered {name}{version}',
  'models.rename': 'Renamed model {name}',
  'models.requestTransition': 'Asked to move {name}{version} to {fact:stage}',
  'models.setGate': 'Set a gate of model {name}',
  'models.tag': 'Tagged model {name}',
  'models.tagVersion': 'Tagged {name}{version}',
  'models.transition': 'Moved {name}{version} to {fact:stage}',
  'models.unalias': 'Took an alias from model {name}',
  'models.untag': 'Took a tag from model {name}',
  'models.untagVersion': 'Took a tag from {name}{version}',
  'models.update': 'Described model {name}',
  'models.updateVersion': 'Described {name}{version}',
  'notebooks.clone': 'Made notebook {name}, like another one',
  'notebooks.cullingOff': 'Let notebook {name} run however long it idles',
  'notebooks.cullingOn': 'Let notebook {name} be stopped when it idles',
  'notebooks.delete': 'Deleted notebook {name}',
  'notebooks.open': 'Opened notebook {name}',
  'notebooks.resize': 'Gave notebook {name} another size',
  'notebooks.restart': 'Restarted notebook {name}',
  'notebooks.spawn': 'Made notebook {name}',
  'notebooks.start': 'Started notebook {name}',
  'notebooks.stop': 'Stopped notebook {name}',
  'objects.create': 'Created {fact:kind} {name}',
  'objects.delete': 'Deleted {fact:kind} {name}',
  'objects.update': 'Changed {fact:kind} {name}',
  'runs.delete': 'Deleted run {name}',
  'runs.restore': 'Restored run {name}',
  'tokens.create': 'Created an access token',
  'tokens.revoke': 'Revoked an access token',
  'pvcviewers.delete': 'Deleted the viewer {name}',
  'pvcviewers.open': 'Opened the viewer {name}',
  'tensorboards.create': 'Made TensorBoard {name}',
  'tensorboards.delete': 'Deleted TensorBoard {name}',
  'tensorboards.open': 'Opened TensorBoard {name}',
  'volumes.changeFiles': 'Changed files of volume {name}: {fact:change} {fact:path}',
  'volumes.create': 'Made volume {name}',
  'volumes.delete': 'Deleted volume {name}',
  'volumes.open': 'Opened the files of volume {name}',
  'workspaces.addContributor': 'Added {name} as {fact:role}',
  'workspaces.changeContributor': 'Made {name} {fact:role}',
  'workspaces.create': 'Created workspace {name}',
  'workspaces.delete': 'Deleted workspace {name}',
  'workspaces.expireContributor': 'The role of {name} ended at its time',
  'workspaces.removeContributor': 'Removed {name} from the workspace',
  'workspaces.setQuota': 'Set the quota of workspace {name}',
  'workspaces.transfer': 'Handed the workspace to {name}',
}

const ids = /^[0-9a-f]{32}$/

/** An audit record in words: of `labels.submit` and `endpoint/churn/labels` it makes “Labels sent for endpoint churn”. */
export function sentenceOf(action: string, subject: string, facts: ActivityEntry['facts'] = {}): string {
  const [kind = '', ...rest] = subject.split('/')
  const version = kind === 'model' ? /^(.*)\/versions\/(\d+)$/.exec(rest.join('/')) : null
  const whole = version?.[1] ?? (kind === 'endpoint' ? (rest[0] ?? '') : rest.join('/'))
  const name = ids.test(whole) ? whole.slice(0, 8) : whole
  const template = sentences[action]
  if (template === undefined) return `${action} ${subject}`
  return template
    .replace('{name}', () => name)
    .replace('{version}', () => (version ? ` version ${version[2]}` : ''))
    .replace(/\{fact:(\w+)\}/g, (_, key: string) => String(facts[key] ?? '…'))
}

/** What an entry says first. An audit record's message is its action and its subject. */
export function wordsOf(entry: ActivityEntry): string {
  return entry.source === 'audit'
    ? sentenceOf(entry.reason, entry.message.slice(entry.reason.length + 1), entry.facts)
    : entry.reason
}

/** Requests that are wrong as HTTP, JSON, YAML or in their options: the answers must be the same wrong. */
import type { Dice } from './dice.ts'
import type { KindName } from './kinds.ts'
import type { Step } from './steps.ts'

const json = 'application/json'
const types = [
  json,
  'application/merge-patch+json',
  'application/json-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
  'text/plain',
  'application/xml',
  'application/yaml',
]

const bodies = [
  '',
  '{',
  '[]',
  'null',
  '"x"',
  '1',
  'true',
  '{}',
  '{"metadata":null}',
  '{"metadata":{"name":5}}',
  '{"metadata":{"name":"Not A Name"}}',
  '{"metadata":{"name":"one","labels":{"a":1}}}',
  '{"metadata":{"name":"one","labels":[]}}',
  '{"metadata":{"name":"one","finalizers":"x"}}',
  '{"metadata":{"name":"one","namespace":"another"}}',
  '{"metadata":{"name":"one","uid":"00000000-0000-0000-0000-000000000000"}}',
  '{"metadata":{"name":"one","resourceVersion":"1"}}',
  '{"metadata":{"name":"one","creationTimestamp":"noon"}}',
  '{"metadata":{"name":"one","ownerReferences":[{"name":"x"}]}}',
  '{"metadata":{"name":"one","annotations":{"a":"b","a":"c"}}}',
  '{"apiVersion":"v1","kind":"Nothing","metadata":{"name":"one"}}',
  '{"apiVersion":"v9","kind":"ConfigMap","metadata":{"name":"one"}}',
  '{"apiVersion":"a/b/c","kind":"ConfigMap","metadata":{"name":"one"}}',
  '{"apiVersion":1,"kind":2}',
  '{"data":{"a":"b"},"data":{"a":"c"},"metadata":{"name":"one"}}',
  '[{"op":"add"}]',
  '[{"op":"jump","path":"/a"}]',
  '[{"op":"remove","path":"/metadata/name"}]',
  '[{"op":"replace","path":"metadata","value":1}]',
  '[{"op":"test","path":"/metadata/name","value":"nobody"}]',
  '[{"op":"add","path":"/metadata/labels/a~1b","value":"x"}]',
  '{"$patch":"delete"}',
  '{"metadata":{"$patch":"replace","name":"one"}}',
  '{"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Wrong"}',
  '{"gracePeriodSeconds":"x"}',
  '{"gracePeriodSeconds":-5}',
  '{"orphanDependents":true,"propagationPolicy":"Orphan"}',
  '{"preconditions":{"uid":"x","resourceVersion":"y"}}',
  '{"dryRun":["Some"]}',
] as const

const queries = [
  'dryRun=Some',
  'dryRun=All&dryRun=All',
  'fieldValidation=Wrong',
  `fieldManager=${'x'.repeat(130)}`,
  'fieldManager=a%00b',
  'force=true',
  'fieldManager=a&force=maybe',
  'propagationPolicy=Wrong',
  'gracePeriodSeconds=x',
  'pretty=true',
  'nothing=known',
] as const

const listQueries = [
  'limit=x',
  'limit=-1',
  'timeoutSeconds=x',
  'labelSelector=%3D%3D',
  'labelSelector=a+in',
  'labelSelector=a+in+()',
  'labelSelector=a%3Db%3Dc',
  'labelSelector=bad_key_!',
  'labelSelector=a%3E1',
  'labelSelector=a%3Ex',
  'fieldSelector=bogus%3D1',
  'fieldSelector=metadata.name',
  'fieldSelector=metadata.name%3E1',
  'fieldSelector=metadata.namespace%3Dother',
  'continue=x',
  'continue=e30',
  'resourceVersion=x',
  'resourceVersion=-1',
  'resourceVersionMatch=Exact',
  'resourceVersionMatch=Wrong&resourceVersion=1',
  'resourceVersion=0&resourceVersionMatch=Exact',
  'watch=true&timeoutSeconds=1&resourceVersion=x',
  'watch=true&timeoutSeconds=1&resourceVersionMatch=Exact',
  'watch=true&timeoutSeconds=1&sendInitialEvents=true',
  'watch=true&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan',
  'watch=true&continue=x&timeoutSeconds=1',
] as const

/** A wrong request to a kind, or to one of its objects. */
export function badRequestOf(dice: Dice, kind: KindName, name: string): Step {
  if (dice.chance(0.3)) return { op: 'bad', kind, name: '', method: 'GET', query: dice.pick(listQueries) }
  const method = dice.pick(['POST', 'PUT', 'PATCH', 'PATCH', 'PATCH', 'DELETE'])
  const type = dice.chance(0.7) ? (method === 'PATCH' ? dice.pick(types.slice(1, 5)) : json) : dice.pick(types)
  return {
    op: 'bad',
    kind,
    name: method === 'POST' ? (dice.chance(0.05) ? name : '') : dice.chance(0.05) && method !== 'DELETE' ? '' : name,
    method,
    type,
    raw: dice.pick(bodies),
    ...dice.maybe(0.3, () => ({ query: dice.pick(queries) })),
    ...dice.maybe(0.1, () => ({ subresource: dice.pick(['status', 'scale', 'nothing']) })),
  }
}

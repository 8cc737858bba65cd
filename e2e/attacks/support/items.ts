/**
 * The isolation checklist as a table: item × server. `done` names the suites that attack; `open` says why not yet, and is reported
 * as a skipped test with that reason. `docs/security.md` shows the same table; a test holds both together.
 */
export type Coverage = { done: string } | { open: string }
export type Item = { number: number; title: string; kubelite: Coverage; real: Coverage }

const both = (done: string): Pick<Item, 'kubelite' | 'real'> => ({ kubelite: { done }, real: { done } })

export const items: readonly Item[] = [
  { number: 1, title: 'Header spoofing', ...both('identity') },
  { number: 2, title: 'No session', ...both('identity') },
  { number: 3, title: 'Objects of another workspace', ...both('workspaces') },
  { number: 4, title: 'Namespace confusion', ...both('workspaces') },
  { number: 5, title: 'Notebook by its address', ...both('notebooks') },
  { number: 6, title: 'Path traversal', ...both('content') },
  { number: 7, title: 'Session theft by content', ...both('content') },
  { number: 8, title: 'Contributor escalation', ...both('cluster') },
  { number: 9, title: 'Profile theft', ...both('cluster') },
  { number: 10, title: 'Name collisions', ...both('identity') },
  { number: 11, title: 'RBAC by YAML', ...both('cluster') },
  { number: 12, title: 'Pod escape', ...both('cluster') },
  {
    number: 13,
    title: 'Processes of one machine',
    kubelite: { done: 'machine' },
    real: { open: 'nodes with containers keep pods apart; the attack needs kubelite' },
  },
  { number: 14, title: 'ServiceAccount reach', ...both('cluster') },
  { number: 15, title: 'SSRF', ...both('input') },
  { number: 16, title: 'Annotation injection', ...both('notebooks') },
  { number: 17, title: 'CSRF', ...both('identity') },
  { number: 18, title: 'XSS', kubelite: { done: 'browser' }, real: { done: '`pnpm test:cluster`, the walk there' } },
  { number: 19, title: 'Quota evasion', ...both('cluster') },
  { number: 20, title: 'Exhaustion', ...both('input') },
  { number: 21, title: 'Session life', ...both('identity') },
  { number: 22, title: 'Existence leaks', ...both('workspaces') },
  { number: 23, title: 'Deleted and recreated', ...both('cluster') },
  { number: 24, title: 'Admin look', ...both('workspaces') },
]

/** Whether the item's attacks run on this server; where not, the table says why. */
export function isDone(number: number, server: 'kubelite' | 'kube-apiserver'): boolean {
  const item = items.find((each) => each.number === number)
  const coverage = server === 'kubelite' ? item?.kubelite : item?.real
  return coverage !== undefined && 'done' in coverage
}

/** Attacks of which nothing is refused: what they ask is answered with what is the attacker's own, or with nothing. By their titles. */
export const answered: ReadonlySet<string> = new Set([
  'item 3: owners see in Activity what was refused in their workspace, and viewers do not',
  'item 7: the platform’s session cookie is for scripts of no page',
  'item 15: a model is taken from the registry, never from an address',
  'item 20: two hundred clients that never finish their request keep nobody waiting',
])

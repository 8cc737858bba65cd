/** The people of the platform under test, from its people.yaml (or `KEELSON_E2E_PEOPLE`, the same file elsewhere). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export type PersonName = 'admin' | 'scientist' | 'viewer' | 'outsider'
export type Person = { email: string; password: string }

const file =
  process.env.KEELSON_E2E_PEOPLE ??
  (process.env.KEELSON_E2E_HOME === undefined ? undefined : join(process.env.KEELSON_E2E_HOME, 'people.yaml'))

export function person(name: PersonName): Person {
  if (file === undefined) throw new Error('KEELSON_E2E_HOME or KEELSON_E2E_PEOPLE must say where people.yaml is.')
  const { people } = parse(readFileSync(file, 'utf8')) as { people: Person[] }
  const found = people.find((one) => one.email.startsWith(`${name}@`))
  if (!found) throw new Error(`people.yaml has nobody named ${name}@…`)
  return found
}

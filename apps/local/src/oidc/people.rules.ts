/** people.yaml: what it may say, and the one that is written on the first start. Pure but for the passwords' randomness. */
import { randomInt } from 'node:crypto'
import { parse, stringify } from 'yaml'
import { z } from 'zod'

const Group = z
  .string()
  .trim()
  .min(1)
  .max(256)
  .refine(
    (group) => !group.toLowerCase().startsWith('system:'),
    'groups that begin with "system:" belong to Kubernetes',
  )

export const Person = z.strictObject({
  email: z
    .string()
    .trim()
    .toLowerCase()
    .pipe(z.email('must be an e-mail address'))
    .refine((email) => email.length <= 253, 'is too long'),
  name: z.string().trim().min(1).max(200),
  password: z.string().min(8, 'must have 8 characters or more').max(200),
  groups: z.array(Group).max(100).default([]),
})
export type Person = z.infer<typeof Person>

const People = z.strictObject({ people: z.array(Person).min(1).max(1000) }).refine(({ people }) => {
  return new Set(people.map((person) => person.email)).size === people.length
}, 'an e-mail address is there twice')

/** Throws an Error with one line that says where the file is wrong. */
export function parsePeople(text: string): Person[] {
  let document: unknown
  try {
    document = parse(text, { maxAliasCount: 10 })
  } catch (error) {
    throw new Error(
      `people.yaml is not YAML: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`,
      { cause: error },
    )
  }
  const parsed = People.safeParse(document)
  if (parsed.success) return parsed.data.people
  const [issue] = parsed.error.issues
  throw new Error(`people.yaml is not valid: ${issue?.path.join('.') || 'the file'}: ${issue?.message ?? ''}`)
}

/** Without letters and digits that look alike; about 71 bits. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789'

function newPassword(): string {
  const letters = Array.from({ length: 15 }, () => alphabet[randomInt(alphabet.length)] ?? 'a')
  return [0, 5, 10].map((start) => letters.slice(start, start + 5).join('')).join('-')
}

/** The sample people: an admin, a data scientist, a viewer and somebody with no access at all. */
export function defaultPeople(): Person[] {
  const person = (email: string, name: string, groups: string[]): Person => ({
    email,
    name,
    password: newPassword(),
    groups,
  })
  return [
    person('admin@keelson.local', 'Ada Admin', ['keelson-admins']),
    person('scientist@keelson.local', 'Sam Scientist', ['data-science']),
    person('viewer@keelson.local', 'Vera Viewer', []),
    person('outsider@keelson.local', 'Otto Outsider', []),
  ]
}

export function writePeople(people: readonly Person[]): string {
  return `# The people who can sign in with the embedded identity provider. Edit freely: changes hold at once.
# The group keelson-admins may do everything in the cluster. Passwords are readable here: this file is for one's own machine.
${stringify({ people })}`
}

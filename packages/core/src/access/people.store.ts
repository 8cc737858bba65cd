import { type Db, isUniqueViolation } from '@keelson/db'
import { AppError } from '@keelson/process/app-error'
import type { PersonClaims } from './person.rules.ts'

export type Person = { id: string; username: string; name: string; email: string; groups: string[] }

const columns = { id: true, username: true, name: true, email: true, groups: true } as const

/**
 * The person of (issuer, subject). The first sign-in pins the user name to them: later the name stays even when the provider sends
 * another one, and another subject that brings the same name is refused.
 */
async function pin(db: Db, claims: PersonClaims, at: Date): Promise<Person> {
  const { issuer, subject, username, name, email, groups } = claims
  try {
    const { disabledAt, ...person } = await db.prisma.person.upsert({
      where: { issuer_subject: { issuer, subject } },
      create: { issuer, subject, username, name, email, groups, createdAt: at, seenAt: at },
      update: { name, email, groups, seenAt: at },
      select: { ...columns, disabledAt: true },
    })
    if (disabledAt !== null)
      throw new AppError('forbidden', `The account ${person.username} is disabled here. Ask an operator.`)
    return person
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw new AppError(
      'forbidden',
      `The name ${username} belongs to another account of the identity provider. An operator has to release it first.`,
      { cause: error },
    )
  }
}

function findByUsername(db: Db, username: string): Promise<Person | null> {
  return db.prisma.person.findUnique({ where: { username }, select: columns })
}

function find(db: Db, id: string): Promise<Person | null> {
  return db.prisma.person.findUnique({ where: { id }, select: columns })
}

export const people = { pin, find, findByUsername }

import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs'
import type { Logger } from '@keelson/process/logger'
import { writeWhole } from '../home/home.ts'
import { defaultPeople, type Person, parsePeople, writePeople } from './people.rules.ts'

export type PeopleFile = {
  find(email: string): Person | null
  list(): readonly Person[]
}

/**
 * The people of the file, as it is at the moment of each question. A file that was made invalid keeps the people that it had, and
 * says so in the log once; one that is invalid from the start throws one line.
 */
export function openPeopleFile(path: string, log: Logger): PeopleFile {
  if (!existsSync(path)) writeWhole(path, writePeople(defaultPeople()))
  let seen = stampOf(path)
  let people = parsePeople(readFileSync(path, 'utf8'))
  hide(path)
  const current = (): readonly Person[] => {
    const stamp = stampOf(path)
    if (stamp === seen) return people
    seen = stamp
    try {
      people = parsePeople(readFileSync(path, 'utf8'))
      hide(path)
      log.info('people read', { count: people.length })
    } catch (error) {
      log.error('people.yaml cannot be used; the people before the change stay', { error })
    }
    return people
  }
  return {
    find: (email) => current().find((person) => person.email === email.trim().toLowerCase()) ?? null,
    list: current,
  }
}

/** Editors write anew: other users of the machine never get to read the passwords. */
function hide(path: string): void {
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600)
}

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? 'none' : `${stat.mtimeMs}:${stat.size}:${stat.ino}`
}

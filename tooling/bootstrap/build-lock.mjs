import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { marks } from './paths.mjs'
import { explain } from './trouble.mjs'

const file = join(marks, 'lock')

/** One install and build at a time in a checkout; a lock whose owner is gone does not count. */
export async function withBuildLock(work) {
  for (;;) {
    try {
      mkdirSync(marks, { recursive: true })
      writeFileSync(file, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw explain('Preparing this checkout', String(error), marks)
    }
    if (isOwned()) await sleep(200)
    else rmSync(file, { force: true })
  }
  const release = () => rmSync(file, { force: true })
  process.once('exit', release)
  try {
    return await work()
  } finally {
    process.off('exit', release)
    release()
  }
}

function isOwned() {
  let owner
  try {
    owner = Number(readFileSync(file, 'utf8'))
  } catch {
    return false
  }
  if (!(owner > 0)) return false
  try {
    return process.kill(owner, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

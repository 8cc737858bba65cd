/** Refuses source files over 500 lines and tests over 800: `node tooling/checks/file-sizes.mjs [folder]`. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const limit = 500
const testLimit = 800
const source = /\.(ts|tsx|mjs|css|py|prisma)$/
const generated = /(^|\/)(generated|openapi-data)\/|\.lock$/
const isTest = /\.(test|spec)\.tsx?$|^e2e\/|\/tests?\//

/** `path: lines, limit` for every tracked or new file that is too long. */
export function tooLong(folder) {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: folder, encoding: 'utf8' })
  return listed
    .split('\n')
    .filter((path) => source.test(path) && !generated.test(path) && existsSync(join(folder, path)))
    .map((path) => ({
      path,
      lines: readFileSync(join(folder, path), 'utf8').split('\n').length - 1,
      limit: isTest.test(path) ? testLimit : limit,
    }))
    .filter((file) => file.lines > file.limit)
}

if (process.argv[1] === import.meta.filename) {
  const found = tooLong(process.argv[2] ?? join(import.meta.dirname, '../..'))
  for (const { path, lines, limit } of found) console.error(`${path} has ${lines} lines, the limit is ${limit}`)
  process.exitCode = found.length > 0 ? 1 : 0
}

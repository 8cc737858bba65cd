/**
 * Records what MLflow's own server answers to the golden cases: `node record.mjs http://127.0.0.1:5000` against a fresh
 * `mlflow server` 3.17.2 writes `recorded.json`. Run by hand when the version that we speak changes.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { expandCase } from './expand.mjs'
import { caller, fillIn, prepareWorld, takeOut } from './prepare.mjs'

const [base] = process.argv.slice(2)
const cases = JSON.parse(readFileSync(new URL('cases.json', import.meta.url), 'utf8'))
const call = caller(base)
const world = await prepareWorld(call)
const recorded = {}
for (const item of cases) {
  const { method, path, body, raw } = expandCase(fillIn(item, world))
  const answer = await call(method, path, body, raw)
  recorded[item.name] = {
    status: answer.status,
    ...(answer.body?.error_code === undefined
      ? {}
      : { error_code: answer.body.error_code, message: takeOut(answer.body.message, world) }),
  }
}
writeFileSync(new URL('recorded.json', import.meta.url), `${JSON.stringify(recorded, null, 2)}\n`)

/** The real, unmodified mlflow client (and scikit-learn, of the built-in environment) against the started platform. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { mlPython, runPython } from '../support/model-server.ts'
import { type people, platformHome, platformStatus, tokenOf } from '../support/platform.ts'

const script = readFileSync(new URL('mlflow/client.py', import.meta.url), 'utf8')

describe.skipIf(platformHome === undefined)('the mlflow client', () => {
  let python = ''
  let address = ''
  const tokens = new Map<keyof typeof people, string>()
  const wire = `wire-${randomBytes(3).toString('hex')}`

  beforeAll(async () => {
    python = await mlPython()
    address = (await platformStatus()).workspaces.telco?.mlflow ?? ''
    for (const person of ['scientist', 'viewer', 'outsider'] as const) tokens.set(person, await tokenOf(person))
  })

  /** Runs one step of `client.py` as a person; its result, or the client's own error with its text. */
  async function step(name: string, person: keyof typeof people, tracking = address): Promise<unknown> {
    const environment = {
      MLFLOW_TRACKING_URI: tracking,
      MLFLOW_TRACKING_TOKEN: tokens.get(person) ?? '',
      MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1',
      GIT_PYTHON_REFRESH: 'quiet',
      WIRE: wire,
    }
    const preset = `import os, sys; os.environ.update(${JSON.stringify(environment)}); sys.argv[1:] = [${JSON.stringify(name)}]\n`
    const printed = await runPython(python, preset + script)
    return JSON.parse(/^RESULT (.*)$/m.exec(printed)?.[1] ?? 'null')
  }

  test('trains: parameters, metrics, data set, artifacts, model, registration, loading back', async () => {
    expect(await step('train', 'scientist')).toMatchObject({ run_id: expect.stringMatching(/^[0-9a-f]{32}$/) })
  })
  test('searches with filters, orders and pages', () => step('search', 'scientist'))
  test('deletes, restores and renames, and is refused in between', () => step('lifecycle', 'scientist'))
  test('keeps models, versions, aliases, tags and stages', () => step('registry', 'scientist'))
  test('uploads and downloads folders, odd names and large files', () => step('artifacts', 'scientist'))
  test('someone who may only look is refused what writes', () => step('viewer', 'viewer'))
  test('an outsider sees nothing', () => step('outsider', 'outsider'))
})

import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { describeEnv, EnvError, parseEnv, secret } from './env.ts'

const shape = {
  PORT: z.coerce.number().int().default(80).describe('Where it listens.'),
  PASSWORD: secret(z.string().min(3).optional()).describe('Described after it was marked.'),
  KEY: secret(z.string().describe('Described before it was marked.').optional()),
}

test('a secret is masked, wherever it was described', () => {
  const values = parseEnv(shape, { PASSWORD: 'hunter2', KEY: 'abc' })
  expect(describeEnv(shape, values)).toEqual({ PORT: 80, PASSWORD: '***', KEY: '***' })
  expect(describeEnv(shape, parseEnv(shape, {}))).toEqual({ PORT: 80, PASSWORD: undefined, KEY: undefined })
})

test('a secret may come from a file, another key may not', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'keelson-env-')), 'password')
  writeFileSync(file, 'from a file\n')
  expect(parseEnv(shape, { PASSWORD_FILE: file, PORT_FILE: file })).toMatchObject({ PASSWORD: 'from a file', PORT: 80 })
})

test('all problems at once, a missing file included', () => {
  const parse = () => parseEnv(shape, { PORT: 'x', PASSWORD: 'ab', KEY_FILE: '/nowhere' })
  expect(parse).toThrow(EnvError)
  expect(parse).toThrow(/PORT: .*\n.*PASSWORD: .*\n.*KEY_FILE: /)
})

/** Plants a violation of each kind in a small copy of the layout, and sees it refused. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

function layout(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-layout-'))
  const all = {
    'tsconfig.json':
      '{ "compilerOptions": { "module": "nodenext", "allowImportingTsExtensions": true, "noEmit": true } }',
    'package.json': '{ "type": "module" }',
    'packages/db/src/index.ts': 'export const db = 1\n',
    'packages/core/src/access/index.ts': 'export const allow = 1\n',
    'packages/core/src/registry/index.ts': "export { promote } from './promote.ts'\n",
    'packages/core/src/registry/promote.ts': 'export const promote = 1\nexport type Promote = number\n',
    'packages/api/src/root.ts': 'export const router = 1\nexport type AppRouter = number\n',
    ...files,
  }
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

function cruise(files: Record<string, string>): { code: number | null; output: string } {
  const binary = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
  const folders = ['apps', 'packages', 'e2e'].filter((name) => Object.keys(files).some((path) => path.startsWith(name)))
  const args = [
    binary,
    '--config',
    join(import.meta.dirname, 'dependency-cruiser.mjs'),
    ...new Set(['packages', ...folders]),
  ]
  const result = spawnSync(process.execPath, args, { cwd: layout(files), encoding: 'utf8' })
  return { code: result.status, output: result.stdout + result.stderr }
}

const planted: [rule: string, files: Record<string, string>][] = [
  ['api-imports', { 'packages/api/src/bad.ts': "import { db } from '../../db/src/index.ts'\nexport const x = db\n" }],
  [
    'web-imports',
    { 'apps/web/src/bad.ts': "import { db } from '../../../packages/db/src/index.ts'\nexport const x = db\n" },
  ],
  [
    'api-in-web-as-types-only',
    { 'apps/web/src/bad.ts': "import { router } from '../../../packages/api/src/root.ts'\nexport const x = router\n" },
  ],
  [
    'apps-never-import-apps',
    {
      'apps/web/src/a.ts': 'export const a = 1\n',
      'apps/gateway/src/bad.ts': "import { a } from '../../web/src/a.ts'\nexport const x = a\n",
    },
  ],
  [
    'domains-meet-in-their-index',
    {
      'packages/core/src/serving/bad.ts':
        "import { promote } from '../registry/promote.ts'\nexport const x = promote\n",
    },
  ],
  [
    'access-is-below-the-domains',
    { 'packages/core/src/access/bad.ts': "import { promote } from '../registry/index.ts'\nexport const x = promote\n" },
  ],
  [
    'no-cycles',
    {
      'packages/core/src/registry/a.ts': "import { b } from './b.ts'\nexport const a = () => b\n",
      'packages/core/src/registry/b.ts': "import { a } from './a.ts'\nexport const b = () => a\n",
    },
  ],
  [
    'only-tests-import-test-code',
    {
      'packages/testing/src/index.ts': 'export const t = 1\n',
      'packages/core/src/registry/bad.ts': "import { t } from '../../../testing/src/index.ts'\nexport const x = t\n",
    },
  ],
  ['prisma-only-in-db', { 'packages/core/src/registry/bad.ts': "import '@prisma/config'\n" }],
]

test.each(planted)('%s is refused', (rule, files) => {
  const { code, output } = cruise(files)
  expect(output).toContain(`error ${rule}:`)
  expect(code).not.toBe(0)
})

test('what the table allows passes', () => {
  const { code, output } = cruise({
    'packages/core/src/registry/good.ts': "import { db } from '../../../db/src/index.ts'\nexport const x = db\n",
    'packages/core/src/serving/good.ts': "import { promote } from '../registry/index.ts'\nexport const x = promote\n",
    'apps/web/src/good.ts':
      "import type { AppRouter } from '../../../packages/api/src/root.ts'\nexport type X = AppRouter\n",
  })
  expect(code, output).toBe(0)
})

test('a file over the limit is refused by name', () => {
  const folder = layout({ 'packages/core/src/registry/long.ts': 'export {}\n'.repeat(501) })
  execFileSync('git', ['init', '-q'], { cwd: folder })
  const result = spawnSync(process.execPath, [join(root, 'tooling/checks/file-sizes.mjs'), folder], {
    encoding: 'utf8',
  })
  expect(result.status).toBe(1)
  expect(result.stderr).toContain('packages/core/src/registry/long.ts has 501 lines, the limit is 500')
})

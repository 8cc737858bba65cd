/**
 * Who may import whom, as errors. The table is the one of ARCHITECTURE.md; `boundaries.int.test.ts` plants violations and
 * sees them refused.
 */
import { join } from 'node:path'

const ours = '^(apps|packages|e2e|examples|bench|prisma|tooling)/'
const tests = '\\.test\\.tsx?$|/src/testing/|/test-[^/]+\\.ts$|^e2e/'

/** Each part with what of ours its run-time code may import, values and types. */
const table = {
  'packages/contracts': [],
  'packages/process': ['packages/contracts'],
  'packages/ui': ['packages/contracts'],
  'packages/embedded-postgres': [],
  'packages/testing': ['packages/embedded-postgres'],
  'packages/db': ['packages/contracts', 'packages/process'],
  'packages/kube': ['packages/contracts', 'packages/process'],
  // It is the server: it meets kube and core over HTTP alone, so that a real cluster is a drop-in.
  'packages/kubelite': ['packages/contracts', 'packages/process'],
  'packages/core': ['packages/contracts', 'packages/process', 'packages/db', 'packages/kube'],
  'packages/api': ['packages/contracts', 'packages/process', 'packages/core'],
  'apps/web': ['packages/contracts', 'packages/process', 'packages/ui', 'packages/api'],
  'apps/gateway': ['packages/contracts', 'packages/process', 'packages/core', 'packages/api'],
  'apps/controller': ['packages/contracts', 'packages/process', 'packages/core', 'packages/kube'],
  'apps/local': [
    'packages/contracts',
    'packages/process',
    'packages/kubelite',
    'packages/embedded-postgres',
    'packages/db/src/migrate.ts',
  ],
  'examples/telco-churn': ['packages/contracts', 'packages/api'],
}

/** Libraries that only one part may know. */
const libraries = [
  { name: 'prisma-only-in-db', library: '@prisma/', only: ['packages/db', 'tooling'] },
  { name: 'kubernetes-client-only-in-kube', library: '@kubernetes/client-node', only: ['packages/kube', 'e2e'] },
  { name: 'react-only-in-web-and-ui', library: '(react|react-dom|next|next-auth)/', only: ['apps/web', 'packages/ui'] },
  {
    name: 'trpc-only-in-api-and-its-ends',
    library: '@trpc/',
    only: ['packages/api', 'apps/gateway', 'apps/web', 'examples', 'e2e'],
  },
]

const anyOf = (paths) => paths.map((path) => (path.endsWith('.ts') ? `^${path}$` : `^${path}/`)).join('|')

export default {
  forbidden: [
    ...Object.entries(table).map(([part, allowed]) => ({
      name: `${part.split('/').at(-1)}-imports`,
      severity: 'error',
      comment: `${part} may import of ours only: ${allowed.join(', ') || 'nothing'}.`,
      from: { path: `^${part}/`, pathNot: tests },
      to: { path: ours, pathNot: anyOf([part, ...allowed]) },
    })),
    {
      name: 'api-in-web-as-types-only',
      severity: 'error',
      comment: 'The router lives in the gateway; pages know its types.',
      from: { path: '^(apps/web|examples)/', pathNot: tests },
      to: { path: '^packages/api/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'apps-never-import-apps',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'e2e-from-outside',
      severity: 'error',
      comment: 'End-to-end tests use the doors that people use.',
      from: { path: '^e2e/(wire|journeys|integration)/' },
      to: { path: '^packages/(db|kube)/' },
    },
    {
      name: 'domains-meet-in-their-index',
      severity: 'error',
      from: { path: '^packages/core/src/([^/]+)/', pathNot: tests },
      to: {
        path: '^packages/core/src/([^/]+)/',
        pathNot: '^packages/core/src/($1/|context/ctx\\.ts$|[^/]+/index\\.ts$)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'access-is-below-the-domains',
      severity: 'error',
      from: { path: '^packages/core/src/access/', pathNot: tests },
      to: { path: '^packages/core/src/', pathNot: '^packages/core/src/(access|context)/' },
    },
    {
      name: 'features-meet-in-their-index',
      severity: 'error',
      from: { path: '^apps/web/src/features/([^/]+)/' },
      to: {
        path: '^apps/web/src/features/',
        pathNot: '^apps/web/src/features/($1/|[^/]+/index\\.tsx?$|[^/]+\\.tsx?$)',
      },
    },
    {
      name: 'only-tests-import-test-code',
      severity: 'error',
      from: { path: ours, pathNot: `${tests}|^packages/testing/|^tooling/|^bench/|^vitest` },
      to: { path: '\\.test\\.tsx?$|^packages/[^/]+/src/testing/|^packages/testing/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Types may refer to each other, values may not.',
      from: { path: '^(apps|packages)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'declared-dependencies',
      severity: 'error',
      comment: 'Every import is in the package.json of its own package; tests have vitest from the root.',
      from: { path: '^(apps|packages)/', pathNot: tests },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'resolvable', severity: 'error', from: { path: '^(apps|packages)/' }, to: { couldNotResolve: true } },
    ...libraries.map(({ name, library, only }) => ({
      name,
      severity: 'error',
      from: { path: ours, pathNot: `${anyOf(only)}|${tests}` },
      to: { path: `node_modules/${library}` },
    })),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    webpackConfig: { fileName: join(import.meta.dirname, 'resolve.cjs') },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(apps|packages)/[^/]+/(\\.next|dist|src/generated)/|next-env\\.d\\.ts$' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
    },
  },
}

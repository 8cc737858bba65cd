import { defineConfig } from '@prisma/config'

/** For developers' use of the Prisma CLI (`pnpm prisma …`); the platform itself applies migrations with packages/db. */
export default defineConfig({
  schema: 'prisma/schema',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL ?? 'postgresql://localhost:1/unset' },
})

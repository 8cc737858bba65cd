import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { NextConfig } from 'next'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

const config: NextConfig = {
  output: 'standalone',
  outputFileTracingRoot: root,
  turbopack: { root },
  transpilePackages: ['@keelson/ui', '@keelson/contracts', '@keelson/process'],
  images: { unoptimized: true },
  poweredByHeader: false,
  reactStrictMode: true,
  // `pnpm types` checks them, with the rest of the repository; a start on a fresh machine need not do it again.
  typescript: { ignoreBuildErrors: true },
  experimental: { optimizePackageImports: ['radix-ui', 'lucide-react'] },
}

export default config

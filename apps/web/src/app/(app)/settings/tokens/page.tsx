import type { Metadata } from 'next'
import { TokenList } from '@/features/tokens/token-list.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Access tokens' }

export default function TokensPage() {
  return (
    <Prefetch queries={(trpc) => [trpc.access.listTokens.queryOptions()]}>
      <TokenList />
    </Prefetch>
  )
}

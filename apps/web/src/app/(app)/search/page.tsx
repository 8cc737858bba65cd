import type { Metadata } from 'next'
import { SearchView } from '@/features/search/search-view.tsx'
import { visitor } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Search' }

export default async function SearchPage() {
  await visitor()
  return <SearchView />
}

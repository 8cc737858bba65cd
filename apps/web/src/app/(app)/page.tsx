import { redirect } from 'next/navigation'
import { Welcome } from '@/features/home/welcome.tsx'
import { Prefetch, visitor } from '@/trpc/server.tsx'
import { paths } from '@/view/paths.ts'

export default async function Home() {
  const me = await visitor()
  const first = me.workspaces[0]
  if (first) redirect(paths.home(first.name))
  return (
    <Prefetch queries={(trpc) => [trpc.workspaces.registration.queryOptions()]}>
      <Welcome username={me.username} />
    </Prefetch>
  )
}

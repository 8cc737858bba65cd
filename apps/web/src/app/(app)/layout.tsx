import type { ReactNode } from 'react'
import { InstallationProvider } from '@/shell/installation.tsx'
import { Shell } from '@/shell/shell.tsx'
import { ApiProvider } from '@/trpc/client.tsx'
import { serverApi, visitor } from '@/trpc/server.tsx'

/** The frame. It names the visitor; what they may see, each page asks for itself. */
export default async function AppLayout({ children }: { children: ReactNode }) {
  const me = await visitor()
  const { client } = await serverApi()
  const info = await client.platform.info.query()
  return (
    <ApiProvider>
      <InstallationProvider value={{ me, info }}>
        <Shell>{children}</Shell>
      </InstallationProvider>
    </ApiProvider>
  )
}

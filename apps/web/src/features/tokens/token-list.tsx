'use client'
import type { AccessToken } from '@keelson/contracts/access'
import { Button } from '@keelson/ui/button'
import { Panel } from '@keelson/ui/card'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { EmptyState } from '@keelson/ui/empty-state'
import { RelativeTime } from '@keelson/ui/relative-time'
import { TableSkeleton } from '@keelson/ui/skeleton'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound, Plus } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { trainSnippets } from '@/features/snippets.ts'
import { useInstallation } from '@/shell/installation.tsx'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { Loaded } from '@/view/loaded.tsx'
import { PageHead } from '@/view/page-head.tsx'

const CreateTokenDialog = dynamic(
  () => import('./create-token-dialog.tsx').then((module) => module.CreateTokenDialog),
  { ssr: false },
)

export function TokenList() {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const { me, info } = useInstallation()
  const [creating, setCreating] = useState(false)
  const tokens = useQuery(trpc.access.listTokens.queryOptions())
  const revoke = useMutation(
    trpc.access.revokeToken.mutationOptions({
      onSuccess: async () => {
        await touch(queryClient, ['access'])
        toast.success('The token works no longer.')
      },
      onError: (error) => toast.error(errorBodyOf(error).message || 'The token could not be revoked.'),
    }),
  )
  const columns: Column<AccessToken>[] = [
    {
      id: 'name',
      header: 'Name',
      sortValue: (token) => token.name,
      cell: (token) => <span className="font-medium">{token.name}</span>,
    },
    { id: 'workspace', header: 'Workspace', cell: (token) => token.workspace ?? 'all of yours' },
    {
      id: 'created',
      header: 'Created',
      align: 'right',
      sortValue: (token) => token.createdAt,
      cell: (token) => <RelativeTime at={token.createdAt} />,
    },
    {
      id: 'used',
      header: 'Last used',
      align: 'right',
      cell: (token) => (token.lastUsedAt ? <RelativeTime at={token.lastUsedAt} /> : 'never'),
    },
    {
      id: 'expires',
      header: 'Expires',
      align: 'right',
      cell: (token) => (token.expiresAt ? <RelativeTime at={token.expiresAt} /> : 'never'),
    },
    {
      id: 'revoke',
      header: '',
      align: 'right',
      cell: (token) => (
        <Button
          size="sm"
          disabled={revoke.isPending}
          aria-label={`Revoke ${token.name}`}
          onClick={() => revoke.mutate({ id: token.id })}
        >
          Revoke
        </Button>
      ),
    },
  ]
  return (
    <>
      <PageHead
        title="Access tokens"
        hint="For scripts, notebooks and kubectl. A token may do what you may do."
        actions={
          <Button variant="primary" onClick={() => setCreating(true)}>
            <Plus />
            New token
          </Button>
        }
      />
      <Loaded query={tokens} skeleton={<TableSkeleton rows={3} />}>
        {(items) =>
          items.length === 0 ? (
            <EmptyState icon={<KeyRound />} title="You have no token">
              <p>Make one here, or on the machine of a local installation:</p>
              <CodeSnippet
                snippets={[{ label: 'Shell', code: `npm run -s token -- --as ${me.username} --ttl 1h\n` }]}
              />
            </EmptyState>
          ) : (
            <DataTable label="Access tokens" rows={items} columns={columns} rowId={(token) => token.id} />
          )
        }
      </Loaded>
      <Panel title="Using a token" className="mt-4">
        <CodeSnippet snippets={trainSnippets(info.url, me.workspaces[0]?.name ?? 'my-workspace')} />
      </Panel>
      {creating ? <CreateTokenDialog onClose={() => setCreating(false)} /> : null}
    </>
  )
}

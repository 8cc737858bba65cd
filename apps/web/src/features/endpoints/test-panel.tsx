'use client'
import type { EndpointDetail } from '@keelson/contracts/serving'
import { Badge } from '@keelson/ui/badge'
import { Panel } from '@keelson/ui/card'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import { Copyable } from '@keelson/ui/copyable'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { formatDuration } from '@keelson/ui/format'
import { Textarea } from '@keelson/ui/input'
import { PermissionButton } from '@keelson/ui/permission-button'
import { Select } from '@keelson/ui/select'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Play } from 'lucide-react'
import { useState } from 'react'
import { askSnippets } from '@/features/snippets.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { useCan } from '@/view/can.ts'

/** Asks the endpoint as the visitor, with an example made from the model's own signature; and the same from outside. */
export function TestPanel({ workspace, detail }: { workspace: string; detail: EndpointDetail }) {
  const { endpoint, examples } = detail
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const can = useCan(workspace)
  const [protocol, setProtocol] = useState<'v1' | 'v2'>('v1')
  const [bodies, setBodies] = useState(examples)
  const test = useMutation(
    trpc.endpoints.test.mutationOptions({ onSettled: () => touch(queryClient, ['predictions']) }),
  )
  const body = bodies[protocol]
  const model = endpoint.name
  const address =
    protocol === 'v1'
      ? `${endpoint.url ?? ''}/v1/models/${model}:predict`
      : `${endpoint.url ?? ''}/v2/models/${model}/infer`
  const answer = test.data
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2">
      <Panel
        title="Request"
        actions={
          <>
            <Select
              aria-label="Protocol"
              value={protocol}
              onChange={(event) => setProtocol(event.target.value === 'v2' ? 'v2' : 'v1')}
            >
              <option value="v1">V1 :predict</option>
              <option value="v2">V2 infer</option>
            </Select>
            <PermissionButton
              variant="primary"
              decision={can('invoke')}
              disabled={test.isPending || !endpoint.exists}
              onClick={() => test.mutate({ workspace, name: endpoint.name, protocol, body })}
            >
              <Play />
              Send
            </PermissionButton>
          </>
        }
      >
        <Textarea
          aria-label="Body of the request"
          rows={16}
          spellCheck={false}
          className="font-mono text-xs"
          value={body}
          onChange={(event) => setBodies({ ...bodies, [protocol]: event.target.value })}
        />
      </Panel>
      <div className="grid min-w-0 gap-4">
        <Panel
          title="Answer"
          hint={
            answer ? (
              <span className="flex items-center gap-2">
                <Badge tone={answer.status < 300 ? 'success' : 'danger'}>{answer.status}</Badge>
                <span className="tabular">{formatDuration(answer.durationMs)}</span>
              </span>
            ) : undefined
          }
          actions={answer?.requestId ? <Copyable text={answer.requestId} /> : null}
        >
          <div aria-live="polite">
            {test.error ? <ErrorPanel error={errorBodyOf(test.error)} /> : null}
            {answer ? <CodeSnippet snippets={[{ label: 'JSON', code: indented(answer.body) }]} /> : null}
            {!answer && !test.error ? (
              <p className="text-[13px] text-fg-muted">
                {test.isPending ? 'Asking…' : 'Send the example, or change it first.'}
              </p>
            ) : null}
          </div>
        </Panel>
        <Panel title="From outside" hint="with an access token in KEELSON_TOKEN">
          <CodeSnippet snippets={askSnippets(address, body)} />
        </Panel>
      </div>
    </div>
  )
}

function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

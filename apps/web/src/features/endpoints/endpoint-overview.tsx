import type { EndpointDetail } from '@keelson/contracts/serving'
import { Badge } from '@keelson/ui/badge'
import { Facts, Panel } from '@keelson/ui/card'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import { Copyable } from '@keelson/ui/copyable'
import { RelativeTime } from '@keelson/ui/relative-time'
import { CircleX } from 'lucide-react'
import { paths } from '@/view/paths.ts'
import { Reason } from '@/view/reason.tsx'
import { TextLink } from '@/view/text-link.tsx'

/** Why an endpoint does not answer: the true reason, and the last lines of its server. */
export function EndpointFailure({ detail }: { detail: EndpointDetail }) {
  const { failure, endpoint } = detail
  if (failure === null) return <Reason status={endpoint.status} />
  return (
    <section aria-label="Failure" className="mb-4 rounded-lg bg-danger-soft p-4 text-[13px]">
      <p className="flex gap-2.5 text-danger">
        <CircleX aria-hidden className="mt-0.5 size-4 shrink-0" />
        <span className="min-w-0 break-words">
          <strong>{failure.reason}</strong>: {failure.message}
        </span>
      </p>
      {failure.logTail ? (
        <CodeSnippet className="mt-3" snippets={[{ label: 'Last lines of the server', code: failure.logTail }]} />
      ) : null}
    </section>
  )
}

export function EndpointOverview({ workspace, detail }: { workspace: string; detail: EndpointDetail }) {
  const { endpoint, conditions, inputs, outputs } = detail
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2">
      <Panel title="What it serves">
        <Facts
          items={[
            [
              'Model',
              endpoint.model && endpoint.modelVersion !== null ? (
                <TextLink key="model" href={paths.version(workspace, endpoint.model, endpoint.modelVersion)}>
                  {endpoint.model} {endpoint.modelVersion}
                </TextLink>
              ) : (
                'not from the registry'
              ),
            ],
            ['Storage', detail.storageUri ? <Copyable key="uri" text={detail.storageUri} /> : '–'],
            ['Address', endpoint.url ? <Copyable key="url" text={endpoint.url} /> : 'none yet'],
            ['Framework', endpoint.framework],
            ['Revision', endpoint.revision],
            ['Created', <RelativeTime key="created" at={endpoint.createdAt} />],
          ]}
        />
      </Panel>
      <Panel title="Conditions" bodyClassName="p-0">
        <ul className="divide-y divide-line">
          {conditions.map((one) => (
            <li key={one.type} className="grid gap-0.5 px-4 py-2 text-[13px]">
              <span className="flex items-center gap-2">
                <span className="font-medium">{one.type}</span>
                <Badge tone={one.status === 'True' ? 'success' : one.status === 'False' ? 'danger' : 'neutral'}>
                  {one.status}
                </Badge>
                {one.reason ? <span className="text-xs text-fg-muted">{one.reason}</span> : null}
                <RelativeTime at={one.since} className="ml-auto text-xs text-fg-subtle" />
              </span>
              {one.message ? <span className="text-xs break-words text-fg-muted">{one.message}</span> : null}
            </li>
          ))}
          {conditions.length === 0 ? (
            <li className="p-4 text-[13px] text-fg-muted">The cluster has said nothing yet.</li>
          ) : null}
        </ul>
      </Panel>
      <Tensors title={`Inputs (${inputs.length})`} tensors={inputs} />
      <Tensors title={`Outputs (${outputs.length})`} tensors={outputs} />
    </div>
  )
}

function Tensors({ title, tensors }: { title: string; tensors: EndpointDetail['inputs'] }) {
  return (
    <Panel title={title} hint="as the V2 protocol names them" bodyClassName="p-0">
      {tensors.length === 0 ? <p className="p-4 text-[13px] text-fg-muted">The server has not said yet.</p> : null}
      {/* biome-ignore lint/a11y/useSemanticElements: the box that scrolls, named for those who reach it by keyboard */}
      <div
        role="region"
        aria-label={title}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard (WCAG 2.1.1)
        tabIndex={0}
        className="scroll-thin max-h-72 overflow-auto focus-visible:-outline-offset-2"
      >
        <ul className="divide-y divide-line">
          {tensors.map((one) => (
            <li key={one.name} className="flex gap-3 px-4 py-1.5 text-[13px]">
              <span className="min-w-0 truncate">{one.name}</span>
              <span className="ml-auto font-mono text-xs text-fg-muted">
                {one.datatype} [{one.shape.join(', ')}]
              </span>
            </li>
          ))}
        </ul>
      </div>
    </Panel>
  )
}

'use client'
import { Panel } from '@keelson/ui/card'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import { trainSnippets } from '@/features/snippets.ts'
import { useInstallation } from '@/shell/installation.tsx'
import { TextLink } from '@/view/text-link.tsx'

/** A workspace with nothing in it: the first run, from the reader's own machine, as pasted. */
export function FirstSteps({ workspace }: { workspace: string }) {
  const { info } = useInstallation()
  return (
    <Panel title="Log your first run" hint="with the mlflow client you have">
      <div className="grid gap-3 text-[13px] text-fg-muted">
        <p>
          Make an{' '}
          <TextLink href="/settings/tokens" className="underline">
            access token
          </TextLink>
          , put it in <code className="font-mono text-xs">MLFLOW_TRACKING_TOKEN</code>, and run this:
        </p>
        <CodeSnippet snippets={trainSnippets(info.url, workspace)} />
      </div>
    </Panel>
  )
}

import { CodeSnippet, type Snippet } from '@keelson/ui/code-snippet'

/** What a screen does, from outside: folded below it, so that it is in nobody's way. */
export function Commands({ snippets }: { snippets: readonly Snippet[] }) {
  return (
    <details className="mt-4">
      <summary className="w-fit cursor-pointer rounded text-[13px] text-fg-muted hover:text-fg">
        The same by command
      </summary>
      <CodeSnippet className="mt-2" snippets={snippets} />
    </details>
  )
}

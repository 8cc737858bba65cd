'use client'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import { EmptyState } from '@keelson/ui/empty-state'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { PanelSkeleton } from '@keelson/ui/skeleton'
import { useQuery } from '@tanstack/react-query'
import { previewOf } from './artifact-address.ts'
import { parseCsv } from './parse-csv.ts'

const shownBytes = 512 * 1024
const shownRows = 200

/** A file inside the page: text, JSON, a table or a picture. Anything that could run is shown as text or not at all. */
export function ArtifactPreview({ path, address }: { path: string; address: string }) {
  const kind = previewOf(path)
  const text = useQuery({
    queryKey: ['artifact', address],
    enabled: kind !== 'none' && kind !== 'image',
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => readText(address, signal),
  })
  if (kind === 'image')
    return <img src={address} alt={path} className="max-h-[60vh] max-w-full rounded border border-line" />
  if (kind === 'none')
    return (
      <EmptyState title="No preview for this kind of file">Download it, or open it on the content site.</EmptyState>
    )
  if (text.error) return <ErrorPanel error={{ code: 'unavailable', message: '' }} onRetry={() => void text.refetch()} />
  if (!text.data) return <PanelSkeleton />
  const note = text.data.cut ? (
    <p className="mb-2 text-xs text-warning">Only the first {shownBytes / 1024} kB are shown.</p>
  ) : null
  if (kind === 'csv')
    return (
      <>
        {note}
        <CsvTable text={text.data.text} separator={path.endsWith('.tsv') ? '\t' : ','} />
      </>
    )
  return (
    <>
      {note}
      <CodeSnippet
        snippets={[
          {
            label: kind === 'json' ? 'JSON' : 'Text',
            code: kind === 'json' ? indented(text.data.text) : text.data.text,
          },
        ]}
        className="[&_pre]:max-h-[60vh]"
      />
    </>
  )
}

/** Reads no more than is shown, whatever the file's size. */
async function readText(address: string, signal: AbortSignal): Promise<{ text: string; cut: boolean }> {
  const response = await fetch(address, { signal })
  if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`)
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return { text: text + decoder.decode(), cut: false }
    size += value.byteLength
    text += decoder.decode(value, { stream: true })
    if (size > shownBytes) {
      await reader.cancel()
      return { text: text.slice(0, text.lastIndexOf('\n')), cut: true }
    }
  }
}

function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

function CsvTable({ text, separator }: { text: string; separator: string }) {
  const [head = [], ...rows] = parseCsv(text, separator, shownRows + 1)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard (WCAG 2.1.1)
    <div tabIndex={0} className="scroll-thin max-h-[60vh] overflow-auto rounded-lg border border-line">
      <table className="tabular text-xs">
        <caption className="sr-only">The first {shownRows} rows</caption>
        <thead className="sticky top-0 bg-surface-2">
          <tr>
            {head.map((name) => (
              <th key={name} scope="col" className="px-2.5 py-1.5 text-left font-medium whitespace-nowrap">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index} className="border-t border-line">
              {head.map((name, column) => (
                <td key={name} className="max-w-60 truncate px-2.5 py-1 whitespace-nowrap">
                  {row[column] ?? ''}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

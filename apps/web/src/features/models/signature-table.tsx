import type { ModelSignature } from '@keelson/contracts/registry'

/** What goes in and what comes out, column by column. */
export function SignatureTable({ signature }: { signature: ModelSignature }) {
  const rows = [
    ...signature.inputs.map((column) => ({ ...column, side: 'in' })),
    ...signature.outputs.map((column) => ({ ...column, side: 'out' })),
  ]
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard (WCAG 2.1.1)
    <div tabIndex={0} className="scroll-thin max-h-96 overflow-auto focus-visible:-outline-offset-2">
      <table className="w-full text-left text-[13px]">
        <caption className="sr-only">Signature</caption>
        <thead className="sticky top-0 bg-surface text-xs text-fg-subtle">
          <tr>
            <th scope="col" className="px-4 py-2 font-medium"></th>
            <th scope="col" className="py-2 font-medium">
              Column
            </th>
            <th scope="col" className="py-2 font-medium">
              Type
            </th>
            <th scope="col" className="px-4 py-2 font-medium">
              Required
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={`${row.side}${row.name || index}`} className="border-t border-line">
              <td className="w-12 px-4 py-1 text-xs text-fg-subtle">{row.side}</td>
              <td className="py-1">{row.name || <span className="text-fg-subtle">unnamed</span>}</td>
              <td className="py-1 font-mono text-xs">{row.type}</td>
              <td className="px-4 py-1 text-fg-muted">{row.required ? 'yes' : 'no'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

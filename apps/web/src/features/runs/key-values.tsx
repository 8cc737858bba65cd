import { Copyable } from '@keelson/ui/copyable'

type Item = { key: string; value: string }

/** Names and values, one a line; a long value is cut on the screen and copied whole. */
export function KeyValues({ items, label }: { items: readonly Item[]; label: string }) {
  if (items.length === 0) return <p className="p-4 text-[13px] text-fg-muted">None.</p>
  return (
    <table className="w-full table-fixed text-[13px]">
      <caption className="sr-only">{label}</caption>
      <tbody>
        {[...items]
          .sort((a, b) => a.key.localeCompare(b.key))
          .map((item) => (
            <tr key={item.key} className="border-t border-line first:border-0">
              <th
                scope="row"
                className="w-2/5 truncate px-4 py-1.5 text-left font-normal text-fg-muted"
                title={item.key}
              >
                {item.key}
              </th>
              <td className="px-4 py-1.5">
                <Copyable text={item.value} />
              </td>
            </tr>
          ))}
      </tbody>
    </table>
  )
}

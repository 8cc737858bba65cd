'use client'
import {
  type ColumnDef,
  columnVisibilityFeature,
  createSortedRowModel,
  rowSelectionFeature,
  rowSortingFeature,
  type SortingState,
  sortFn_basic,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useMemo, useRef, useState } from 'react'
import { cn } from './cn.ts'

const features = tableFeatures({
  columnVisibilityFeature,
  rowSelectionFeature,
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { basic: sortFn_basic },
})

export type Sort = { id: string; desc: boolean }

/** A column: how a cell looks, and (where the table can be sorted by it) by which value. */
export type Column<T> = {
  id: string
  header: string
  cell: (row: T) => ReactNode
  sortValue?: (row: T) => string | number | null
  align?: 'right'
  className?: string
}

export type DataTableProps<T extends object> = {
  label: string
  rows: readonly T[]
  columns: readonly Column<T>[]
  rowId: (row: T) => string
  /** Enter or a click on the row. The first cell should also hold a real link, for new tabs and screen readers. */
  onOpen?: (row: T) => void
  hidden?: readonly string[]
  /** Given, the server sorts: the table only shows and asks. Otherwise the table sorts what it has. */
  sort?: Sort | null
  onSort?: (sort: Sort | null) => void
  selected?: readonly string[]
  onSelect?: (ids: string[]) => void
  footer?: ReactNode
  maxHeight?: string
}

const rowHeightPx = 37

/** The one table: sticky header, virtual rows, sorting, and the list keys (j/k or arrows, Enter, x, Escape). */
export function DataTable<T extends object>(props: DataTableProps<T>) {
  const { rows, columns, rowId, label } = props
  const [ownSort, setOwnSort] = useState<SortingState>([])
  const sorting = props.onSort ? (props.sort ? [props.sort] : []) : ownSort
  const defs = useMemo(
    () =>
      columns.map(
        (column): ColumnDef<typeof features, T> => ({
          id: column.id,
          header: column.header,
          accessorFn: (row) => column.sortValue?.(row) ?? null,
          enableSorting: column.sortValue !== undefined,
          sortFn: 'basic',
          sortUndefined: 'last',
        }),
      ),
    [columns],
  )
  const hidden = props.hidden
  const table = useTable({
    features,
    data: rows,
    columns: defs,
    getRowId: rowId,
    manualSorting: props.onSort !== undefined,
    state: {
      sorting,
      columnVisibility: Object.fromEntries((hidden ?? []).map((id) => [id, false])),
      rowSelection: Object.fromEntries((props.selected ?? []).map((id) => [id, true])),
    },
    onSortingChange: (update) => {
      const next = typeof update === 'function' ? update(sorting) : update
      if (props.onSort) props.onSort(next[0] ?? null)
      else setOwnSort(next)
    },
    onRowSelectionChange: (update) => {
      const before = Object.fromEntries((props.selected ?? []).map((id) => [id, true as const]))
      const next = typeof update === 'function' ? update(before) : update
      props.onSelect?.(Object.keys(next).filter((id) => next[id]))
    },
  })
  const scroller = useRef<HTMLDivElement>(null)
  const tableRows = table.getRowModel().rows
  const byId = useMemo(() => new Map(columns.map((column) => [column.id, column])), [columns])
  const shown = table.getVisibleLeafColumns().flatMap((column) => byId.get(column.id) ?? [])
  const virtual = useVirtualizer({
    count: tableRows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeightPx,
    getItemKey: (index) => tableRows[index]?.id ?? index,
    overscan: 12,
    initialRect: { width: 1000, height: 800 },
  })
  const items = virtual.getVirtualItems()
  const before = items[0]?.start ?? 0
  const after = virtual.getTotalSize() - (items[items.length - 1]?.end ?? 0)
  const selectable = props.onSelect !== undefined
  const keys = useRowKeys({
    count: tableRows.length,
    reveal: (index) => virtual.scrollToIndex(index),
    open: (index) => {
      const row = tableRows[index]
      if (row) props.onOpen?.(row.original)
    },
    toggle: (index) => tableRows[index]?.toggleSelected(),
  })

  return (
    <div className="overflow-hidden rounded-lg border border-line bg-surface">
      {/* biome-ignore lint/a11y/useSemanticElements: the scrolling box around a table, named for the list keys that it takes */}
      <div
        ref={scroller}
        role="region"
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard (WCAG 2.1.1)
        tabIndex={0}
        onKeyDown={keys.onKeyDown}
        className="scroll-thin overflow-auto focus-visible:-outline-offset-2"
        style={{ maxHeight: props.maxHeight ?? 'calc(100vh - 14rem)' }}
      >
        <table className="w-full border-separate border-spacing-0 text-[13px]">
          <caption className="sr-only">{label}</caption>
          <thead className="sticky top-0 z-10 bg-surface">
            <tr>
              {selectable ? <th className="w-8 border-b border-line pl-3" aria-label="Selected" /> : null}
              {shown.map((column) => (
                <HeaderCell
                  key={column.id}
                  column={column}
                  sort={sorting[0] ?? null}
                  onToggle={() => table.getColumn(column.id)?.toggleSorting()}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {before > 0 ? (
              <tr aria-hidden>
                <td colSpan={shown.length + 1} style={{ height: before }} />
              </tr>
            ) : null}
            {items.map((item) => {
              const row = tableRows[item.index]
              if (!row) return null
              const isSelected = row.getIsSelected()
              return (
                <tr
                  key={row.id}
                  data-row={item.index}
                  data-active={keys.active === item.index || undefined}
                  onClick={(event) => {
                    const target = event.target as HTMLElement
                    // What a cell opens elsewhere on the page (a menu, a dialog) tells its clicks to the row as well.
                    if (!event.currentTarget.contains(target) || target.closest('a,button,input,label')) return
                    props.onOpen?.(row.original)
                  }}
                  className={cn(
                    'group hover:bg-surface-2 data-active:bg-surface-2',
                    props.onOpen && 'cursor-pointer',
                    isSelected && 'bg-accent-soft/50',
                  )}
                >
                  {selectable ? (
                    <td className="border-b border-line pl-3 group-data-active:shadow-[inset_2px_0_0_var(--accent)]">
                      <input
                        type="checkbox"
                        aria-label={`Select ${row.id}`}
                        checked={isSelected}
                        onChange={() => row.toggleSelected()}
                        className="size-3.5 align-middle accent-(--accent)"
                      />
                    </td>
                  ) : null}
                  {shown.map((column, index) => (
                    <td
                      key={column.id}
                      className={cn(
                        'h-9 max-w-96 truncate border-b border-line px-3 whitespace-nowrap',
                        index === 0 && 'pl-4 group-data-active:shadow-[inset_2px_0_0_var(--accent)]',
                        column.align === 'right' && 'tabular text-right',
                        column.className,
                      )}
                    >
                      {column.cell(row.original)}
                    </td>
                  ))}
                </tr>
              )
            })}
            {after > 0 ? (
              <tr aria-hidden>
                <td colSpan={shown.length + 1} style={{ height: after }} />
              </tr>
            ) : null}
          </tbody>
        </table>
      </div>
      {props.footer ? (
        <div className="flex items-center gap-3 px-4 py-2 text-xs text-fg-subtle">{props.footer}</div>
      ) : null}
    </div>
  )
}

function HeaderCell<T>({ column, sort, onToggle }: { column: Column<T>; sort: Sort | null; onToggle: () => void }) {
  const sorted = sort?.id === column.id ? (sort.desc ? 'descending' : 'ascending') : undefined
  const look = cn(
    'h-9 border-b border-line px-3 text-left text-xs font-medium whitespace-nowrap text-fg-subtle first:pl-4',
    column.align === 'right' && 'text-right',
  )
  if (!column.sortValue)
    return (
      <th scope="col" className={look}>
        {column.header}
      </th>
    )
  return (
    <th scope="col" aria-sort={sorted ?? 'none'} className={look}>
      <button
        type="button"
        onClick={onToggle}
        className={cn('inline-flex items-center gap-1 hover:text-fg', sorted && 'text-fg')}
      >
        {column.header}
        {sorted === 'ascending' ? <ArrowUp aria-hidden className="size-3" /> : null}
        {sorted === 'descending' ? <ArrowDown aria-hidden className="size-3" /> : null}
      </button>
    </th>
  )
}

type RowKeys = {
  count: number
  reveal: (index: number) => void
  open: (index: number) => void
  toggle: (index: number) => void
}

/** The list keys. They work while the focus is anywhere in the table, but never while somebody types. */
function useRowKeys({ count, reveal, open, toggle }: RowKeys) {
  const [active, setActive] = useState(-1)
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const target = event.target as HTMLElement
    if (
      event.metaKey ||
      event.ctrlKey ||
      event.altKey ||
      target.closest('input:not([type=checkbox]),textarea,select,[contenteditable]')
    )
      return
    const move = (index: number) => {
      if (count === 0) return
      const next = Math.max(0, Math.min(count - 1, index))
      setActive(next)
      reveal(next)
      event.preventDefault()
    }
    if (event.key === 'j' || event.key === 'ArrowDown') move(active + 1)
    else if (event.key === 'k' || event.key === 'ArrowUp') move(active - 1)
    else if (event.key === 'Home') move(0)
    else if (event.key === 'End') move(count - 1)
    else if (event.key === 'Enter' && active >= 0 && !target.closest('a,button')) open(active)
    else if (event.key === 'x' && active >= 0) toggle(active)
    else if (event.key === 'Escape' && active >= 0) setActive(-1)
  }
  return { active, onKeyDown }
}

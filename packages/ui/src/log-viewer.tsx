'use client'
import type { LogLine } from '@keelson/contracts/training'
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDownToLine, Clock, Download, WrapText } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { Button } from './button.tsx'
import { cn } from './cn.ts'
import { formatAbsolute, plural, stripAnsi } from './format.ts'
import { Input } from './input.tsx'

const lineHeightPx = 19

/** Log lines, merged over pods, as they come: follow, wrap, search, times, jump to the next error, download. */
export function LogViewer({
  lines,
  live,
  fileName,
  address,
  showPod,
}: {
  lines: readonly LogLine[]
  live: boolean
  fileName: string
  /** Where the whole log can be had as a file; without it, the lines that are here are saved. */
  address?: string
  showPod: boolean
}) {
  const [query, setQuery] = useState('')
  const [wrap, setWrap] = useState(false)
  const [times, setTimes] = useState(false)
  const [follow, setFollow] = useState(true)
  const scroller = useRef<HTMLElement>(null)
  const clean = useMemo(() => lines.map((line) => ({ ...line, text: stripAnsi(line.text) })), [lines])
  const shown = useMemo(() => {
    const wanted = query.trim().toLowerCase()
    return wanted === '' ? clean : clean.filter((line) => `${line.replica} ${line.text}`.toLowerCase().includes(wanted))
  }, [clean, query])
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeightPx,
    overscan: 30,
    initialRect: { width: 900, height: 480 },
  })
  // The scroll position is the browser's: after new lines are drawn, stay at the end while following.
  useEffect(() => {
    if (follow && shown.length > 0) virtual.scrollToIndex(shown.length - 1, { align: 'end' })
  }, [follow, shown.length, virtual])
  const jumpToError = () => {
    const from = virtual.range?.startIndex ?? -1
    const isError = (line: LogLine) => /error|exception|traceback|fatal/i.test(line.text)
    const next = shown.findIndex((line, index) => index > from && isError(line))
    const target = next >= 0 ? next : shown.findIndex(isError)
    if (target >= 0) {
      setFollow(false)
      virtual.scrollToIndex(target, { align: 'start' })
    }
  }
  const download = () => {
    if (address !== undefined) {
      Object.assign(document.createElement('a'), { href: address, download: fileName }).click()
      return
    }
    const text = clean.map((line) => `${line.at} [${line.replica}/${line.container}] ${line.text}`).join('\n')
    const saved = URL.createObjectURL(new Blob([`${text}\n`], { type: 'text/plain' }))
    Object.assign(document.createElement('a'), { href: saved, download: fileName }).click()
    URL.revokeObjectURL(saved)
  }
  return (
    <div className="overflow-hidden rounded-lg border border-line bg-code">
      <div className="flex flex-wrap items-center gap-1 border-b border-line bg-surface px-2 py-1.5">
        <Input
          type="search"
          aria-label="Search the log"
          placeholder="Search"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          className="h-7 w-48"
        />
        <span role="status" className="px-1 text-xs text-fg-subtle">
          {query ? `${plural(shown.length, 'match', 'matches')}` : plural(lines.length, 'line')}
          {live ? ' · live' : ''}
        </span>
        <span className="ml-auto flex gap-1">
          <Button size="sm" variant="ghost" onClick={jumpToError}>
            Next error
          </Button>
          <Toggle label="Follow" on={follow} set={setFollow} icon={<ArrowDownToLine />} />
          <Toggle label="Wrap" on={wrap} set={setWrap} icon={<WrapText />} />
          <Toggle label="Times" on={times} set={setTimes} icon={<Clock />} />
          <Button size="sm" variant="ghost" onClick={download} aria-label="Download the log">
            <Download />
          </Button>
        </span>
      </div>
      <section
        ref={scroller}
        aria-label="Log lines"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard (WCAG 2.1.1)
        tabIndex={0}
        onWheel={(event) => event.deltaY < 0 && setFollow(false)}
        className="scroll-thin h-[28rem] overflow-auto font-mono text-xs leading-[19px] focus-visible:-outline-offset-2"
      >
        <div
          className={cn('relative', wrap ? 'w-full' : 'w-max min-w-full')}
          style={{ height: virtual.getTotalSize() }}
        >
          {virtual.getVirtualItems().map((item) => {
            const line = shown[item.index]
            if (!line) return null
            return (
              <div
                key={item.key}
                ref={wrap ? virtual.measureElement : null}
                data-index={item.index}
                className={cn(
                  'absolute top-0 left-0 flex min-w-full gap-3 px-3 hover:bg-surface-2',
                  wrap && 'w-full',
                  line.stream === 'stderr' && 'text-warning',
                )}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                {times ? <span className="shrink-0 text-fg-subtle">{formatAbsolute(line.at)}</span> : null}
                {showPod ? (
                  <span className="w-24 shrink-0 truncate text-fg-subtle" title={line.pod}>
                    {line.replica === line.pod ? line.pod.slice(-12) : line.replica}
                  </span>
                ) : null}
                <span className={wrap ? 'min-w-0 break-all whitespace-pre-wrap' : 'whitespace-pre'}>{line.text}</span>
              </div>
            )
          })}
        </div>
        {shown.length === 0 ? (
          <p className="p-3 text-fg-subtle">
            {query
              ? 'No line has that.'
              : live
                ? 'No line yet. They appear here as they are written.'
                : 'It wrote nothing.'}
          </p>
        ) : null}
      </section>
    </div>
  )
}

function Toggle({
  label,
  on,
  set,
  icon,
}: {
  label: string
  on: boolean
  set: (on: boolean) => void
  icon: React.ReactNode
}) {
  return (
    <Button
      size="sm"
      variant="ghost"
      aria-pressed={on}
      className={on ? 'bg-surface-3 text-fg' : ''}
      onClick={() => set(!on)}
    >
      {icon}
      {label}
    </Button>
  )
}

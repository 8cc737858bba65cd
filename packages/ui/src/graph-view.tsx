'use client'
import '@xyflow/react/dist/style.css'
import { layout as dagreLayout, Graph } from '@dagrejs/dagre'
import type { Status } from '@keelson/contracts/status'
import { Background, Controls, Handle, MarkerType, type Node, type NodeProps, Position, ReactFlow } from '@xyflow/react'
import { useTheme } from 'next-themes'
import { createContext, type ReactNode, useContext, useMemo } from 'react'
import { cn } from './cn.ts'
import { StatusBadge } from './status-badge.tsx'

export type GraphNode = {
  id: string
  kind: string
  label: string
  detail: string | null
  status: Status | null
  href: string
  icon: ReactNode
  focused?: boolean
}
export type GraphEdge = { from: string; to: string; relation: string }
export type GraphLink = (href: string, className: string, children: ReactNode) => ReactNode

const size = { width: 208, height: 76 }
const LinkContext = createContext<GraphLink>((href, className, children) => (
  <a href={href} className={className}>
    {children}
  </a>
))

type Data = Node<GraphNode & Record<string, unknown>, 'thing'>

/** A directed graph, laid out from left to right. Every node is a real link, reached by Tab in reading order. */
export function GraphView({
  nodes,
  edges,
  link,
  label,
  className,
}: {
  nodes: readonly GraphNode[]
  edges: readonly GraphEdge[]
  link: GraphLink
  label: string
  className?: string
}) {
  const { resolvedTheme } = useTheme()
  const placed = useMemo(() => place(nodes, edges), [nodes, edges])
  const arrows = useMemo(
    () =>
      edges.map((edge, index) => ({
        id: `${edge.from}>${edge.to}>${edge.relation}`,
        source: edge.from,
        target: edge.to,
        // Of several arrows that say the same of one thing, the first says it: where they cross, words would overlap.
        ...(edges.findIndex((one) => one.from === edge.from && one.relation === edge.relation) === index
          ? { label: edge.relation }
          : {}),
        ariaLabel: `${edge.from} ${edge.relation} ${edge.to}`,
        focusable: false,
        markerEnd: { type: MarkerType.ArrowClosed, color: 'var(--fg-subtle)' },
        style: { stroke: 'var(--fg-subtle)' },
        labelStyle: { fill: 'var(--fg-muted)', fontSize: 11 },
        labelBgStyle: { fill: 'var(--bg)' },
      })),
    [edges],
  )
  return (
    <LinkContext.Provider value={link}>
      <section aria-label={label} className={cn('overflow-hidden rounded-lg border border-line bg-bg', className)}>
        <ReactFlow
          nodes={placed}
          edges={arrows}
          nodeTypes={nodeTypes}
          colorMode={resolvedTheme === 'dark' ? 'dark' : 'light'}
          fitView
          fitViewOptions={{ maxZoom: 1, padding: 0.15 }}
          minZoom={0.2}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          proOptions={{ hideAttribution: true }}
        >
          <Background color="var(--chart-grid)" bgColor="var(--bg)" gap={20} />
          <Controls showInteractive={false} />
        </ReactFlow>
      </section>
    </LinkContext.Provider>
  )
}

function ThingNode({ data }: NodeProps<Data>) {
  const link = useContext(LinkContext)
  return (
    <>
      <Handle type="target" position={Position.Left} className="invisible" />
      {link(
        data.href,
        cn(
          'nopan flex items-start gap-2.5 rounded-lg border border-line-strong bg-surface p-2.5 text-left shadow-sm hover:border-accent',
          data.focused && 'border-accent ring-1 ring-accent',
        ),
        <span className="flex w-full min-w-0 gap-2.5" style={{ width: size.width - 22, height: size.height - 22 }}>
          <span aria-hidden className="mt-0.5 text-fg-subtle [&_svg]:size-4">
            {data.icon}
          </span>
          <span className="grid min-w-0 flex-1 content-start gap-0.5">
            <span className="flex items-center gap-2">
              <span className="text-[11px] text-fg-subtle">{data.kind}</span>
              {data.status ? <StatusBadge status={data.status} className="ml-auto h-4 text-[11px]" /> : null}
            </span>
            <span className="truncate text-[13px] font-medium text-fg">{data.label}</span>
            {data.detail ? <span className="truncate text-[11px] text-fg-muted">{data.detail}</span> : null}
          </span>
        </span>,
      )}
      <Handle type="source" position={Position.Right} className="invisible" />
    </>
  )
}

const nodeTypes = { thing: ThingNode }

function place(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): Data[] {
  const graph = new Graph()
  graph.setGraph({ rankdir: 'LR', nodesep: 28, ranksep: 84 })
  graph.setDefaultEdgeLabel(() => ({}))
  const known = new Set(nodes.map((node) => node.id))
  for (const node of nodes) graph.setNode(node.id, { ...size })
  for (const edge of edges) if (known.has(edge.from) && known.has(edge.to)) graph.setEdge(edge.from, edge.to)
  dagreLayout(graph)
  const placed = nodes.map((node): Data => {
    const at = graph.node(node.id) as { x: number; y: number }
    return {
      id: node.id,
      type: 'thing',
      position: { x: at.x - size.width / 2, y: at.y - size.height / 2 },
      data: { ...node },
      // A node that can be neither dragged nor selected takes no pointer at all by default, and its link would be dead.
      style: { pointerEvents: 'all' },
      ...size,
    }
  })
  // Tab goes through the document's order: from the data on the left to the predictions on the right.
  return placed.sort((a, b) => a.position.x - b.position.x || a.position.y - b.position.y)
}

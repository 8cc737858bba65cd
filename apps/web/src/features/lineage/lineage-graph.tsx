'use client'
import type { LineageGraph as Graph, LineageKind } from '@keelson/contracts/lineage'
import { GraphView } from '@keelson/ui/graph-view'
import { Boxes, ChartLine, Database, FlaskConical, Radio, Wrench } from 'lucide-react'
import Link from 'next/link'
import { useMemo } from 'react'

const kinds: Readonly<Record<LineageKind, { word: string; icon: React.ReactNode }>> = {
  dataset: { word: 'Data', icon: <Database /> },
  job: { word: 'Job', icon: <Wrench /> },
  run: { word: 'Run', icon: <FlaskConical /> },
  'model-version': { word: 'Model version', icon: <Boxes /> },
  endpoint: { word: 'Endpoint', icon: <Radio /> },
  predictions: { word: 'Predictions', icon: <ChartLine /> },
}

export function LineageGraph({ graph, focus, className }: { graph: Graph; focus: string; className?: string }) {
  const nodes = useMemo(
    () =>
      graph.nodes.map((node) => ({
        id: node.id,
        kind: kinds[node.kind].word,
        label: node.label,
        detail: node.detail,
        status: node.status,
        href: node.href,
        icon: kinds[node.kind].icon,
        focused: node.id === focus,
      })),
    [graph, focus],
  )
  return (
    <GraphView
      label="Lineage graph"
      nodes={nodes}
      edges={graph.edges}
      className={className ?? ''}
      link={(href, look, children) => (
        <Link href={href} className={look} prefetch={false}>
          {children}
        </Link>
      )}
    />
  )
}
